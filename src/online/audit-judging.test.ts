import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallRequest, CallResponse } from '../core/call.ts';
import { configSchema } from '../core/config.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Judge, TextToJudge } from '../core/judge.ts';
import type { RedactedRequest } from '../core/online.ts';
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
const provedBy = (identity: string): Specialist =>
  ({
    evidence: {
      judge: { judge: 'big', identity, limits: {}, differing: { high: 0.9 } },
      gate: { epsilon: 0.02, served: 300, errors: 0 },
      exam: { servedError: { n: 90, hits: 0 } },
      selfAgreement: null,
    },
  }) as unknown as Specialist;

const replaced = (request: CallRequest, name: string, other: string): RedactedRequest => ({
  request: {
    ...request,
    messages: request.messages.map((each) => ({ ...each, content: each.content.replaceAll(name, other) })),
  },
  reveal: (answer) => answer,
});

function setUp(over: Partial<Judge> = {}, onDown: (why: string) => void = () => {}) {
  const asked: TextToJudge[] = [];
  const lines: string[] = [];
  let now = 0;
  const judge = {
    name: 'big',
    identity: 'big at home',
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
    onDown,
    now: () => now,
    wait: async () => {},
    // Some names are found at once, others by the model.
    redact: (request) =>
      request.messages.some(({ content }) => content.length > 1000)
        ? null
        : {
            ...replaced(request, 'Anna', 'Maria'),
            complete: async () => {
              const { request: whole } = replaced(request, 'Anna', 'Maria');
              return replaced(whole, 'Okonkwo', 'Berger');
            },
          },
  });
  const request: CallRequest = {
    model: 'm',
    tools: [],
    stream: false,
    params: {},
    messages: [{ role: 'user', content: 'Is Anna there?' }],
  };
  const isCorrect = (text: string) =>
    judging.isCorrect(
      task,
      { request, input: 'Is Maria there?' },
      { kind: 'text', text },
      llm,
      new AbortController().signal,
    );
  return { judging, isCorrect, asked, lines, wait: (ms: number) => (now += ms) };
}

describe('judging audits', () => {
  it('sends no personal data that either stage of redaction finds', async () => {
    const { isCorrect, asked } = setUp();
    assert.equal(await isCorrect('Yes, Anna waits with Okonkwo.'), true);
    assert.deepEqual(asked, [
      { input: 'Is Maria there?', reference: 'Maria waits.', answer: 'Yes, Maria waits with Berger.' },
    ]);
  });

  it('neither sends nor vouches for a text that is too long to be read without names, and continues', async () => {
    const { judging, isCorrect, asked } = setUp();
    assert.equal(await isCorrect('Anna '.repeat(300)), false);
    assert.deepEqual(asked, []);
    assert.equal(judging.isReady(provedBy('big at home')), true);
  });

  it('takes requests that fail at once for one failure, and is not set right by a text that it was not asked about', async () => {
    const told: string[] = [];
    let isDown = true;
    const { judging, isCorrect, wait } = setUp(
      {
        judge: async () => {
          if (isDown) throw new UnderstudyError('unavailable', 'down', { hint: '' });
          return { outcome: 'as-good', byPlace: null };
        },
      },
      (why) => told.push(why),
    );
    await Promise.all(Array.from({ length: 8 }, () => isCorrect('No.')));
    assert.deepEqual(told, []);
    wait(60_001);
    assert.equal(await isCorrect('Anna '.repeat(300)), null, 'while it fails nobody vouches for anything');
    assert.equal(judging.isReady(provedBy('big at home')), false);
    isDown = false;
    assert.equal(await isCorrect('No.'), true);
    assert.equal(judging.isReady(provedBy('big at home')), true);
  });

  it('counts equal texts once the judge has answered, and never those before a failure', async () => {
    let isDown = false;
    const { judging, isCorrect, wait } = setUp({
      judge: async () => {
        if (isDown) throw new UnderstudyError('unavailable', 'down', { hint: '' });
        return { outcome: 'as-good', byPlace: null };
      },
    });
    const counted: string[] = [];
    judging.hold(() => counted.push('before an answer'));
    assert.equal(counted.length, 0);
    await isCorrect('No.');
    assert.equal(counted.length, 1);
    isDown = true;
    judging.hold(() => counted.push('before a failure'));
    await isCorrect('No.');
    isDown = false;
    wait(60_001);
    await isCorrect('No.');
    assert.deepEqual(counted, ['before an answer']);
  });

  it('takes a verdict that cannot be read for a wrong answer, as the proof does', async () => {
    const { isCorrect } = setUp({ judge: async () => ({ outcome: 'unreadable', byPlace: null }) });
    assert.equal(await isCorrect('No.'), false);
  });

  it('pauses after a failure until the judge has answered, and says so once', async () => {
    let isDown = true;
    const { judging, isCorrect, lines, wait } = setUp({
      judge: async () => {
        if (!isDown) return { outcome: 'as-good', byPlace: null };
        throw new UnderstudyError('unavailable', 'down', { hint: '' });
      },
    });
    assert.equal(judging.isReady(provedBy('big at home')), true);
    assert.equal(await isCorrect('No.'), null);
    assert.equal(judging.isReady(provedBy('big at home')), false);
    assert.equal(await isCorrect('No.'), null);
    // Not in the server's words, which may quote what it was asked.
    assert.deepEqual(lines, ['big does not judge audits: unavailable']);
    wait(60_001);
    assert.equal(judging.isReady(provedBy('big at home')), false, 'it has not answered since');
    isDown = false;
    assert.equal(await isCorrect('No.'), true);
    assert.equal(judging.isReady(provedBy('big at home')), true);
  });

  it('is asked at growing intervals while it fails, up to an hour, and an alert is raised once', async () => {
    let asked = 0;
    let isDown = true;
    const down: string[] = [];
    const { isCorrect, wait } = setUp(
      {
        judge: async () => {
          asked++;
          if (!isDown) return { outcome: 'as-good', byPlace: null };
          throw new UnderstudyError('unavailable', 'quoting: secret', {
            hint: '',
            data: { why: 'it refuses any text' },
          });
        },
      },
      (why) => down.push(why),
    );
    const minutes = async (count: number): Promise<number> => {
      const before = asked;
      for (let i = 0; i < count; i++) {
        assert.equal(await isCorrect('No.'), null);
        wait(60_001);
      }
      return asked - before;
    };
    // At 0, 1, 3, 7, 15 and 31 minutes, then at 91, 151 and so on.
    assert.equal(await minutes(60), 6);
    assert.ok((await minutes(600)) <= 10);
    assert.deepEqual(down, ['it refuses any text']);
    isDown = false;
    wait(3_600_000);
    assert.equal(await isCorrect('No.'), true);
    isDown = true;
    assert.equal(await minutes(8), 4);
    assert.equal(down.length, 2);
  });

  it('asks no other judge than that of the proof', () => {
    const { judging } = setUp();
    assert.equal(judging.isReady(provedBy('big elsewhere')), false);
    assert.equal(judging.isTold(provedBy('big at home')), false);
  });

  it('says once that the budget is spent', () => {
    const { judging, lines } = setUp({ isReady: () => false });
    for (let i = 0; i < 3; i++) assert.equal(judging.isReady(provedBy('big at home')), false);
    assert.equal(lines.length, 1);
  });
});
