import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder } from '../../test/support/data-folder.ts';
import type { Audit, Deployment } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import type { AuditPage } from '../core/store.ts';
import { advancer } from './advance.ts';
import { auditFold } from './audit-fold.ts';

const audit = (n: number, over: Partial<Audit> = {}): Audit => ({
  ...{ callId: `c${n}`, deploymentId: 'd1', at: n, stage: 'live', confidence: 0.9, right: true },
  ...over,
});

const deployment: Deployment = {
  ...{ id: 'd1', taskId: 't1', specialistId: 's1', stage: 'live', threshold: 0.5 },
  history: [{ stage: 'live', at: 0, reason: '' }],
};

const specialist = {
  id: 's1',
  evidence: { gate: { epsilon: 0.02, delta: 0.05 }, selfAgreement: null },
} as unknown as Specialist;

/** A store that counts what is read from it. */
function countingStore() {
  const { store } = openDataFolder(temporaryFolder());
  const read = { audits: 0, pages: 0, deployments: 0 };
  const counting = {
    ...store,
    auditsSince: async (...args: Parameters<typeof store.auditsSince>): Promise<AuditPage> => {
      const page = await store.auditsSince(...args);
      read.audits += page.audits.length;
      read.pages++;
      return page;
    },
    deployments: () => {
      read.deployments++;
      return store.deployments();
    },
    specialists: () => assert.fail('specialists are read'),
    tasks: () => assert.fail('tasks are read'),
  };
  return { store: counting, read };
}

describe('advancer', () => {
  it('reads each audit once, and only what is new afterwards, however many there are', async () => {
    const { store, read } = countingStore();
    const { advance } = advancer(store, { stepAudits: 30 });
    await store.addAudits(Array.from({ length: 20_000 }, (_, n) => audit(n)));
    await advance(deployment, specialist, 1);
    assert.equal(read.audits, 20_000);
    for (let n = 0; n < 10; n++) {
      const before = { ...read };
      await store.addAudits([audit(20_000 + n)]);
      await advance(deployment, specialist, 2);
      assert.deepEqual(read, { ...before, audits: before.audits + 1, pages: before.pages + 1 });
    }
    assert.equal(read.deployments, 0, 'nothing moved');
    await store.close();
  });

  it('moves a deployment, and says so, once', async () => {
    const { store } = countingStore();
    await store.putDeployment({ ...deployment, stage: 'shadow' });
    const { advance } = advancer(store, { stepAudits: 3 });
    await store.addAudits([0, 1, 2].map((n) => audit(n, { stage: 'shadow' })));
    await advance({ ...deployment, stage: 'shadow' }, specialist, 9);
    assert.equal((await store.deployments())[0]?.stage, 'canary');
    const [event] = await store.events({ kind: 'deployment-moved', subject: 'd1' });
    assert.deepEqual([event?.detail.from, event?.detail.to], ['shadow', 'canary']);
    // What is in memory may lag behind: the same step is not made twice.
    await advance({ ...deployment, stage: 'shadow' }, specialist, 10);
    assert.equal((await store.events({ kind: 'deployment-moved' })).length, 1);
    await store.close();
  });

  it('leaves a deployment alone that another process has retired meanwhile', async () => {
    const { store } = countingStore();
    await store.putDeployment({ ...deployment, stage: 'retired' });
    const { advance } = advancer(store, { stepAudits: 3 });
    await store.addAudits(Array.from({ length: 60 }, (_, n) => audit(n, { right: false })));
    await advance(deployment, specialist, 9);
    assert.equal((await store.deployments())[0]?.stage, 'retired');
    assert.deepEqual(await store.events(), []);
    await store.close();
  });
});

describe('auditFold', () => {
  it('adds up what one reading of all would, in whatever portions audits come, and after a failed reading', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1200 }), fc.boolean()), { maxLength: 5 }),
        async (portions) => {
          const all: Audit[] = [];
          let failing = false;
          const store = {
            auditsSince: async (_: string, cursor: number, limit: number): Promise<AuditPage> => {
              if (failing && cursor >= all.length / 2) throw new Error('locked');
              const audits = all.slice(cursor, cursor + limit);
              return { audits, cursor: cursor + audits.length };
            },
          };
          const seen = auditFold<number[]>(
            store,
            () => [],
            (sum, { at }) => [...sum, at],
            async () => {},
          );
          for (const [size, fails] of portions) {
            for (let n = 0; n < size; n++) all.push(audit(all.length));
            failing = fails;
            if (fails) await seen.of('d1').catch(() => {});
            failing = false;
            assert.deepEqual(
              await seen.of('d1'),
              all.map(({ at }) => at),
            );
          }
        },
      ),
      { numRuns: 20 },
    ));
});
