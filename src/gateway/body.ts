/** The request body, read once, as bytes, up to a limit. */
import type { IncomingMessage } from 'node:http';
import { UnderstudyError } from '../core/errors.ts';

/** A body over the limit is still drained up to this many times the limit, so that its sender can read our refusal. */
const DRAIN = 4;

/** @throws UnderstudyError 'bad-input' (413) over `maxBytes`, 'cancelled' (499) where the client broke off. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = (): UnderstudyError =>
    new UnderstudyError('bad-input', `The request body is larger than ${maxBytes} bytes.`, {
      hint: 'Raise gateway.maxBodyBytes.',
      status: 413,
    });
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes * DRAIN) {
      reject(tooLarge());
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    let done = false;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        if (size > maxBytes * DRAIN) {
          request.pause();
          reject(tooLarge());
        }
      }
    });
    request.on('end', () => {
      done = true;
      if (size > maxBytes) reject(tooLarge());
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    const broken = (): void => {
      if (done) return;
      reject(
        new UnderstudyError('cancelled', 'The client went away.', { hint: 'Nothing to do.', status: 499 }),
      );
    };
    request.on('error', broken);
    request.on('close', broken);
  });
}
