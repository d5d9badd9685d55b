/** What every Store must do. Each implementation's test calls this with a way to open an empty one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DatasetManifest } from '../../src/core/dataset.ts';
import type { Deployment } from '../../src/core/deployment.ts';
import { UnderstudyError } from '../../src/core/errors.ts';
import type { Specialist, Verdict } from '../../src/core/specialist.ts';
import type { SealedPart, Store, StoredCall } from '../../src/core/store.ts';
import type { Task } from '../../src/core/task.ts';

const part = (id: string, text = id): SealedPart => ({
  id,
  day: '2026-01-02',
  sealed: new Uint8Array(Buffer.from(text)),
});

/** A store with the part that every call here holds. */
const ABOUT = part('about');

const call = (
  id: string,
  at: number,
  parts: readonly string[],
  over: Partial<StoredCall> = {},
): StoredCall => ({
  id,
  at,
  sessionId: `session-${id}`,
  origin: 'o1',
  stream: true,
  status: 200,
  latencyMs: 12.5,
  promptTokens: 10,
  completionTokens: 3,
  cachedTokens: 2,
  served: { by: 'llm', reason: 'no-specialist' },
  aboutPart: 'about',
  requestParts: parts,
  responsePart: null,
  ...over,
});

export function storeContract(name: string, open: () => Store): void {
  describe(`store contract: ${name}`, () => {
    const withStore = (work: (store: Store) => void): void => {
      const store = open();
      try {
        work(store);
      } finally {
        store.close();
      }
    };

    it('gives calls back as they were given, oldest first', () => {
      withStore((store) => {
        const later = call('b', 20, ['p2', 'p1', 'p2'], { responsePart: 'p3' });
        const earlier = call('a', 10, [], {
          served: { by: 'spec_1', reason: 'confident', taskId: 'task_1', confidence: 0.93 },
        });
        store.addCalls([later, earlier], [ABOUT, part('p1'), part('p2'), part('p3')]);
        assert.deepEqual(store.calls(), [earlier, later]);
        assert.equal(store.countCalls(), 2);
        const parts = store.parts(['p3', 'p1', 'nowhere']);
        assert.deepEqual([...parts.keys()].sort(), ['p1', 'p3']);
        assert.equal(Buffer.from(parts.get('p3')?.sealed ?? []).toString(), 'p3');
        assert.equal(parts.get('p3')?.day, '2026-01-02');
      });
    });

    it('says how many calls were new, and which are known', () => {
      withStore((store) => {
        assert.equal(store.addCalls([call('a', 1, []), call('b', 2, [])], [ABOUT]), 2);
        assert.equal(store.addCalls([call('b', 2, []), call('c', 3, [])], [ABOUT]), 1);
        assert.deepEqual(store.knownCalls(['c', 'nowhere', 'a']), new Set(['a', 'c']));
      });
    });

    it('tells that what routing rests on has changed, and calls alone do not', () => {
      withStore((store) => {
        const versions = [store.planVersion()];
        store.addCalls([call('a', 1, [])], [ABOUT]);
        assert.equal(store.planVersion(), versions[0]);
        store.addVocabulary('site', [{ id: 'h', text: 'refund' }]);
        versions.push(store.planVersion());
        store.putTasks([{ id: 't1' } as Task]);
        versions.push(store.planVersion());
        store.putTasks([{ id: 't1' } as Task]);
        versions.push(store.planVersion());
        store.putDeployment({ id: 'd1' } as Deployment);
        versions.push(store.planVersion());
        assert.equal(new Set(versions).size, versions.length);
      });
    });

    it('keeps the words of a site once', () => {
      withStore((store) => {
        assert.equal(store.vocabulary().size, 0);
        store.addVocabulary('site1', [
          { id: 'h1', text: 'refund' },
          { id: 'h2', text: 'Puma' },
        ]);
        store.addVocabulary('site1', [{ id: 'h1', text: 'refund' }]);
        store.addVocabulary('site2', [{ id: 'h1', text: 'refund' }]);
        assert.deepEqual(
          store.vocabulary(),
          new Map([
            ['site1', ['refund', 'Puma']],
            ['site2', ['refund']],
          ]),
        );
      });
    });

    it('filters calls by time, task and count', () => {
      withStore((store) => {
        const served = (taskId: string) => ({ by: 'llm', reason: 'shadow', taskId }) as const;
        store.addCalls(
          [
            call('a', 1, []),
            call('b', 2, [], { served: served('t1') }),
            call('c', 3, [], { served: served('t1') }),
            call('d', 4, [], { served: served('t2') }),
          ],
          [ABOUT],
        );
        const ids = (filter: Parameters<Store['calls']>[0]): string[] =>
          store.calls(filter).map(({ id }) => id);
        assert.deepEqual(ids({ since: 2 }), ['b', 'c', 'd']);
        assert.deepEqual(ids({ until: 3 }), ['a', 'b', 'c']);
        assert.deepEqual(ids({ taskId: 't1' }), ['b', 'c']);
        assert.deepEqual(ids({ taskId: 't1', since: 3, until: 3 }), ['c']);
        assert.deepEqual(ids({ limit: 2 }), ['a', 'b']);
      });
    });

    it('leaves calls and parts that are already there as they are', () => {
      withStore((store) => {
        const first = call('a', 1, ['p1']);
        store.addCalls([first], [ABOUT, part('p1', 'first')]);
        store.addCalls([call('a', 99, ['p2'])], [ABOUT, part('p1', 'second'), part('p2')]);
        assert.deepEqual(store.calls(), [first]);
        assert.equal(Buffer.from(store.parts(['p1']).get('p1')?.sealed ?? []).toString(), 'first');
        assert.equal(store.parts(['p2']).size, 0, 'a part that no call holds is not kept');
      });
    });

    it('keeps all or nothing of a batch', () => {
      withStore((store) => {
        assert.throws(
          () => store.addCalls([call('a', 1, ['p1']), call('b', 2, ['missing'])], [ABOUT, part('p1')]),
          (error) => error instanceof UnderstudyError && error.code === 'bad-input',
        );
        assert.equal(store.countCalls(), 0);
        assert.equal(store.parts(['p1']).size, 0);
        store.addCalls([call('a', 1, ['p1'])], [ABOUT, part('p1')]);
        assert.equal(store.countCalls(), 1);
      });
    });

    it('deletes a part with the last call that holds it', () => {
      withStore((store) => {
        store.addCalls(
          [call('a', 1, ['shared', 'own']), call('b', 2, ['shared'], { responsePart: 'answer' })],
          [ABOUT, part('shared'), part('own'), part('answer')],
        );
        assert.equal(store.deleteCalls(['a', 'a', 'unknown']), 1);
        assert.deepEqual([...store.parts(['shared', 'own', 'answer']).keys()].sort(), ['answer', 'shared']);
        assert.equal(store.deleteCalls(['b']), 1);
        assert.equal(store.parts(['shared', 'own', 'answer']).size, 0);
        assert.equal(store.countCalls(), 0);
      });
    });

    it('keeps the first key of a day, and erases it', () => {
      withStore((store) => {
        assert.equal(store.key('2026-01-02'), null);
        store.addKey({ day: '2026-01-02', wrapped: new Uint8Array([1, 2, 3]) });
        store.addKey({ day: '2026-01-02', wrapped: new Uint8Array([9]) });
        assert.deepEqual([...(store.key('2026-01-02')?.wrapped ?? [])], [1, 2, 3]);
        store.deleteKey('2026-01-02');
        assert.equal(store.key('2026-01-02'), null);
      });
    });

    it('replaces tasks of the same id and keeps the others', () => {
      withStore((store) => {
        const task = (id: string, calls: number): Task => ({
          id,
          name: `Task ${id}`,
          sites: [
            {
              id: 's',
              system: { pieces: ['You sort mail for ', '.'] },
              user: { pieces: ['', ''] },
              toolNames: [],
              formatHash: '',
              turn: 'user',
            },
          ],
          kind: 'label',
          labels: ['a', 'b'],
          tools: [],
          responseFormat: null,
          calls,
        });
        store.putTasks([task('t1', 1), task('t2', 2)]);
        store.putTasks([task('t2', 5), task('t3', 3)]);
        assert.deepEqual(store.tasks(), [task('t1', 1), task('t2', 5), task('t3', 3)]);
      });
    });

    it('keeps datasets', () => {
      withStore((store) => {
        const dataset: DatasetManifest = {
          id: 'd1',
          taskId: 't1',
          kind: 'text',
          splits: {
            train: [{ callId: 'c', weight: 2 }],
            validation: [],
            calibration: [],
            exam: [],
          },
          dropped: { empty: 3 },
          contradictions: { repeated: 4, differing: 1 },
          order: 'time',
        };
        store.addDataset(dataset);
        store.addDataset({ ...dataset, taskId: 'other' });
        assert.deepEqual(store.dataset('d1'), dataset);
        assert.equal(store.dataset('d2'), null);
      });
    });

    it('keeps specialists by task and version', () => {
      withStore((store) => {
        store.addSpecialist(specialist('s2', 't1', 2));
        store.addSpecialist(specialist('s1', 't1', 1));
        store.addSpecialist(specialist('s3', 't2', 1));
        assert.deepEqual(store.specialists('t1'), [specialist('s1', 't1', 1), specialist('s2', 't1', 2)]);
        assert.equal(store.specialists().length, 3);
        assert.deepEqual(store.specialists('none'), []);
      });
    });

    it('gives the newest verdicts of a task', () => {
      withStore((store) => {
        const verdict = (reason: string): Verdict => ({
          candidate: { id: 'c', taskId: 't1', rung: 'knn', base: 'minilm', recipe: { k: 5 } },
          chosen: true,
          reason,
        });
        assert.deepEqual(store.verdicts('t1'), []);
        store.addVerdicts('t1', 10, [verdict('old')]);
        store.addVerdicts('t1', 20, [verdict('new')]);
        store.addVerdicts('t2', 30, [verdict('other')]);
        assert.deepEqual(store.verdicts('t1'), [verdict('new')]);
      });
    });

    it('counts the uses of an exam', () => {
      withStore((store) => {
        assert.equal(store.useExam('t1', 'd1'), 1);
        assert.equal(store.useExam('t1', 'd1'), 2);
        assert.equal(store.useExam('t1', 'd2'), 1);
        assert.equal(store.useExam('t2', 'd1'), 1);
      });
    });

    it('counts the tries at the gate, by task and in all', () => {
      withStore((store) => {
        assert.equal(store.gateTries('t1'), 0);
        store.useGate('t1', 'd1');
        store.useGate('t1', 'd2');
        store.useGate('t2', 'd1');
        assert.deepEqual([store.gateTries('t1'), store.gateTries('t2'), store.gateTries()], [2, 1, 3]);
      });
    });

    it('replaces deployments as they change, and keeps audits', () => {
      withStore((store) => {
        const deployment: Deployment = {
          id: 'd1',
          taskId: 't1',
          specialistId: 's1',
          stage: 'shadow',
          threshold: 0.9,
          history: [{ stage: 'shadow', at: 1, reason: 'passed the gate' }],
        };
        store.putDeployment(deployment);
        store.putDeployment({ ...deployment, stage: 'canary' });
        assert.deepEqual(store.deployments(), [{ ...deployment, stage: 'canary' }]);
        const audit = (callId: string, at: number) =>
          ({
            callId,
            deploymentId: 'd1',
            at,
            stage: 'canary',
            confidence: 0.95,
            correct: callId === 'c1',
          }) as const;
        store.addAudit(audit('c2', 2));
        store.addAudit(audit('c1', 1));
        store.addAudit(audit('c1', 9));
        const drawn = { probability: 0.05, session: 's', input: 'i', settled: true };
        store.addAudit({ ...audit('c3', 3), ...drawn });
        assert.deepEqual(store.audits('d1'), [
          audit('c1', 1),
          audit('c2', 2),
          { ...audit('c3', 3), ...drawn },
        ]);
        assert.deepEqual(store.audits('d2'), []);
      });
    });

    it('keeps events in order and filters them', () => {
      withStore((store) => {
        const event = (id: string, kind: string, subject: string) => ({
          id,
          at: 1,
          kind,
          subject,
          detail: { n: 1 },
        });
        const all = [
          event('1', 'task-found', 't1'),
          event('2', 'specialist-deployed', 's1'),
          event('3', 'task-found', 't2'),
        ];
        for (const one of all) store.addEvent(one);
        assert.deepEqual(store.events(), all);
        assert.deepEqual(store.events({ kind: 'task-found' }), [all[0], all[2]]);
        assert.deepEqual(store.events({ kind: 'task-found', subject: 't2' }), [all[2]]);
        assert.deepEqual(store.events({ limit: 2 }), [all[1], all[2]], 'a limit keeps the newest');
      });
    });
  });
}

function specialist(id: string, taskId: string, version: number): Specialist {
  const rate = { hits: 9, n: 10, share: 0.9, low: 0.55, high: 0.99 };
  return {
    id,
    taskId,
    version,
    kind: 'label',
    candidate: { id: 'c', taskId, rung: 'head', base: 'minilm', recipe: {} },
    artefact: {
      rung: 'head',
      base: 'minilm',
      path: `/x/${id}`,
      sha256: 'ab',
      trainedMs: 5,
      figures: { steps: 3 },
    },
    confidence: { signals: ['probability'], weights: [1], bias: 0 },
    evidence: {
      datasetId: 'd1',
      calibration: { accuracy: rate, curve: [] },
      exam: { accuracy: rate, coverage: rate, servedError: rate, curve: [], fieldScore: null, uses: 1 },
      gate: {
        passed: true,
        threshold: 0.9,
        epsilon: 0.02,
        delta: 0.05,
        served: 200,
        errors: 0,
        n: 240,
        pValue: 0.017,
        reason: 'no error among 200',
        moreCalls: null,
      },
      selfAgreement: null,
      latencyMs: { p50: 1, p95: 2 },
    },
    createdAt: 1,
  };
}
