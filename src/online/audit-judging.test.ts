import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallResponse } from '../core/call.ts';
import { configSchema } from '../core/config.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Judge, TextToJudge } from '../core/judge.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { auditJudging } from './audit-judging.ts';

const task: Task = {
  id: 't',
  name: 't',
  kind: 'text',
  labels: [],
  tools: [],
  responseFormat: null,
  calls: 0,
  sites: [],
};
const llm: CallResponse = {
  model: 'm',
  finishReason: 'stop',
  usage: null,
  message: { role: 'assistant', content: 'Anna waits.' },
};
const provedBy = (judge: string): Specialist =>
  ({
    evidence: {
      judge: { judge, limits: {}, differing: { high: 0.9 } },
      gate: { epsilon: 0.02, served: 300, errors: 0 },
      exam: { servedError: { n: 90, hits: 0 } },
      selfAgreement: null,
    },
  }) as unknown as Specialist;

function setUp(over: Partial<Judge> = {}) {
  const asked: TextToJudge[] = [];
  const lines: string[] = [];
  let now = 0;
  const judge = {
    name: 'big',
    isReady: () => true,
    judge: async (pair: TextToJudge) => {
      asked.push(pair);
      return { outcome: 'as-good', byPlace: null } as const;
    },
    ...over,
  } as Judge;
  const judging = auditJudging({
    judge,
    config: configSchema.parse({}),
    log: (line) => lines.push(line),
    now: () => now,
    redact: (request) => ({
      request: {
        ...request,
        messages: request.messages.map((each) => ({
          ...each,
          content: each.content.replaceAll('Anna', 'Maria'),
        })),
      },
      reveal: (answer) => answer,
    }),
  });
  const isCorrect = (text: string) =>
    judging.isCorrect(task, 'Is Anna there?', { kind: 'text', text }, llm, new AbortController().signal);
  return { judging, isCorrect, asked, lines, wait: (ms: number) => (now += ms) };
}

describe('judging audits', () => {
  it('sends no personal data that is found on a call’s way', async () => {
    const { isCorrect, asked } = setUp();
    assert.equal(await isCorrect('Yes, Anna is waiting.'), true);
    assert.deepEqual(asked, [
      { input: 'Is Maria there?', reference: 'Maria waits.', answer: 'Yes, Maria is waiting.' },
    ]);
  });

  it('takes a verdict that cannot be read for a wrong answer, as the proof does', async () => {
    const { isCorrect } = setUp({ judge: async () => ({ outcome: 'unreadable', byPlace: null }) });
    assert.equal(await isCorrect('No.'), false);
  });

  it('pauses after a failure, and says so once', async () => {
    const { judging, isCorrect, lines, wait } = setUp({
      judge: async () => {
        throw new UnderstudyError('unavailable', 'down', { hint: '' });
      },
    });
    assert.equal(judging.isReady(provedBy('big')), true);
    assert.equal(await isCorrect('No.'), null);
    assert.equal(judging.isReady(provedBy('big')), false);
    assert.equal(await isCorrect('No.'), null);
    assert.deepEqual(lines, ['big does not judge audits: down']);
    wait(60_001);
    assert.equal(judging.isReady(provedBy('big')), true);
  });

  it('asks no other judge than that of the proof', () => {
    const { judging } = setUp();
    assert.equal(judging.isReady(provedBy('small')), false);
    assert.equal(judging.isTold(provedBy('big')), false);
  });

  it('says once that the budget is spent', () => {
    const { judging, lines } = setUp({ isReady: () => false });
    for (let i = 0; i < 3; i++) assert.equal(judging.isReady(provedBy('big')), false);
    assert.equal(lines.length, 1);
  });
});
