/** What comes in any field of any dialect is redacted before it is sealed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantedDialects } from '../../../test/e2e/planted-bodies.ts';
import { configSchema } from '../../core/config.ts';
import { DIALECTS } from '../../wire/dialects.ts';
import { compilePolicy, redactText } from './redact.ts';
import { redactPart } from './redact-call.ts';

let planted = 0;
/** An address of a person, another one each time. */
const plant = (): string => `p${planted++}.smith@mail-example.com`;
const ADDRESS = /p\d+\.smith@mail-example\.com/g;
const context = { key: Buffer.alloc(32), policy: compilePolicy(configSchema.parse({}).redaction) };
const redact = (text: string): string => redactText(text, context);

for (const { path, request, response, stream } of plantedDialects(plant))
  for (const isStream of [false, true])
    test(`${path}${isStream ? ', streamed' : ''}: an address that stands in any field is in no part`, () => {
      const dialect = DIALECTS.find((each) => each.matches('POST', `/v1${path}`))!;
      const read = dialect.parseRequest(Buffer.from(JSON.stringify(request(isStream))));
      const accumulator = dialect.streamAccumulator();
      accumulator.push(Buffer.from(stream()));
      const answer = isStream
        ? accumulator.end()
        : dialect.parseResponse(Buffer.from(JSON.stringify(response())));
      assert.ok(read && answer);
      // A model's name is none of the caller's words.
      const { model: _, stream: __, messages, tools, ...settings } = read;
      const parts = { settings, tools, messages, response: { ...answer, model: '' } };
      const found = new Set(JSON.stringify(parts).match(ADDRESS));
      assert.ok(found.size > 30, `${found.size} were read`);
      const redacted = JSON.stringify([
        redactPart('settings', settings, redact, () => 'a pseudonym'),
        redactPart('tools', tools, redact),
        ...messages.map((message) => redactPart('message', message, redact)),
        redactPart('response', parts.response, redact),
      ]);
      assert.deepEqual(redacted.match(ADDRESS) ?? [], []);
    });

test('a tool is called by one name wherever it stands', () => {
  const name = plant();
  const tool = { name, description: '', parameters: null };
  const toolChoice = { type: 'function', function: { name } };
  const [redacted] = redactPart('tools', [tool], redact);
  assert.deepEqual(redactPart('settings', { toolChoice, params: {} }, redact).toolChoice, {
    type: 'function',
    function: { name: redacted?.name },
  });
});

test('a call of a custom tool stays one', () => {
  const call = { id: 'a', name: 'sh', arguments: 'ls', custom: true };
  const message = { role: 'assistant', content: '', toolCalls: [call] } as const;
  assert.deepEqual(redactPart('message', message, redact), message);
});
