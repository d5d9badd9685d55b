/** Audits of a specialist whose texts a judge has proved. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallResponse } from '../core/call.ts';
import type { Audit, Deployment } from '../core/deployment.ts';
import type { IncomingCall } from '../core/online.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { createRouter, type RouterOptions } from './router.ts';

const free = { pieces: ['', ''] };
const task: Task = {
  id: 'task_1',
  name: 'a task',
  kind: 'text',
  labels: [],
  tools: [],
  responseFormat: null,
  calls: 0,
  sites: [{ id: 'site_1', system: null, user: free, toolNames: [], formatHash: '', turn: 'user' }],
};
const deployment: Deployment = {
  id: 'dep_1',
  taskId: 'task_1',
  specialistId: 'spec_1',
  stage: 'live',
  threshold: 0.5,
  history: [],
};
const specialist = {
  id: 'spec_1',
  taskId: 'task_1',
  artefact: { rung: 'lexical', base: null, path: '', sha256: '', trainedMs: 0, figures: {} },
  confidence: { signals: ['p'], weights: [1], bias: 0 },
  evidence: { gate: {}, judge: { judge: 'big' } },
} as unknown as Specialist;
const saying = (content: string): CallResponse => ({
  model: 'm',
  message: { role: 'assistant', content },
  finishReason: 'stop',
  usage: null,
});
const signal = new AbortController().signal;
const call = (id: string): IncomingCall => ({
  id,
  llmAskedFor: false,
  request: { model: 'm', messages: [{ role: 'user', content: 'Hi' }], tools: [], stream: false, params: {} },
});

type Judging = NonNullable<RouterOptions['judging']>;

/** What goes on record of these answers of the LLM, where the specialist says 'late'. */
async function audited(
  judging: Partial<Judging> | undefined,
  answers: readonly string[],
): Promise<(readonly [boolean, boolean | undefined])[]> {
  const audits: Audit[] = [];
  const router = createRouter(
    { tasks: [task], deployments: [deployment], specialists: [specialist] },
    {
      runtimes: [
        {
          rungs: ['lexical'],
          predict: async () => ({ answer: 'late', signals: { p: 0.9 }, ms: 0 }),
          close: async () => {},
        },
      ],
      canaryShare: 1,
      auditProbability: () => 1,
      timeoutMs: 10_000,
      maxInFlight: 1,
      assign: () => task,
      right: (_, answer, llm) => answer.kind === 'text' && answer.text === llm.message.content,
      onAudit: (audit) => audits.push(audit),
      now: () => 0,
      settling: { isAllowed: () => true, onAsked: () => assert.fail('settled'), same: () => false },
      ...(judging
        ? {
            judging: {
              isReady: () => true,
              isTold: () => true,
              isCorrect: async (_task, _input, _answer, llm) => llm.message.content === 'delayed',
              ...judging,
            },
          }
        : {}),
    },
  );
  for (const [i, answer] of answers.entries()) {
    const { compare } = await router.route(call(`call_${i}`), signal);
    await compare!(saying(answer), signal, async () => assert.fail('asked again'));
  }
  return audits.map(({ correct, judged }) => [correct, judged] as const);
}

describe('audits of judged texts', () => {
  it('ask the judge where texts differ, and nobody where they are equal', async () => {
    let asked = 0;
    const found = await audited(
      {
        isCorrect: async (_task, _input, _answer, llm) => {
          asked++;
          return llm.message.content === 'delayed';
        },
      },
      ['late', 'delayed', 'early'],
    );
    assert.deepEqual(found, [
      [true, true],
      [true, true],
      [false, true],
    ]);
    assert.equal(asked, 2);
  });

  it('go by equality while the judge cannot be asked, and say so', async () => {
    const found = await audited({ isReady: () => false, isCorrect: () => assert.fail('asked') }, [
      'late',
      'delayed',
    ]);
    assert.deepEqual(found, [
      [true, false],
      [false, false],
    ]);
  });

  it('go by equality for the one that the judge failed on', async () => {
    assert.deepEqual(await audited({ isCorrect: async () => null }, ['delayed']), [[false, false]]);
  });

  it('leave no record where equality tells nothing: of equal texts as little as of others', async () => {
    const blind = { isReady: () => false, isTold: () => false };
    assert.deepEqual(await audited(blind, ['late', 'delayed']), []);
    assert.deepEqual(await audited(undefined, ['late', 'delayed']), [], 'no judge is configured any more');
    assert.deepEqual(await audited({ isTold: () => false, isCorrect: async () => null }, ['delayed']), []);
  });
});
