/**
 * CONTRIBUTING.md says that a trainer is added by its folder, a line in the composition root and a section of the
 * configuration. Shown here with the one in test/support/first-word: nothing else of the program knows its name, and yet
 * it is proposed, trained, chosen, proved, deployed and reported.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { openKeys } from '../../src/capture/vault.ts';
import type { Call } from '../../src/core/call.ts';
import { configSchema } from '../../src/core/config.ts';
import { seededRandom } from '../../src/core/random.ts';
import { learn } from '../../src/learn/pipeline.ts';
import type { LearnContext } from '../../src/learn/trial.ts';
import { learnText } from '../../src/report/learn-text.ts';
import { linearRuntime } from '../../src/runtime/linear.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { linearTrainer } from '../../src/train/linear/trainer.ts';
import { proposalContract } from '../contracts/trainer.ts';
import { plainCall } from '../support/calls.ts';
import { firstWordRuntime } from '../support/first-word/runtime.ts';
import { FIRST_WORD, firstWordTrainer } from '../support/first-word/trainer.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'understudy-add-'));
const store = openSqliteStore(join(dataDir, 'understudy.db'), openKeys({ dataDir }).cipher);
after(() => {
  store.close();
  rmSync(dataDir, { recursive: true });
});

/** The composition root's part: a line for the trainer, and one for its runtime as no other runs what it makes. */
const context: LearnContext = {
  config: configSchema.parse({ dataDir }),
  store,
  trainers: [firstWordTrainer(), linearTrainer({ encoder: null })],
  runtimes: [firstWordRuntime(), linearRuntime({ encoder: null })],
  models: new Set<string>(),
  notes: [],
};

const TOPICS = ['refund', 'delivery', 'account'] as const;

/** Calls whose first word tells the label. */
function calls(n: number): Call[] {
  const random = seededRandom(1);
  return Array.from({ length: n }, (_, i) => {
    const topic = random.pick(TOPICS);
    return plainCall(i, {
      system: 'You sort the mail of a shop. Answer with one word and no more.',
      user: `${topic} ${random.below(1e9)} mail ${random.below(1e9)}`,
      answer: topic,
    });
  });
}

proposalContract('an added trainer', () => ({
  trainer: firstWordTrainer(),
  candidate: { rung: FIRST_WORD, base: null },
}));

test('an added trainer competes with the others, and what it trains is proved and deployed', async () => {
  const report = await learn(calls(700), context, {});
  const [task] = report.tasks;
  assert.equal(task?.outcome, 'passed');
  assert.equal(task.specialist?.artefact.rung, FIRST_WORD);
  assert.equal((await store.deployments())[0]?.specialistId, task.specialist.id);
  const verdicts = task.verdicts.map(({ candidate, chosen }) => [candidate.rung, chosen]);
  assert.deepEqual(verdicts.slice(0, 2), [
    [FIRST_WORD, true],
    ['lexical', false],
  ]);
  assert.match(learnText(report, { width: 100, color: false }), new RegExp(FIRST_WORD));
});

test('what an added trainer cannot train is told with its own reason', async () => {
  const sentences = calls(700).map((call, i): Call => {
    const content = JSON.stringify({ topic: TOPICS[i % 3], number: i });
    const messages = [
      { role: 'system', content: 'You turn mails into JSON.' } as const,
      call.request.messages[1]!,
    ];
    const request = { ...call.request, messages };
    return { ...call, request, response: { ...call.response!, message: { role: 'assistant', content } } };
  });
  const { tasks } = await learn(sentences, context, {});
  const reasons = tasks.flatMap(({ verdicts }) => verdicts.map(({ reason }) => reason));
  assert.ok(reasons.includes('It gives labels only.'), reasons.join('\n'));
});

test('outside of trainers, runtimes, the composition root and the configuration no file names a rung', () => {
  const SRC = resolve(import.meta.dirname, '../../src');
  const rooms = [
    'select',
    'learn',
    'evaluate',
    'report',
    'deploy',
    'route',
    'gateway',
    'online',
    'store',
    'export',
  ];
  const named = [...rooms, 'core']
    .flatMap((room) =>
      readdirSync(join(SRC, room), { recursive: true, encoding: 'utf8' }).map((file) => join(room, file)),
    )
    .filter(
      (file) =>
        file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== join('core', 'config-train.ts'),
    )
    .filter((file) => /'(lexical|knn|head|lora|hosted)'/.test(readFileSync(join(SRC, file), 'utf8')));
  assert.deepEqual(named, []);
});
