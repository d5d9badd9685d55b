/**
 * Listens for the admin API and the dashboard, as the gateway listens for calls: in the clear on loopback, elsewhere with
 * keys and TLS alone.
 * Does not: know what they answer (app.ts, files.ts).
 */
import { getRequestListener } from '@hono/node-server';
import type { Config } from '../core/config.ts';
import { listen, makeServer, requireSafeAddress } from '../gateway/listen.ts';
import type { AdminApp } from './env.ts';

export interface AdminServer {
  /** Like http://127.0.0.1:4001. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws UnderstudyError 'bad-config' for an address that is not safe, 'unavailable' for one that cannot be had. */
export async function serve(
  app: AdminApp,
  { admin, gateway }: Pick<Config, 'admin' | 'gateway'>,
  hasKeys: boolean,
): Promise<AdminServer> {
  const { host } = admin;
  requireSafeAddress({ ...gateway, host }, hasKeys);
  const server = makeServer(
    gateway.tls,
    // A log file may take as long as it keeps coming (imports/uploads.ts).
    { requestTimeout: 0 },
    getRequestListener(app.fetch),
  );
  const port = await listen(server, host, admin.port, 'admin.port');
  const scheme = gateway.tls === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        // Streams of events would keep it open.
        server.closeAllConnections();
      }),
  };
}
