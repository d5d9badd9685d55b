/**
 * A WebSocket server of the least that tests need (RFC 6455), and the built-in client writing down what it sees.
 * The server says first how it was asked, then echoes, and answers "bye" by closing.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'undici';
import type { Seen } from './gateway-fault-client.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

export function serveWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { 'sec-websocket-key': key, 'sec-websocket-protocol': offered, authorization } = request.headers;
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  const protocol = offered === undefined ? '' : `Sec-WebSocket-Protocol: ${offered.split(',')[0]}\r\n`;
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Request-Id: r1\r\nSec-WebSocket-Accept: ${accept}\r\n${protocol}\r\n`,
  );
  send(socket, TEXT, Buffer.from(`asked ${request.url} with ${authorization ?? 'no key'}`));
  let rest = head;
  const take = (): void => {
    for (let frame = parse(rest); frame; frame = parse(rest)) {
      rest = rest.subarray(frame.size);
      const { opcode, payload } = frame;
      if (opcode === CLOSE) {
        send(socket, CLOSE, payload);
        socket.end();
      } else if (opcode === PONG) send(socket, TEXT, Buffer.from(`pong ${payload}`));
      else if (opcode === PING) send(socket, PONG, payload);
      else if (payload.toString() === 'bye') {
        send(socket, CLOSE, Buffer.concat([Buffer.of(4001 >> 8, 4001 & 255), Buffer.from('as you wish')]));
      } else {
        send(socket, opcode, payload);
        if (opcode === TEXT) send(socket, PING, Buffer.from('there?'));
      }
    }
  };
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    take();
  });
  socket.on('error', () => {});
  take();
}

function send(socket: Duplex, opcode: number, payload: Buffer): void {
  const { length } = payload;
  const head =
    length < 126
      ? Buffer.of(0x80 | opcode, length)
      : length < 65536
        ? Buffer.of(0x80 | opcode, 126, length >> 8, length & 255)
        : Buffer.alloc(10);
  if (length >= 65536) {
    head[0] = 0x80 | opcode;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  socket.write(Buffer.concat([head, payload]));
}

/** The first frame of masked bytes, if it is whole. */
function parse(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | null {
  if (bytes.length < 2) return null;
  const short = (bytes[1] ?? 0) & 127;
  const at = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < at + 4) return null;
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const size = at + 4 + length;
  if (bytes.length < size) return null;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, size));
  for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0);
  return { opcode: (bytes[0] ?? 0) & 15, payload, size };
}

/** Talks to the server above: text, a megabyte in binary, then "bye". */
export function askWebSocket(port: number, path: string, protocols: string[]): Promise<Seen> {
  return new Promise((resolve) => {
    const log: string[] = [];
    const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
      protocols,
      headers: { authorization: 'Bearer k' },
    });
    client.binaryType = 'arraybuffer';
    client.addEventListener('open', () => {
      log.push(`protocol ${client.protocol}`);
      client.send('grüße');
      client.send(new Uint8Array(1_000_000).fill(7));
    });
    client.addEventListener('message', ({ data }) => {
      log.push(typeof data === 'string' ? data : `${(data as ArrayBuffer).byteLength} bytes`);
      // How it was asked, the two echoes, and the answer to its ping.
      if (log.length === 5) client.send('bye');
    });
    client.addEventListener('error', () => log.push('error'));
    client.addEventListener('close', ({ code, reason }) => {
      log.push(`closed ${code} ${reason}`);
      const said = log.filter((line) => !line.startsWith('pong'));
      const pong = log.includes('pong there?') ? 'pong' : 'no pong';
      resolve({
        before: [],
        status: [...said, pong].join('; '),
        headers: [],
        body: Buffer.alloc(0),
        trailers: [],
        end: 'whole',
      });
    });
  });
}
