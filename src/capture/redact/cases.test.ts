/** Inputs that redaction once got wrong: what of each has to go; the rest has to stay as it is. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configSchema } from '../../core/config.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { requestFromJson } from '../../wire/openai-chat-request.ts';
import {
  compilePolicy,
  namesOfEntities,
  obviousNames,
  redactEntities,
  redactText,
  vocabularyOf,
} from './redact.ts';

const CASES = join(import.meta.dirname, '../../../../shared/cases');
const skip = existsSync(CASES) ? false : 'needs ../shared/cases';
const context = {
  key: new Uint8Array(32).fill(3),
  policy: compilePolicy(configSchema.parse({}).redaction),
};

/** By the request's model: what goes of its last message, and of the arguments of the answer's tool call. */
const GONE: Readonly<Record<string, readonly string[]>> = {
  // "a lot", "in this case", "my part" and an "expo" announce nothing.
  'lot-phone': ['+49 171 1234567'],
  'case-phone': ['07700 900123'],
  'case-card': ['4111 1111 1111 1111'],
  'part-card': ['4111 1111 1111 1111'],
  'expo-phone': ['+49 171 1234567'],
  'control-phone': ['+49 171 1234567'],
  'control-card': ['4111 1111 1111 1111'],
  // Versions of a browser are no addresses of a host.
  'ua-ip': [],
  'fr-phone': ['06 12 34 56 78', '01.42.68.53.00'],
  'in-phone': ['98765 43210', '9876543210'],
  'br-phone': ['(11) 91234-5678'],
  'es-phone': ['612 34 56 78'],
  'uk-phone': ['07700 900123'],
  'de-phone': ['0171 1234567'],
  ssn: ['123-45-6789', '1980-02-03'],
  'json-keys': ['mia.brandt@posteo.de', '+49 171 1234567'],
  'password-plain': ['Sommerregen', '4711'],
  // Brands, titles and places.
  'brand-thanks': [],
  'brand-dr': [],
  'hello-kitty': [],
  'hello-world': [],
  'good-morning': [],
  'name-key': [],
  'name-key2': [],
  author: [],
  code: [],
  'order-phone': [],
  po: ['4111 1111 1111 1111'],
  'card-part': ['4111 1111 1111 1111'],
  // A time and an id stay, although they could be a phone and a card; a number to call back goes.
  unixtime: ['4155550123'],
  // A card number by its issuer and its check, whatever its owner calls it.
  'id-number': ['4539578763621486', '4539578763621486'],
  'email-plus': ['mia.brandt+shop@posteo.de', 'MIA.BRANDT@POSTEO.DE', 'mia.brandt＠posteo.de'],
  'emoji-name': ['Mia', 'Mia Brandt', 'mia.brandt@posteo.de'],
  'cn-name': ['王小明', '138 0013 8000', '11010519491231002X'],
  'mac-time': ['00:1b:44:11:3a:b7', 'fe80::1ff:fe23:4567:890a'],
  version: [],
  'ipv4-real': ['84.112.9.40', '84.112.9.41'],
  sig: ['Will'],
  'date-de': [],
  'time-range': [],
  uuid: [],
  'sql-fence': ['Mia', '+49 171 1234567'],
};

const linesOf = (file: string): JsonObject[] =>
  readFileSync(join(CASES, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);

/** Both stages, with the names in obvious positions. */
function redacted(text: string, keep: ReadonlySet<string> = new Set()): string {
  const within = { ...context, keep };
  const once = redactText(text, within);
  const entities = obviousNames(once);
  return redactEntities(once, entities, namesOfEntities(once, entities), within);
}

const at = (value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (item, step) => (item === null || typeof item !== 'object' ? undefined : (item as JsonObject)[step]),
    value,
  );

for (const file of ['19-lot-case.jsonl', '20-redact-mixed.jsonl']) {
  test(`each case of ${file} loses what is personal and nothing else`, { skip }, () => {
    for (const line of linesOf(file)) {
      const model = String(at(line, 'request', 'model'));
      const gone = GONE[model];
      assert.ok(gone, `${model} has no expectation`);
      const called = at(line, 'response', 'choices', 0, 'message', 'tool_calls', 0, 'function', 'arguments');
      const text =
        typeof called === 'string' ? called : String(at(line, 'request', 'messages', 0, 'content'));
      const made = redacted(text);
      if (typeof called === 'string') JSON.parse(made);
      let from = 0;
      let place = 0;
      for (const value of gone) {
        const start = text.indexOf(value, from);
        const frame = text.slice(from, start);
        const found = made.indexOf(frame, place);
        assert.ok(start !== -1 && found !== -1, `${model}: ${made}`);
        assert.ok(!made.includes(value) || value === 'Mia', `${model}: ${value} in ${made}`);
        place = found + frame.length;
        from = start + value.length;
      }
      assert.ok(gone.length > 0 ? made.endsWith(text.slice(from)) : made === text, `${model}: ${made}`);
    }
  });
}

test('addresses that a prompt gives to choose from stay in prompt and answer', { skip }, () => {
  for (const line of linesOf('17a-address-labels.jsonl')) {
    const request = requestFromJson(line.request);
    assert.ok(request);
    const keep = vocabularyOf(request);
    const answer = String(at(line, 'response', 'choices', 0, 'message', 'content'));
    assert.equal(redacted(answer, keep), answer);
    for (const { content } of request.messages) assert.equal(redacted(content, keep), content);
  }
});

test('brands that read like names stay in mails and labels', { skip }, () => {
  for (const line of linesOf('17b-brands.jsonl')) {
    const answer = String(at(line, 'response', 'choices', 0, 'message', 'content'));
    assert.equal(redacted(answer), answer);
    const mail = String(at(line, 'request', 'messages', 1, 'content'));
    assert.equal(redacted(mail), mail);
  }
});
