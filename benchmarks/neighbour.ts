/**
 * What the gateway's callers feel of a training on the same machine: latency of calls through the gateway while the
 * embedded trainer trains on all cores, and while it is halted, in turns. Callers pause between calls, as agents do.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { DEFAULT_LANGUAGE } from '../src/models/weights/catalogue.ts';
import { ensureWeights } from '../src/models/weights/weights.ts';
import { callThrough, quantile, startProxy, startUpstream } from './parts/load.ts';
import type { BenchmarkResult } from './run.ts';

const ROUNDS = 8;
const LOAD = { shape: 'json', requests: 400, concurrency: 4, pauseMs: 20 } as const;

export async function run(): Promise<BenchmarkResult> {
  const dataDir = join(resolve(import.meta.dirname, '..'), '.understudy');
  const { path } = await ensureWeights(DEFAULT_LANGUAGE, { dataDir });
  const { server, url } = await startUpstream();
  const proxy = await startProxy('idle', url);
  const training = fork(join(import.meta.dirname, 'parts/training.ts'), [path], { detached: true });
  const signal = (name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void => void process.kill(-training.pid!, name);
  const times: Record<'training' | 'halted', number[]> = { training: [], halted: [] };
  try {
    await once(training, 'message');
    await callThrough(proxy, LOAD);
    for (let round = 0; round < ROUNDS; round++) {
      for (const state of round % 2 === 0
        ? (['training', 'halted'] as const)
        : (['halted', 'training'] as const)) {
        signal(state === 'training' ? 'SIGCONT' : 'SIGSTOP');
        times[state].push(...(await callThrough(proxy, LOAD)));
      }
    }
  } finally {
    signal('SIGKILL');
    await proxy.close();
    server.close();
    server.closeAllConnections();
  }
  const row = (share: number) => ({
    halted: Number(quantile(times.halted, share).toFixed(2)),
    training: Number(quantile(times.training, share).toFixed(2)),
    ratio: Number((quantile(times.training, share) / quantile(times.halted, share)).toFixed(2)),
  });
  const rows = { p50Ms: row(0.5), p95Ms: row(0.95), p99Ms: row(0.99) };
  return {
    table: Object.entries(rows).map(([latency, figures]) => ({ latency, ...figures })),
    json: { calls: ROUNDS * LOAD.requests, concurrency: LOAD.concurrency, ...rows },
  };
}
