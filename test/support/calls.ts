/** Calls, and folders that go when the test process ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call, CallRequest, CallResponse } from '../../src/core/call.ts';

const folders: string[] = [];
process.once('exit', () => {
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
});

/** A folder that goes when the test process ends. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-capture-'));
  folders.push(dir);
  return dir;
}

/** Noon of 1 May 2026, UTC. */
export const NOON: number = Date.UTC(2026, 4, 1, 12);

export function exampleCall(n: number, over: Partial<Call> = {}): Call {
  return {
    id: `call_${n}`,
    at: NOON + n * 1000,
    sessionId: `session-${n}`,
    origin: '',
    tags: { team: 'shop' },
    request: {
      model: 'gpt-4o',
      messages: [
        { role: 'system', content: 'You sort the mail of a shop. Answer with one label.' },
        { role: 'user', content: `Where is parcel ${n}?` },
      ],
      tools: [
        {
          name: 'look_up',
          description: 'Looks up an order.',
          parameters: { type: 'object', properties: { order: { type: 'string' } } },
        },
      ],
      toolChoice: 'auto',
      responseFormat: { type: 'json_object' },
      stream: n % 2 === 0,
      params: { temperature: 0, max_tokens: 100 },
    },
    response: {
      model: 'gpt-4o-2024-08-06',
      message: { role: 'assistant', content: 'delivery' },
      finishReason: 'stop',
      usage: { promptTokens: 30, completionTokens: 1, cachedTokens: 0 },
    },
    status: 200,
    latencyMs: 700,
    served: { by: 'llm', reason: 'no-specialist' },
    ...over,
  };
}

interface PlainCallOptions extends Partial<Omit<Call, 'request' | 'response'>> {
  readonly request?: Partial<CallRequest>;
  readonly response?: Partial<CallResponse>;
}

/** The `i`-th call of a task: a prompt, a question and the LLM's answer, without tools, in a session of its own. */
export function plainCall(
  i: number,
  { system, user, answer }: { readonly system: string; readonly user: string; readonly answer: string },
  { request, response, ...over }: PlainCallOptions = {},
): Call {
  const id = `call_${String(i).padStart(6, '0')}`;
  return {
    id,
    at: 1e12 + i * 1000,
    sessionId: id,
    origin: '',
    tags: {},
    request: {
      model: 'm',
      tools: [],
      stream: false,
      params: {},
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: user },
      ],
      ...request,
    },
    response: {
      model: 'm',
      finishReason: 'stop',
      usage: null,
      message: { role: 'assistant', content: answer },
      ...response,
    },
    status: 200,
    latencyMs: 1,
    served: { by: 'llm', reason: 'no-specialist' },
    ...over,
  };
}
