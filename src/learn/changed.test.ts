/** What becomes of a specialist in service when learning changes its task. Real stages, store and trainer; no weights. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { plainCall } from '../../test/support/calls.ts';
import { assign } from '../callsite/assign.ts';
import { openKeys } from '../capture/vault.ts';
import type { Call, CallRequest } from '../core/call.ts';
import { configSchema } from '../core/config.ts';
import { seededRandom } from '../core/random.ts';
import { moveTo } from '../deploy/stages.ts';
import { createRouter } from '../route/router.ts';
import { linearRuntime } from '../runtime/linear.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { linearTrainer } from '../train/linear/trainer.ts';
import { learn } from './pipeline.ts';
import type { LearnContext } from './trial.ts';

const TOPICS = ['refund', 'delivery', 'account'] as const;
const WORDS = 'alpha bravo chair delta eagle forest garden hotel island jungle'.split(' ');
const FIRST = 700;
const PROMPT = 'You sort the mail of a shop into refund, delivery or account.';

interface Change {
  /** Null: the call's topic. */
  readonly answer?: (i: number) => string | null;
  readonly over?: (isLater: boolean) => Partial<CallRequest>;
  readonly prompt?: (isLater: boolean) => string;
}

function calls(
  n: number,
  { answer = () => null, over = () => ({}), prompt = () => PROMPT }: Change = {},
): Call[] {
  const random = seededRandom(1);
  return Array.from({ length: n }, (_, i) => {
    const isLater = i >= FIRST;
    const topic = TOPICS[i % 3]!;
    const words = Array.from({ length: 8 }, () => random.pick(WORDS)).join(' ');
    return plainCall(
      i,
      { system: prompt(isLater), user: `${topic} ${words}`, answer: answer(i) ?? topic },
      { request: over(isLater) },
    );
  });
}

const runtime = linearRuntime({ encoder: null });

/** Learns from the first calls, then, deploying nothing new, from all of them. */
async function relearn(
  change: Change,
  then: (context: LearnContext, suspended: string | undefined) => Promise<void>,
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-changed-'));
  const store = openSqliteStore(join(dataDir, 'understudy.db'), openKeys({ dataDir }).cipher);
  try {
    const context: LearnContext = {
      config: configSchema.parse({ dataDir }),
      store,
      trainers: [linearTrainer({ encoder: null })],
      runtimes: [runtime],
      models: new Set(),
      notes: [],
    };
    const first = await learn(calls(FIRST, change), context, {});
    assert.deepEqual(
      first.tasks.map(({ deployed }) => deployed),
      [true],
    );
    const again = await learn(calls(FIRST + 100, change), context, { dryRun: true });
    assert.equal(again.tasks.length, 1);
    await then(context, again.tasks[0]!.suspended);
  } finally {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const CHANGES: readonly (readonly [string, Change, RegExp])[] = [
  ['a label more', { answer: (i) => (i >= FIRST && i % 10 === 0 ? 'complaint' : null) }, /1 label more/],
  [
    'another tool description',
    {
      over: (isLater) => ({
        tools: [
          {
            name: 'look_up',
            description: isLater ? 'Looks up orders and invoices.' : 'Looks up orders.',
            parameters: {},
          },
        ],
      }),
    },
    /tools have changed/,
  ],
  [
    'another constraint of the response format',
    {
      answer: (i) => JSON.stringify({ topic: TOPICS[i % 3] }),
      over: (isLater) => ({
        responseFormat: {
          type: 'json_schema',
          json_schema: { name: 'a', schema: { type: 'object', maxProperties: isLater ? 2 : 3 } },
        },
      }),
    },
    /response format has changed/,
  ],
];

for (const [what, change, why] of CHANGES)
  test(`${what} suspends the specialist in service, with the reason on record`, () =>
    relearn(change, async ({ store }, suspended) => {
      assert.match(suspended ?? '', why);
      assert.doesNotMatch(suspended ?? '', /complaint/);
      const [deployment] = await store.deployments();
      assert.equal(deployment?.stage, 'suspended');
      assert.equal(deployment.history.at(-1)?.reason, suspended);
      const events = await store.events({ kind: 'deployment-moved' });
      assert.deepEqual(
        events.map(({ subject, detail }) => [subject, detail.to]),
        [[deployment.id, 'suspended']],
      );
    }));

test('more calls of the same kind suspend nobody', () =>
  relearn({}, async ({ store }, suspended) => {
    assert.equal(suspended, undefined);
    assert.equal((await store.deployments())[0]?.stage, 'shadow');
  }));

test('after a template is widened the specialist serves the calls that follow the old one, and no others', () =>
  relearn(
    { prompt: (isLater) => `${PROMPT} By rule ${isLater ? 2 : 1} you answer with one word and no more.` },
    async ({ store }, suspended) => {
      assert.equal(suspended, undefined);
      const [task] = await store.tasks();
      const specialists = await store.specialists();
      assert.notDeepEqual(task?.sites[0]?.system, specialists[0]?.proved?.sites[0]?.system);
      const deployments = (await store.deployments()).map((each) => moveTo(each, 'live', 1, 'for this test'));
      const router = createRouter(
        { tasks: [task!], deployments, specialists },
        {
          runtimes: [runtime],
          canaryShare: 1,
          auditProbability: () => 0,
          timeoutMs: 10_000,
          maxInFlight: 1,
          now: () => 0,
          assign,
          right: () => true,
          onAudit: () => {},
        },
      );
      const reasonOf = async (rule: string): Promise<string[]> => {
        const [call] = calls(1, {
          prompt: () => `${PROMPT} By rule ${rule} you answer with one word and no more.`,
        });
        const incoming = { id: 'call_x', request: call!.request, llmAskedFor: false };
        const { served } = await router.route(incoming, new AbortController().signal);
        return [served.reason, served.taskId ?? ''];
      };
      assert.deepEqual(await reasonOf('1'), ['confident', task!.id]);
      assert.deepEqual(await reasonOf('2'), ['unfamiliar-input', task!.id]);
    },
  ));
