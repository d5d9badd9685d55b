/**
 * The model process's signs of life and of progress, for its parent: a thread that answers pings whatever the others
 * do, and three counters it sends along. A process that was stopped answers nothing; one that is busy in native code
 * answers, and its counters tell for how long they have stood still.
 * Does not: judge (../pulse.ts).
 */
import { Worker } from 'node:worker_threads';
import { PULSE_FD } from './settings.ts';

const TICK_MS = 250;

export interface Progress {
  /** One piece of native work that runs off the event loop. */
  step<T>(work: () => Promise<T>): Promise<T>;
  /** A piece under way has come further. */
  further(): void;
}

/** Resolves when pings are answered. */
export async function startPulse(): Promise<Progress> {
  const counters = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  const program = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  // It costs 18 MB, measured, which is the price of telling a process that is busy from one that hangs.
  const worker = new Worker(new URL(program, import.meta.url), { workerData: { fd: PULSE_FD, counters } });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
  worker.unref();
  setInterval(() => Atomics.add(counters, 0, 1), TICK_MS).unref();
  return {
    async step(work) {
      Atomics.add(counters, 2, 1);
      try {
        return await work();
      } finally {
        Atomics.add(counters, 1, 1);
        Atomics.sub(counters, 2, 1);
      }
    },
    further: () => void Atomics.add(counters, 1, 1),
  };
}
