/** An exchange as it went by, for the tests of the recording threads. */
import type { RawExchange } from '../../src/core/online.ts';
import { NOON } from './calls.ts';

/** @param question What the user asked. @param encoding The content coding that the body says it has. */
export function rawExchange(id: string, question: string, encoding = ''): RawExchange {
  const request = { model: 'm', messages: [{ role: 'user', content: question }] };
  return {
    id,
    at: NOON,
    latencyMs: 1,
    status: 200,
    brokenStatus: 200,
    served: { by: 'llm', reason: 'too-large' },
    dialect: 'openai-chat',
    headers: {},
    address: '',
    request: { chunks: [Buffer.from(JSON.stringify(request))], encoding },
    response: null,
  };
}
