/**
 * Clients that write down all they can see of an exchange, to compare a direct connection with the gateway: one on
 * node:http, one on a bare socket for what no HTTP client would send, and the built-in WebSocket.
 */
import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';

export interface Seen {
  /** Informational answers: status and headers. */
  readonly before: readonly string[];
  /** Status and reason; null where no answer came. */
  readonly status: string | null;
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
  readonly end: 'whole' | 'broken' | 'nothing more came' | 'client left';
  /** What else the cell has to tell. */
  readonly note?: string;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  /** Flat list. */
  readonly headers?: readonly string[];
  /** Pieces are sent one after the other, `pauseMs` apart, chunked unless `headers` has a length. */
  readonly body?: Buffer | { readonly pieces: readonly Buffer[]; readonly pauseMs: number };
  /** How long to wait for something new, milliseconds. */
  readonly patienceMs?: number;
  /** Leaves then, or once the first bytes of the answer's body are there. */
  readonly leave?: Promise<void> | 'body';
}

/** Of one connection, or different with every message. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'date'];

function kept(raw: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const key = name.toLowerCase();
    if (!OF_THE_CONNECTION.includes(key) && !key.startsWith('x-understudy-')) {
      lines.push(`${name}: ${raw[i + 1]}`);
    }
  }
  return lines;
}

export function ask(port: number, options: Ask): Promise<Seen> {
  return new Promise((resolve) => {
    const before: string[] = [];
    const chunks: Buffer[] = [];
    let answer: IncomingMessage | null = null;
    let settled = false;
    const asked = httpRequest({
      host: '127.0.0.1',
      port,
      agent: false,
      method: options.method ?? 'POST',
      path: options.path,
      headers: ['host', 'provider', ...(options.headers ?? [])],
      maxHeaderSize: 1024 * 1024,
    });
    const done = (end: Seen['end']): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      resolve({
        before,
        status: answer ? `${answer.statusCode} ${answer.statusMessage}` : null,
        headers: kept(answer?.rawHeaders ?? []),
        body: Buffer.concat(chunks),
        trailers: kept(answer?.rawTrailers ?? []),
        end,
      });
      // The end of a whole answer is let through, so that the connection ends in order.
      if (end !== 'whole') asked.destroy();
    };
    const timer = setTimeout(() => done('nothing more came'), options.patienceMs ?? 5000);
    asked.on('information', (info) => before.push([info.statusCode, ...kept(info.rawHeaders)].join(', ')));
    asked.on('error', () => done('broken'));
    asked.on('close', () => done('broken'));
    asked.on('response', (response) => {
      answer = response;
      response.on('data', (chunk: Buffer) => {
        timer.refresh();
        chunks.push(chunk);
        if (options.leave === 'body') done('client left');
      });
      response.on('end', () => done(response.complete ? 'whole' : 'broken'));
      response.on('error', () => done('broken'));
    });
    send(asked, options);
    if (typeof options.leave === 'object') options.leave.then(() => done('client left'));
  });
}

async function send(asked: ReturnType<typeof httpRequest>, { body }: Ask): Promise<void> {
  if (body === undefined || Buffer.isBuffer(body)) {
    await new Promise<void>((resolve) => asked.end(body, resolve));
    return;
  }
  for (const piece of body.pieces) {
    if (asked.destroyed) return;
    asked.write(piece);
    await new Promise((resolve) => setTimeout(resolve, body.pauseMs));
  }
  await new Promise<void>((resolve) => asked.end(resolve));
}

/** Sends bytes as they are; the answer is what came until the connection ended. */
export function askRaw(port: number, text: string): Promise<Seen> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => socket.destroy(), 3000);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      const bytes = Buffer.concat(chunks);
      const split = bytes.indexOf('\r\n\r\n');
      const [line = '', ...headers] = bytes.subarray(0, Math.max(split, 0)).toString('latin1').split('\r\n');
      const flat = headers.flatMap((header) => header.split(/: ?(.*)/s).slice(0, 2));
      resolve({
        before: [],
        status: split < 0 ? null : line.replace(/^HTTP\/1\.\d /, ''),
        headers: kept(flat),
        body: bytes.subarray(split < 0 ? 0 : split + 4),
        trailers: [],
        end: split < 0 ? 'broken' : 'whole',
      });
    });
    socket.write(text, 'latin1');
  });
}

/** What is written into the table: short, and without anything that differs between two runs. */
export function summary(seen: Seen): string {
  const parts: string[] = [...seen.before.map((line) => line.split(', ')[0] ?? '')];
  if (seen.status === null) parts.push('no answer');
  else {
    parts.push(seen.status);
    const size = seen.headers.join('\r\n').length;
    if (size > 10_000) parts.push(`${Math.round(size / 1000)} KB of headers`);
    if (seen.body.length > 0) parts.push(bodyText(seen.body));
    if (seen.trailers.length > 0) parts.push(`trailers ${seen.trailers.join('; ')}`);
  }
  if (seen.end !== 'whole') parts.push(seen.end);
  if (seen.note !== undefined) parts.push(seen.note);
  return parts.join(', ');
}

function bodyText(body: Buffer): string {
  const text = body.toString('latin1');
  if (body.length <= 60 && /^[\x20-\x7e]*$/.test(text)) return `“${text}”`;
  const ours = /"message":"([^"]*)"/.exec(text)?.[1];
  if (ours !== undefined && text.includes('"error"')) return `error “${ours}”`;
  return `${body.length} bytes (${createHash('sha256').update(body).digest('hex').slice(0, 8)})`;
}
