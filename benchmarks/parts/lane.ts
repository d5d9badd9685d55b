/** Ordinary calls of one size at fixed times, whatever became of those before: a wait counts from when a call was due. */
import { Pool } from 'undici';

export interface Lane {
  /** Begins a call every so many milliseconds. */
  begin(everyMs: number): void;
  /** Begins no more, waits for those under way at most so long, and gives the milliseconds of each. */
  end(boundMs: number): Promise<number[]>;
  /** Calls that failed since the beginning. */
  readonly failed: number;
  /** Calls under way. */
  readonly waiting: number;
  close(): Promise<void>;
}

export interface LaneCall {
  /** Of a request, about. */
  readonly bytes: number;
  /** Whether all of them are new each time, or a constant prompt and a short message that is never the same. */
  readonly isNew: boolean;
}

const SYSTEM = 'You sort the mail of a shop. ';
/** As most calls are. */
const SMALL: LaneCall = { bytes: 3000, isNew: false };
const MAX_WAITING = 2000;

export function openLane(port: number, { bytes, isNew }: LaneCall = SMALL): Lane {
  const long = SYSTEM.repeat(Math.ceil(bytes / SYSTEM.length));
  const [system, document] = isNew ? [SYSTEM, long] : [long, ''];
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 64, headersTimeout: 0, bodyTimeout: 0 });
  let times: number[] = [];
  const open = new Set<{ due: number }>();
  let timer: NodeJS.Timeout | undefined;
  let count = 0;
  let failed = 0;

  const call = async (due: number): Promise<void> => {
    const one = { due };
    open.add(one);
    try {
      const answer = await pool.request({
        path: '/small/v1/chat/completions',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer neighbour' },
        // Put together, since to stringify a long one would hold up the others of this process.
        body: `{"model":"m","messages":[{"role":"system","content":"${system}"},{"role":"user","content":"Where is my order ${count++}? It was to come last week. ${document}"}]}`,
      });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`The neighbour got ${answer.statusCode}: ${text}`);
      times.push(performance.now() - due);
    } catch {
      failed++;
    } finally {
      open.delete(one);
    }
  };
  return {
    begin: (everyMs) => {
      times = [];
      failed = 0;
      let due = performance.now();
      timer = setInterval(() => {
        const now = performance.now();
        for (; due <= now; due += everyMs) if (open.size < MAX_WAITING) call(due);
      }, 1);
    },
    end: async (boundMs) => {
      clearInterval(timer);
      const start = performance.now();
      while (open.size > 0 && performance.now() - start < boundMs) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      // What is still waiting has waited at least until now.
      return [...times, ...[...open].map(({ due }) => performance.now() - due)];
    },
    get failed() {
      return failed;
    },
    get waiting() {
      return open.size;
    },
    close: () => pool.destroy(),
  };
}
