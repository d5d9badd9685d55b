/**
 * The hostile benchmark's upstream, in a process of its own: `/NAME/…` is answered as hostile-cases.ts says, any
 * other path by a small completion. Large answers are written piece by piece, so that others are served in between.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { ANSWERS } from './hostile-cases.ts';

const SMALL =
  '{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"order-status"},"finish_reason":"stop"}],"usage":{"prompt_tokens":900,"completion_tokens":2,"total_tokens":902}}';
const made = new Map<string, Buffer>();

async function send(name: string, response: ServerResponse): Promise<void> {
  const answer = ANSWERS[name];
  const body = made.get(name);
  if (!answer || !body) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(SMALL);
    return;
  }
  if (answer.chunkBytes !== undefined) {
    const head = Object.entries(answer.headers).map(([header, value]) => `${header}: ${value}\r\n`);
    response.socket?.write(`HTTP/1.1 200 OK\r\n${head.join('')}\r\n`);
    response.socket?.end(body);
    return;
  }
  response.writeHead(200, answer.headers);
  for (let at = 0; at < body.length && !response.destroyed; at += answer.piece) {
    if (!response.write(body.subarray(at, at + answer.piece))) {
      await drained(response);
    } else await turn();
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
  });
}

const server = createServer((request, response) => {
  request.on('error', () => {});
  request.resume().on('end', () => {
    send(request.url?.split('/')[1] ?? '', response).catch(() => response.destroy());
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
// Made before they are asked for: making one takes longer than a neighbour should wait.
process.on('message', ({ make }: { make: string }) => {
  const answer = ANSWERS[make];
  made.clear();
  if (answer) made.set(make, answer.body());
  process.send?.({ made: make });
});
process.on('disconnect', () => process.exit(0));
