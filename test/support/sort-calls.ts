/** Calls of a task of two labels, for the tests of datasets. */
import { AUDITED, type Call, type Message } from '../../src/core/call.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Task } from '../../src/core/task.ts';

/** Sorts mail. */
export const sortTask: Task = {
  id: 'task_1',
  name: 'sort',
  sites: [
    {
      id: 'site_1',
      system: { pieces: ['Sort the mail.'] },
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
  calls: 0,
};

/** One call: its answer stands with a space behind it. */
export const sortCall = (id: number, session: number, text: string, answer: string): Call => ({
  id: `call_${id}`,
  at: 1000 + id,
  sessionId: `s${session}`,
  origin: '',
  tags: {},
  request: {
    model: 'm',
    messages: [
      { role: 'system', content: 'Sort the mail.' },
      { role: 'user', content: text },
    ],
    tools: [],
    stream: false,
    params: {},
  },
  response: {
    model: 'm',
    message: { role: 'assistant', content: `${answer} ` },
    finishReason: 'stop',
    usage: null,
  },
  status: 200,
  latencyMs: 1,
  served: { by: 'llm', reason: 'no-specialist' },
});

/** The LLM's answer to a served call, which was asked for with this probability. */
export const audited = (one: Call, probability: number): Call => ({
  ...one,
  tags: { [AUDITED]: String(probability) },
  served: { by: 'llm', reason: 'audit' },
});

/** The call with another response message, or other request params. */
export const answered = (one: Call, message: Partial<Message>, params: JsonObject = {}): Call => ({
  ...one,
  request: { ...one.request, params },
  response: { ...one.response!, message: { role: 'assistant', content: '', ...message } },
});

export const WORDS =
  'spade rake hose fork seed pot lamp glove bucket ladder saw twine boot shed barrow'.split(' ');

/** Of eight sessions four train, one validates, two calibrate and one is the exam. */
export const IN_FOUR = { train: 0.5, validation: 0.125, calibration: 0.25, exam: 0.125 };

export const EIGHT_TEXTS = 'rake hose fork seed pot lamp glove saw'.split(' ');

export const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, n) => total + n, 0);
