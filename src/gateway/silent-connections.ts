/**
 * Connections on which nothing has ever come: clients open them ahead of need. Node counts them as busy until its limit
 * for a request's head has passed, so that a server which is closing would wait for them.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Watches a server; the result breaks its silent connections. */
export function silentConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
