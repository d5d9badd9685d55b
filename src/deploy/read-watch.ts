/**
 * The watch of a deployment, read on from the store: only audits that have come since are read.
 * Does not: know what they mean (watch.ts).
 */
import type { Store } from '../core/store.ts';
import type { StagePolicy } from './policy.ts';
import { newWatch, type Watch, watchAudit } from './watch.ts';

/** A watch, and how far it has read. */
export interface ReadWatch {
  readonly watch: Watch;
  readonly cursor: number;
}

/** @param from Where reading stopped before; it is used up. Default: the beginning. */
export async function readWatch(
  store: Pick<Store, 'audits'>,
  deploymentId: string,
  policy: StagePolicy,
  from: ReadWatch = { watch: newWatch(policy), cursor: 0 },
): Promise<ReadWatch> {
  const audits = (await store.audits(deploymentId)).slice(from.cursor);
  return {
    watch: audits.reduce((watch, audit) => watchAudit(watch, audit, policy), from.watch),
    cursor: from.cursor + audits.length,
  };
}
