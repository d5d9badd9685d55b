/** Audits of a specialist whose texts a judge has proved. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  asking,
  LATE_SPECIALIST,
  LATE_TASK,
  planIn,
  routerOptions,
  saying,
} from '../../test/support/routing.ts';
import type { CallRequest } from '../core/call.ts';
import type { Audit } from '../core/deployment.ts';
import type { IncomingCall } from '../core/online.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import type { AuditJudging } from './comparison.ts';
import { createRouter, type RouterOptions } from './router.ts';

const task: Task = { ...LATE_TASK, kind: 'text', labels: [] };
const specialist = {
  ...LATE_SPECIALIST,
  evidence: { gate: {}, judge: { judge: 'big' } },
} as unknown as Specialist;
const signal = new AbortController().signal;
const call = (id: string): IncomingCall => ({ id, llmAskedFor: false, request: asking('Hi') });

/** What is recorded of these answers of the LLM, where the specialist says 'late'. */
async function audited(
  judging: Partial<AuditJudging> | undefined,
  answers: readonly string[],
  redact?: RouterOptions['redact'],
): Promise<(readonly [boolean, boolean | undefined])[]> {
  const audits: Audit[] = [];
  const router = createRouter(planIn('live', task, specialist), {
    ...routerOptions(task, (audit) => audits.push(audit)),
    ...(redact ? { redact } : {}),
    settling: { isAllowed: () => true, onAsked: () => assert.fail('settled'), same: () => false },
    ...(judging
      ? {
          judging: {
            isOwn: () => true,
            isReady: () => true,
            isTold: () => true,
            hold: (count) => count(),
            isCorrect: async (_task, _input, _answer, llm) => llm.message.content === 'delayed',
            ...judging,
          },
        }
      : {}),
  });
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

  it('go by equality while the judge does not answer, say so, and ask whether it does again', async () => {
    let asked = 0;
    const isCorrect = async (): Promise<boolean> => {
      asked++;
      return true;
    };
    const found = await audited({ isReady: () => false, isCorrect }, ['late', 'delayed']);
    assert.equal(asked, 1);
    assert.deepEqual(found, [
      [true, false],
      [false, false],
    ]);
  });

  it('are none where the judge failed, and those of equal texts wait for its word', async () => {
    assert.deepEqual(await audited({ isCorrect: async () => null }, ['delayed']), []);
    assert.deepEqual(await audited({ hold: () => {} }, ['late', 'delayed']), [[true, true]]);
  });

  it('ask no other judge than that of the proof', async () => {
    const isCorrect = () => assert.fail('asked');
    const found = await audited({ isOwn: () => false, isReady: () => false, isCorrect }, ['late', 'delayed']);
    assert.deepEqual(found, [
      [true, false],
      [false, false],
    ]);
  });

  it('have judged what the specialist has read, people’s names taken out', async () => {
    const read: string[] = [];
    const isCorrect: AuditJudging['isCorrect'] = async (_task, { request, input }) => {
      read.push(request.messages[0]!.content, input);
      return true;
    };
    const first = (request: CallRequest, content: string) => ({
      request: { ...request, messages: [{ role: 'user' as const, content }] },
      reveal: (answer: string) => answer,
    });
    await audited({ isCorrect }, ['delayed'], (request) => ({
      ...first(request, 'Hi, obviously'),
      complete: async () => first(request, 'Hi, completely'),
    }));
    assert.deepEqual(read, ['Hi', 'Hi, completely']);
  });

  it('leave no record where equality tells nothing: of equal texts as little as of others', async () => {
    const blind = { isReady: () => false, isTold: () => false };
    assert.deepEqual(await audited(blind, ['late', 'delayed']), []);
    assert.deepEqual(await audited(undefined, ['late', 'delayed']), [], 'no judge is configured any more');
    assert.deepEqual(await audited({ isTold: () => false, isCorrect: async () => null }, ['delayed']), []);
  });
});
