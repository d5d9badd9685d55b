import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallRequest, Message } from '../core/call.ts';
import { requestFromJson, requestToJson } from './openai-chat-request.ts';

const texts = fc.string({ unit: 'binary' });
const names = fc.string({ minLength: 1 });
const toolCalls = fc.array(
  fc.record({ id: names, name: names, arguments: texts }, { noNullPrototype: true }),
  {
    minLength: 1,
    maxLength: 3,
  },
);
const messages: fc.Arbitrary<Message> = fc.oneof(
  fc.record(
    { role: fc.constantFrom('system' as const, 'user' as const), content: texts },
    { noNullPrototype: true },
  ),
  fc.record(
    { role: fc.constant('assistant' as const), content: texts, toolCalls },
    { noNullPrototype: true },
  ),
  fc.record(
    { role: fc.constant('tool' as const), content: texts, toolCallId: names },
    { noNullPrototype: true },
  ),
);
const requests: fc.Arbitrary<CallRequest> = fc.record(
  {
    model: names,
    messages: fc.array(messages, { minLength: 1, maxLength: 5 }),
    tools: fc.array(
      fc.record(
        { name: names, description: texts, parameters: fc.constantFrom({ type: 'object' }, null) },
        { noNullPrototype: true },
      ),
      { maxLength: 3 },
    ),
    toolChoice: fc.constantFrom('auto', 'required'),
    responseFormat: fc.constant({ type: 'json_object' }),
    stream: fc.boolean(),
    params: fc.constantFrom({}, { temperature: 0, seed: 7 }),
  },
  { requiredKeys: ['model', 'messages', 'tools', 'stream', 'params'], noNullPrototype: true },
);

test('a request that we write reads back as the same call', () => {
  fc.assert(
    fc.property(requests, (request) => assert.deepEqual(requestFromJson(requestToJson(request)), request)),
  );
});
