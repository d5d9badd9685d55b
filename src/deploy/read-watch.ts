/**
 * The watch of a deployment, read on from the store: only audits that have come since are read, in pages.
 * Does not: know what they mean (watch.ts).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DeploymentStore } from '../core/store.ts';
import type { StagePolicy } from './policy.ts';
import { newWatch, type Watch, watchAudit } from './watch.ts';

/** A watch, and the store's cursor behind the last audit that it has read. */
export interface ReadWatch {
  readonly watch: Watch;
  readonly cursor: number;
}

/** Audits that are read at once: a turn of the event loop belongs to calls. */
const PAGE = 500;

/** @param from Where reading stopped before; it is used up. Default: the beginning. */
export async function readWatch(
  store: Pick<DeploymentStore, 'auditsSince'>,
  deploymentId: string,
  policy: StagePolicy,
  from: ReadWatch = { watch: newWatch(policy), cursor: 0 },
): Promise<ReadWatch> {
  let { watch, cursor } = from;
  for (;;) {
    const page = await store.auditsSince(deploymentId, cursor, PAGE);
    for (const audit of page.audits) watch = watchAudit(watch, audit, policy);
    cursor = page.cursor;
    if (page.audits.length < PAGE) return { watch, cursor };
    await nextTurn();
  }
}
