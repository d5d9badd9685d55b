/**
 * Watches a request whose body is on its way: a client that sends nothing for a while is given up, however long a
 * steady upload takes. Does not: read the body, or say what happens to the request.
 */
import type { IncomingMessage } from 'node:http';
import { UnderstudyError } from '../core/errors.ts';

/**
 * Calls `onIdle` once when no byte of the body has come for `idleMs` to twice that, and the body is neither whole
 * nor waiting for us (`held` tells where that does not show in the request itself). Returns what ends the watch; it ends by itself with the body.
 */
export function watchUpload(
  request: IncomingMessage,
  idleMs: number,
  onIdle: (error: UnderstudyError) => void,
  held: () => boolean = () => false,
): () => void {
  if (request.complete) return () => {};
  let seen = request.socket.bytesRead;
  const timer = setInterval(() => {
    if (request.complete || request.destroyed) {
      clearInterval(timer);
      return;
    }
    const now = request.socket.bytesRead;
    // With bytes that nobody has taken, the client waits for us.
    if (now !== seen || request.readableLength > 0 || held()) {
      seen = now;
      return;
    }
    clearInterval(timer);
    onIdle(
      new UnderstudyError('timed-out', 'The request body stopped coming.', {
        hint: 'Send the rest of the body, or try again.',
        data: { idleMs },
        status: 408,
      }),
    );
  }, idleMs);
  // A refused request may never say that it is gone; its connection keeps the program open while there is one.
  timer.unref();
  const stop = (): void => clearInterval(timer);
  request.once('end', stop);
  request.once('close', stop);
  return stop;
}
