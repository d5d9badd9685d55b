/** Errors of the gateway, in the shape of the client's dialect. */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { UnderstudyError } from '../core/errors.ts';
import type { Dialect } from '../wire/dialect.ts';
import type { Log } from './exchange.ts';

/** An answer on a connection that has no request of which node knows, and the connection's end. */
export function endWith(socket: Duplex, dialect: Dialect, status: number, message: string): void {
  const text = dialect.renderError({ status, message, code: 'bad-input' });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}

/** The error in the shape of the client's dialect; where the answer has begun, a broken connection is all that can be said. */
export function refuse(response: ServerResponse, error: unknown, dialect: Dialect, log: Log): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const known = error instanceof UnderstudyError ? error : null;
  if (!known) log('gateway-failed', { error: error instanceof Error ? error.name : typeof error });
  const status = known?.status ?? 500;
  const text = dialect.renderError({
    status,
    message: known ? `${known.message} ${known.hint}` : 'The gateway failed.',
    code: known?.code ?? 'internal',
  });
  const { retryAfterSeconds, shouldRetry } = known?.data ?? {};
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(typeof retryAfterSeconds === 'number' ? { 'retry-after': String(retryAfterSeconds) } : {}),
    // What the official clients look at before they try again by themselves.
    ...(shouldRetry === false ? { 'x-should-retry': 'false' } : {}),
    // The rest of a refused body is not read, so the connection cannot be used again.
    ...(status === 413 || status === 408 ? { connection: 'close' } : {}),
  });
  response.end(text);
}
