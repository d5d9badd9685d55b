/**
 * A copy of an upstream's answer, read into a CallResponse for capture while the bytes go to the client untouched.
 * Compressed answers are decoded here and only here.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import type { CallResponse } from '../core/call.ts';
import type { Dialect, StreamAccumulator } from '../wire/dialect.ts';
import { headerOf } from './headers.ts';
import type { AnswerHead } from './upstream.ts';

export interface AnswerCopy {
  begin(head: AnswerHead): void;
  push(chunk: Uint8Array): void;
  /** The response if it is whole and a success; null otherwise. Never rejects. */
  read(): Promise<CallResponse | null>;
}

const decoders: Readonly<
  Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/** `maxBytes`: an answer longer than this (decoded) is not read, only passed on. */
export function copyAnswer(dialect: Dialect, maxBytes: number): AnswerCopy {
  let chunks: Uint8Array[] = [];
  let stream: StreamAccumulator | null = null;
  let encoding = '';
  let events = false;
  let wanted = false;
  let size = 0;

  const parse = async (): Promise<CallResponse | null> => {
    let bytes: Uint8Array = Buffer.concat(chunks);
    if (encoding !== '') {
      const decode = decoders[encoding];
      if (!decode) return null;
      bytes = await decode(bytes, { maxOutputLength: maxBytes });
    }
    if (!events) return dialect.parseResponse(bytes);
    const whole = dialect.streamAccumulator();
    whole.push(bytes);
    return whole.end();
  };

  return {
    begin: (head) => {
      const coding = headerOf(head.headers, 'content-encoding')?.trim().toLowerCase() ?? '';
      encoding = coding === 'identity' ? '' : coding;
      events = headerOf(head.headers, 'content-type')?.toLowerCase().startsWith('text/event-stream') ?? false;
      wanted = head.status >= 200 && head.status < 300;
      if (events && encoding === '') stream = dialect.streamAccumulator();
    },
    push: (chunk) => {
      if (!wanted) return;
      size += chunk.length;
      if (size > maxBytes) {
        wanted = false;
        chunks = [];
        stream = null;
      } else if (stream) {
        try {
          stream.push(chunk);
        } catch {
          wanted = false;
        }
      } else chunks.push(chunk);
    },
    read: async () => {
      if (!wanted) return null;
      try {
        const response = stream ? stream.end() : await parse();
        return response?.finishReason === null ? null : response;
      } catch {
        return null;
      }
    },
  };
}
