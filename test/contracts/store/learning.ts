/** What every LearningStore must do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DatasetManifest } from '../../../src/core/dataset.ts';
import type { Specialist, Verdict } from '../../../src/core/specialist.ts';
import type { LearningStore } from '../../../src/core/store.ts';
import type { Task } from '../../../src/core/task.ts';
import type { Opener } from './store.ts';

export function learningStoreContract(name: string, withStore: Opener<LearningStore>): void {
  describe(`learning store contract: ${name}`, () => {
    it('replaces tasks of the same id and keeps the others', () =>
      withStore(async (store) => {
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
        await store.putTasks([task('t1', 1), task('t2', 2)]);
        await store.putTasks([task('t2', 5), task('t3', 3)]);
        assert.deepEqual(await store.tasks(), [task('t1', 1), task('t2', 5), task('t3', 3)]);
      }));

    it('keeps datasets', () =>
      withStore(async (store) => {
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
        await store.addDataset(dataset);
        await store.addDataset({ ...dataset, taskId: 'other' });
        assert.deepEqual(await store.dataset('d1'), dataset);
        assert.equal(await store.dataset('d2'), null);
      }));

    it('keeps specialists by task and version', () =>
      withStore(async (store) => {
        await store.addSpecialist(specialist('s2', 't1', 2));
        await store.addSpecialist(specialist('s1', 't1', 1));
        await store.addSpecialist(specialist('s3', 't2', 1));
        assert.deepEqual(await store.specialists('t1'), [
          specialist('s1', 't1', 1),
          specialist('s2', 't1', 2),
        ]);
        assert.equal((await store.specialists()).length, 3);
        assert.deepEqual(await store.specialists('none'), []);
      }));

    it('gives the newest verdicts of a task', () =>
      withStore(async (store) => {
        const verdict = (reason: string): Verdict => ({
          candidate: { id: 'c', taskId: 't1', rung: 'knn', base: 'minilm', recipe: { k: 5 } },
          chosen: true,
          reason,
        });
        assert.deepEqual(await store.verdicts('t1'), []);
        await store.addVerdicts('t1', 10, [verdict('old')]);
        await store.addVerdicts('t1', 20, [verdict('new')]);
        await store.addVerdicts('t2', 30, [verdict('other')]);
        assert.deepEqual(await store.verdicts('t1'), [verdict('new')]);
      }));

    it('counts the uses of an exam', () =>
      withStore(async (store) => {
        assert.equal(await store.useExam('t1', 'd1'), 1);
        assert.equal(await store.useExam('t1', 'd1'), 2);
        assert.equal(await store.useExam('t1', 'd2'), 1);
        assert.equal(await store.useExam('t2', 'd1'), 1);
      }));

    it('counts the tries at the gate, by task and in all', () =>
      withStore(async (store) => {
        assert.equal(await store.gateTries('t1'), 0);
        await store.useGate('t1', 'd1');
        await store.useGate('t1', 'd2');
        await store.useGate('t2', 'd1');
        const counted = [await store.gateTries('t1'), await store.gateTries('t2'), await store.gateTries()];
        assert.deepEqual(counted, [2, 1, 3]);
      }));
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
