/**
 * The hostile benchmark's attacker, in a process of its own and of low priority: it stands for another machine. Told
 * an attack, it makes the bodies and says so; told to go, it sends them for a bounded time and says what came of it.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import { ATTACKS, type Attack, chunked } from './hostile-cases.ts';

export interface Fought {
  readonly requests: number;
  /** By status, or by the error's code. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly tookMs: number;
}

interface Order {
  readonly attack: string;
  readonly port: number;
  readonly boundMs: number;
}

async function* drip(body: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += bytes) {
    yield body.subarray(at, at + bytes);
    await wait(5);
  }
}

async function fight(attack: Attack, bodies: readonly Buffer[], order: Order): Promise<Fought> {
  const pool = new Pool(`http://127.0.0.1:${order.port}`, { pipelining: 1 });
  const start = performance.now();
  const outcomes: Record<string, number> = {};
  const stop = AbortSignal.timeout(order.boundMs);
  let requests = 0;
  const raw = async (body: Buffer, bytes: number): Promise<string> => {
    const socket = connect(order.port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    stop.addEventListener('abort', () => socket.destroy());
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write(
      'POST /small/v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    socket.write(chunked(body, bytes));
    await closed;
    return stop.aborted ? 'out of time' : (answer.split(' ', 2)[1] ?? 'closed');
  };
  const one = async (body: Buffer): Promise<void> => {
    let outcome = '';
    try {
      requests++;
      if (attack.chunkBytes !== undefined) {
        outcome = await raw(body, attack.chunkBytes);
        return;
      }
      const answer = await pool.request({
        path: `/${attack.answer ?? 'small'}/v1/chat/completions`,
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer attacker', ...attack.headers },
        body: attack.dripBytes === undefined ? body : Readable.from(drip(body, attack.dripBytes)),
        signal: stop,
      });
      for await (const _chunk of answer.body);
      outcome = String(answer.statusCode);
    } catch (error) {
      outcome = stop.aborted ? 'out of time' : ((error as { code?: string }).code ?? 'failed');
    } finally {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  for (let round = 0; round < (attack.rounds ?? 3) && !stop.aborted; round++) {
    for (const body of bodies) {
      if (stop.aborted) break;
      await Promise.all(Array.from({ length: attack.atOnce ?? 1 }, () => one(body)));
    }
  }
  const tookMs = Math.round(performance.now() - start);
  await pool.destroy();
  return { requests, outcomes, tookMs };
}

setPriority(10);
let ready: { attack: Attack; bodies: readonly Buffer[] } | null = null;
process.on('message', async (message: { make: string } | { go: Order }) => {
  if ('make' in message) {
    const attack = ATTACKS.find(({ name }) => name === message.make);
    if (!attack) throw new Error(`No attack ${message.make}`);
    ready = { attack, bodies: attack.bodies() };
    process.send?.({ made: message.make });
  } else if (ready) process.send?.(await fight(ready.attack, ready.bodies, message.go));
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });
