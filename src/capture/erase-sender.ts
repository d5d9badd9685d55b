/**
 * Erasing one sender's calls, found by the pseudonym that stands for the sender in each of them: an access key or a provider's key, with
 * the end user where the call named one. Says what was learnt from them, which stays.
 * Does not: find calls in which others wrote about a person (redaction has taken names out of those), undo what was learnt, or
 * reach segments in quarantine (erase their day for that).
 */

import type { SenderEraseReport } from '../core/erase-report.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import { learntFrom } from './erase.ts';

/** As wire/source.ts names senders: the key, and the end user after it where the call named one. */
export function senderOf(key: string, user: string | null): string {
  return user === null ? key : `${key}\n${user}`;
}

/** May be broken off and repeated. @throws UnderstudyError 'bad-input' for what is no pseudonym; as the store. */
export async function eraseSenders(options: {
  readonly store: Store;
  /** 24 hex digits each, as on the calls. */
  readonly origins: readonly string[];
  /** Say what would be erased, and change nothing. Default: false. */
  readonly dryRun?: boolean;
}): Promise<SenderEraseReport> {
  const { store, origins, dryRun = false } = options;
  for (const origin of origins) {
    if (/^[\da-f]{24}$/.test(origin)) continue;
    throw new UnderstudyError('bad-input', `'${origin}' is not the pseudonym of a sender.`, {
      hint: 'It has 24 hexadecimal digits.',
      status: 400,
    });
  }
  const total = { calls: 0, parts: 0 };
  const specialists = new Map<string, SenderEraseReport['stays']['specialists'][number]>();
  let tasks = 0;
  for (const origin of origins) {
    const stays = await learntFrom(store, { origin });
    tasks = stays.tasks;
    for (const one of stays.specialists) specialists.set(one.id, one);
    if (dryRun) {
      total.calls += await store.countCalls({ origin });
      continue;
    }
    for await (const batch of store.calls({ origin })) {
      const { calls, parts } = await store.deleteCalls(batch.map(({ id }) => id));
      total.calls += calls;
      total.parts += parts;
    }
  }
  const purged = dryRun || (await store.purge());
  const stays = { tasks, specialists: [...specialists.values()] };
  return { kind: 'erase-senders', dryRun, origins, ...total, purged, stays };
}
