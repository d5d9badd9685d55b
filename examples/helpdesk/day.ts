/** Plays a list of mails and questions through the agent, several at a time, and keeps the log of its calls. */
import { setTimeout as wait } from 'node:timers/promises';
import OpenAI from 'openai';
import { type CallRecord, handle } from './agent.ts';
import type { Work } from './mailbox/mail.ts';

export interface PlayOptions {
  /** With its version path, as the `openai` client takes it: http://127.0.0.1:4000/v1 */
  readonly baseURL: string;
  readonly apiKey: string;
  readonly model?: string;
  /** Mails in hand at the same time; 8 unless told. */
  readonly concurrency?: number;
  /** A mail comes in every so many milliseconds; all of them lie there already unless told. */
  readonly everyMs?: number;
  readonly onCall?: (record: CallRecord) => void;
  /** After each mail or question. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops taking new work and breaks off the calls under way; the log so far is returned. */
  readonly signal?: AbortSignal;
}

export interface DayLog {
  /** In the order in which the calls ended. */
  readonly calls: readonly CallRecord[];
  /** Work that broke off because a call failed for good. */
  readonly failures: readonly { readonly workId: string; readonly message: string }[];
  readonly done: number;
  readonly ms: number;
}

/** Never rejects because of a failed call: that is told in `failures`. */
export async function playDay(work: readonly Work[], options: PlayOptions): Promise<DayLog> {
  const client = new OpenAI({ baseURL: options.baseURL, apiKey: options.apiKey });
  const calls: CallRecord[] = [];
  const failures: { workId: string; message: string }[] = [];
  const started = performance.now();
  const { everyMs = 0, signal } = options;
  let next = 0;
  let done = 0;
  const onCall = (record: CallRecord): void => {
    calls.push(record);
    options.onCall?.(record);
  };
  const clerk = async (): Promise<void> => {
    while (next < work.length && !signal?.aborted) {
      const number = next++;
      const item = work[number]!;
      try {
        const early = started + number * everyMs - performance.now();
        if (early > 0) await wait(early, undefined, signal ? { signal } : {});
        await handle(item, {
          client,
          model: options.model ?? 'gpt-4.1',
          onCall,
          ...(signal ? { signal } : {}),
        });
      } catch (error) {
        if (signal?.aborted) return;
        failures.push({ workId: item.id, message: error instanceof Error ? error.message : String(error) });
      }
      done++;
      options.onProgress?.(done, work.length);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 8 }, clerk));
  return { calls, failures, done, ms: performance.now() - started };
}
