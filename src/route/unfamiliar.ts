/**
 * Which calls with unfamiliar input belong together: an agent that asks the same thing again and again, whoever else asks
 * meanwhile, is one witness that inputs have changed, and not a hundred. In memory, for the latest inputs.
 * Does not: say what is unfamiliar (decision.ts), or count it (deploy/alarms.ts).
 */
import { type CallRequest, REPEAT_PAUSE_MS } from '../core/call.ts';
import { contentHash } from '../core/ids.ts';

export interface Unfamiliar {
  /**
   * What the call counts to: what the earlier one counted to with the same messages, where that was lately.
   * @param unit What it counts to else. @param now Epoch milliseconds.
   */
  unitOf(taskId: string, request: Pick<CallRequest, 'messages'>, unit: string, now: number): string;
}

/** @param limit Inputs that are remembered; of more the oldest go. */
export function rememberUnfamiliar(limit: number): Unfamiliar {
  const latest = new Map<string, { readonly unit: string; readonly at: number }>();
  return {
    unitOf: (taskId, { messages }, otherwise, now) => {
      // With the system messages, which conversations leave out: in some tasks they are all that differs.
      const key = contentHash(JSON.stringify([taskId, messages]));
      const before = latest.get(key);
      const unit = before && now - before.at <= REPEAT_PAUSE_MS ? before.unit : otherwise;
      latest.delete(key);
      latest.set(key, { unit, at: now });
      if (latest.size > limit) latest.delete(latest.keys().next().value!);
      return unit;
    },
  };
}
