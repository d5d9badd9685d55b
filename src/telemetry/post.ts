/**
 * JSON posted to a collector or a webhook, tried again where that may help. Beside the calls: it waits, never blocks.
 * Does not: decide what is sent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Tries in all. */
  readonly tries: number;
  /** Before the second try; doubles with each. */
  readonly waitMs: number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Whether no further try is to be made. */
  readonly isOver?: () => boolean;
}

const TIMEOUT_MS = 10_000;
const LONGEST_WAIT_MS = 60_000;

/** Whether it was taken. What is refused as wrong (4xx but 408 and 429) is not tried again. Never rejects. */
export async function postJson(url: string, body: string, options: PostOptions): Promise<boolean> {
  let wait = options.waitMs;
  for (let tried = 1; ; tried++) {
    const answer = await ask(url, body, options.headers ?? {});
    if (answer.isTaken) return true;
    if (answer.isFinal || tried >= options.tries) return false;
    await options.sleep(Math.min(Math.max(wait, answer.retryAfterMs), LONGEST_WAIT_MS));
    if (options.isOver?.() === true) return false;
    wait *= 2;
  }
}

async function ask(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly isTaken: boolean; readonly isFinal: boolean; readonly retryAfterMs: number }> {
  try {
    const response = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    await response.body.dump();
    const { statusCode: status } = response;
    const after = Number(response.headers['retry-after']);
    return {
      isTaken: status >= 200 && status < 300,
      isFinal: status >= 400 && status < 500 && status !== 408 && status !== 429,
      retryAfterMs: Number.isFinite(after) ? after * 1000 : 0,
    };
  } catch {
    return { isTaken: false, isFinal: false, retryAfterMs: 0 };
  }
}

/** Waits, or until the signal; keeps no program alive. */
export async function patience(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { ref: false, signal }).catch(() => undefined);
}
