/**
 * What the audits of deployments add up to, kept up to date: each audit is read from the store once, however many there
 * are and however often one looks.
 * Does not: judge them (deploy/).
 */
import type { Audit } from '../core/deployment.ts';
import type { DeploymentStore } from '../core/store.ts';

export interface AuditFold<S> {
  /**
   * What the deployment's audits add up to, the latest included. A reading that fails resumes where it was.
   * @throws as the store.
   */
  of(deploymentId: string): Promise<S>;
}

/** Audits that are read at once: a turn of the event loop belongs to calls. */
const PAGE = 500;

/**
 * @param begin What no audits add up to.
 * @param add Adds an audit, in the order in which they were stored; may change what it is given.
 * @param turn Gives way to other work between two pages.
 */
export function auditFold<S>(
  store: Pick<DeploymentStore, 'auditsSince'>,
  begin: () => S,
  add: (sum: S, audit: Audit) => S,
  turn: () => Promise<unknown>,
): AuditFold<S> {
  const known = new Map<string, { readonly cursor: number; readonly sum: S }>();
  return {
    async of(id) {
      for (;;) {
        const { cursor, sum } = known.get(id) ?? { cursor: 0, sum: begin() };
        const page = await store.auditsSince(id, cursor, PAGE);
        const now = { cursor: page.cursor, sum: page.audits.reduce(add, sum) };
        known.set(id, now);
        if (page.audits.length < PAGE) return now.sum;
        await turn();
      }
    },
  };
}
