/**
 * Pairs of answers with the verdict on them and why: each is a test (core/equality.test.ts) and a row of
 * docs/equality.md. Does not: compare.
 */
import type { OutputKind } from '../../src/core/answer.ts';
import type { CompareOptions } from '../../src/core/compare.ts';
import type { EqualityPolicy } from '../../src/core/equality-policy.ts';
import type { Json } from '../../src/core/json.ts';

export interface EqualityPair {
  readonly expected: string;
  readonly actual: string;
  /** What a reader should see of the schema, the tools, the labels or the policy; '' where there are none. */
  readonly given: string;
  readonly options: CompareOptions;
  readonly kind: OutputKind;
  /** Null: undecided. */
  readonly verdict: boolean | null;
  readonly why: string;
}

export interface EqualityGroup {
  readonly title: string;
  readonly pairs: readonly EqualityPair[];
}

type Row = readonly [expected: string, actual: string, verdict: boolean | null, why: string];

const compact = (value: unknown): string => JSON.stringify(value).replace(/"([a-zA-Z]\w*)":/g, '$1: ');

/** Rows of JSON answers under one schema. */
function json(schema: Json | undefined, ...rows: readonly Row[]): EqualityPair[] {
  const options = schema === undefined ? {} : { schema };
  return rows.map(([expected, actual, verdict, why]) => ({
    expected,
    actual,
    verdict,
    why,
    options,
    kind: 'json',
    given: schema === undefined ? '' : compact(schema),
  }));
}

/** Rows of one field `a`, optional unless it is required. */
function field(schema: Json, ...rows: readonly Row[]): EqualityPair[] {
  return json({ properties: { a: schema } }, ...rows.map(inField)).map((pair) => ({
    ...pair,
    given: `a: ${compact(schema)}`,
  }));
}

function required(schema: Json, ...rows: readonly Row[]): EqualityPair[] {
  const of = json({ properties: { a: schema }, required: ['a'] }, ...rows.map(inField));
  return of.map((pair) => ({ ...pair, given: `a, required: ${compact(schema)}` }));
}

const inField = ([a, b, verdict, why]: Row): Row => [object(a), object(b), verdict, why];
/** '' stands for an object without the field. */
const object = (a: string): string => (a === '' ? '{}' : `{"a":${a}}`);

function policy(
  path: string,
  value: EqualityPolicy[string],
  kind: OutputKind,
  ...rows: readonly Row[]
): EqualityPair[] {
  const shown = typeof value === 'string' ? value : compact(value);
  return rows.map(([expected, actual, verdict, why]) => ({
    expected,
    actual,
    verdict,
    why,
    kind,
    options: { policy: { [path]: value } },
    given: `policy ${path}: ${shown}`,
  }));
}

function plain(
  kind: OutputKind,
  given: string,
  options: CompareOptions,
  ...rows: readonly Row[]
): EqualityPair[] {
  return rows.map(([expected, actual, verdict, why]) => ({
    expected,
    actual,
    verdict,
    why,
    kind,
    given,
    options,
  }));
}

const NODE: Json = {
  $ref: '#/$defs/node',
  $defs: {
    node: {
      type: 'object',
      properties: { n: { type: 'number' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
      required: ['n'],
    },
  },
};
const UNION: Json = {
  anyOf: [
    {
      type: 'object',
      properties: { kind: { const: 'count' }, v: { type: 'number' } },
      required: ['kind', 'v'],
    },
    {
      type: 'object',
      properties: { kind: { const: 'code' }, v: { type: 'string' } },
      required: ['kind', 'v'],
    },
  ],
};
const TOOLS: CompareOptions = {
  toolSchemas: {
    book: {
      type: 'object',
      properties: {
        seats: { type: 'integer' },
        at: { type: 'string', format: 'date-time' },
        note: { type: 'string' },
        meal: { type: ['string', 'null'] },
      },
      required: ['seats', 'meal'],
    },
  },
};
const BOOK = 'book(seats: integer, meal: string or null, required; at: date-time, note: string, optional)';
const LABELS: CompareOptions = { labels: ['refund', 'late', '{"a": 1}', 'café'] };

export const EQUALITY_TABLE: readonly EqualityGroup[] = [
  {
    title: 'Numbers',
    pairs: [
      ...json(
        undefined,
        ['{"a":1}', '{"a":1.0}', true, 'JSON writes one number in several ways'],
        ['{"a":1}', '{"a":1e0}', true, 'JSON writes one number in several ways'],
        ['{"a":0.1}', '{"a":1E-1}', true, 'JSON writes one number in several ways'],
        ['{"a":0}', '{"a":-0}', true, 'the same number'],
        [
          '{"a":1234567890}',
          '{"a":1234567891}',
          false,
          'ids lie side by side: no tolerance unless a policy gives one',
        ],
        ['{"a":1700000000000}', '{"a":1700000001500}', false, 'milliseconds are digits like any'],
        ['{"a":9007199254740993}', '{"a":9007199254740992}', false, 'compared by digits, not as doubles'],
        ['{"a":123456789012345678901}', '{"a":123456789012345678901.0}', true, 'equal in each digit'],
        ['{"a":0.1}', '{"a":0.10000000000000001}', false, 'compared by digits, not as doubles'],
        ['{"a":1e400}', '{"a":1e401}', false, 'compared by digits, not as doubles'],
        ['{"a":1}', '{"a":-1}', false, 'another number'],
        ['{"a":1}', '{"a":"1"}', false, 'without a schema, a text is no number'],
        ['{"a":1}', '{"a":true}', false, 'a truth value is no number'],
      ),
      ...field(
        { type: 'number' },
        ['1', '"1"', true, 'the schema allows no text: it can only mean the number'],
        ['1', '"1.0"', true, 'the text is the same number'],
        ['"1.50"', '"1.5"', true, 'both texts are the same number'],
        ['1', '" 1 "', true, 'white space around a number'],
        ['1000', '"1,000"', false, 'JSON has no such number'],
        ['16', '"0x10"', false, 'JSON has no such number'],
      ),
      ...field({ type: 'integer' }, ['9007199254740993', '"9007199254740993"', true, 'equal in each digit']),
      ...field({ type: ['number', 'string'] }, [
        '1',
        '"1"',
        false,
        'the schema allows both: they may mean two things',
      ]),
      ...field({ type: 'string' }, [
        '"1"',
        '1',
        false,
        'a number where a text is asked for breaks the schema',
      ]),
      ...field({ type: 'string' }, ['"1"', '"1.0"', false, 'texts of digits are texts: codes, versions']),
      ...field({ type: 'string' }, ['"007"', '"7"', false, 'texts of digits are texts: codes, versions']),
      ...field(
        { type: 'boolean' },
        ['true', '"true"', true, 'the schema allows no text'],
        ['true', '"True"', false, 'JSON has no such value'],
        ['true', '1', false, 'JSON has no such value'],
      ),
    ],
  },
  {
    title: 'Texts',
    pairs: json(
      undefined,
      ['{"a":"x"}', '{"a":"X"}', false, 'case counts'],
      ['{"a":"-created_at"}', '{"a":"created_at"}', false, 'punctuation counts: the order is turned round'],
      ['{"a":"/"}', '{"a":"."}', false, 'punctuation counts'],
      ['{"a":"/"}', '{"a":""}', false, 'punctuation counts'],
      ['{"a":"12*3"}', '{"a":"12/3"}', false, 'punctuation counts'],
      ['{"a":"rm -rf ./*"}', '{"a":"rm -rf /"}', false, 'punctuation counts'],
      ['{"a":"src/ab.ts"}', '{"a":"src/a/b.ts"}', false, 'punctuation counts'],
      ['{"a":"1-5"}', '{"a":"1.5"}', false, 'punctuation counts'],
      ['{"a":"New York, NY"}', '{"a":"New York NY"}', false, 'punctuation counts'],
      ['{"a":"x y"}', '{"a":"x  y"}', false, 'white space inside a text counts'],
      ['{"a":"x"}', '{"a":" x\\n"}', true, 'white space around a text'],
      ['{"a":"x"}', '{"a":"    x"}', false, 'indentation counts, as in code'],
      ['{"a":"x"}', '{"a":"\\n\\tx\\n"}', false, 'indentation counts, as in code'],
      ['{"a":""}', '{"a":" "}', false, 'white space alone is a value: a separator'],
      ['{"a":"\\n"}', '{"a":" "}', false, 'white space alone is a value: a separator'],
      ['{"a":"caf\u00e9"}', '{"a":"cafe\u0301"}', true, 'two Unicode forms of one text (NFC, NFD)'],
      ['{"a":"ﬁ"}', '{"a":"fi"}', false, 'a ligature is another text (NFKC is not used)'],
      ['{"a":"café"}', '{"a":"cafe"}', false, 'another letter'],
      ['{"a":"\\u0041"}', '{"a":"A"}', true, 'JSON writes one text in several ways'],
    ),
  },
  {
    title: 'Dates and times',
    pairs: [
      ...field(
        { type: 'string', format: 'date-time' },
        ['"2026-05-01T12:00:00Z"', '"2026-05-01T12:00:00+00:00"', true, 'the same instant'],
        ['"2026-05-01T12:00:00Z"', '"2026-05-01T14:00:00+02:00"', true, 'the same instant'],
        ['"2026-01-01T00:30:00+01:00"', '"2025-12-31T23:30:00Z"', true, 'the same instant'],
        ['"2026-05-01T12:00:00Z"', '"2026-05-01t12:00:00.000z"', true, 'the same instant'],
        ['"2026-05-01T12:00:00Z"', '"2026-05-01T12:00:01Z"', false, 'another instant'],
        ['"2026-05-01T12:00:00Z"', '"2026-05-01T12:00:00.0001Z"', false, 'another instant'],
        ['"2026-05-01T12:00:00Z"', '"2026-05-01T12:00:00"', false, 'without a zone it is no instant'],
        ['"2026-02-30T12:00:00Z"', '"2026-03-02T12:00:00Z"', false, 'a day that is not there is no instant'],
      ),
      ...json(undefined, [
        '{"a":"2026-05-01T12:00:00Z"}',
        '{"a":"2026-05-01T12:00:00+00:00"}',
        false,
        'no schema says that it is a date-time',
      ]),
      ...field(
        { type: 'string', format: 'date' },
        ['"2026-05-01"', '"2026-05-02"', false, 'another day'],
        ['"2026-05-01"', '"2026/05/01"', false, 'a date has one notation'],
      ),
      ...field(
        { type: 'string', format: 'time' },
        ['"12:00:00Z"', '"12:00:00.0+00:00"', true, 'the same time'],
        ['"01:00:00+02:00"', '"23:00:00Z"', false, 'the same moment, of another day'],
      ),
    ],
  },
  {
    title: 'Choices',
    pairs: [
      ...field(
        { enum: ['low', 'high'] },
        ['"low"', '"low "', true, 'white space around a text'],
        ['"low"', '"Low"', false, 'no choice of the schema: who branches on it meets neither'],
        ['"low"', '"high"', false, 'another choice'],
      ),
      ...field({ enum: [1, 2, 3] }, [
        '2',
        '"2"',
        true,
        'all choices are numbers: the text can only mean one',
      ]),
      ...field({ enum: [1, '1'] }, ['1', '"1"', false, 'two choices']),
      ...json(
        UNION,
        [
          '{"kind":"count","v":5}',
          '{"kind":"count","v":"5"}',
          false,
          'as text it fits no choice: nothing says what it means',
        ],
        ['{"kind":"code","v":"5"}', '{"kind":"code","v":"5.0"}', false, 'of this choice, `v` is a text'],
      ),
    ],
  },
  {
    title: 'Objects: absent and null',
    pairs: [
      ...json(
        undefined,
        ['{"a":1,"b":2}', '{"b":2,"a":1}', true, 'the order of keys'],
        ['{"a":1}', '{ "a" : 1 }', true, 'white space between tokens'],
        ['{"a":1}', '```json\n{"a":1}\n```', true, 'a code fence around JSON'],
        ['{"a":null}', '{}', false, 'no schema says that `a` is optional'],
        ['{"a":1}', '{"A":1}', false, 'another key'],
        ['{"a":1}', '{"a":1,"b":2}', false, 'a key more'],
        ['{"__proto__":{"a":1}}', '{}', false, 'a key like any'],
        ['{"constructor":1}', '{"constructor":2}', false, 'a key like any'],
        ['[1,2]', '[2,1]', false, 'arrays have an order'],
        ['[1]', '[1,1]', false, 'repeats count'],
        ['[null]', '[]', false, 'an item is never optional'],
      ),
      ...field(
        { type: ['string', 'null'] },
        ['null', '', true, '`a` is optional: both say that there is none'],
        ['null', '"null"', false, 'a text'],
        ['null', '""', false, 'an empty text is a text'],
      ),
      ...field({ anyOf: [{ type: 'number' }, { type: 'null' }] }, ['null', '', true, '`a` is optional']),
      ...field({ anyOf: [{ type: 'number' }, { type: 'null' }] }, [
        '1',
        '"1"',
        true,
        'a number or null: no text',
      ]),
      ...field({ type: 'number', nullable: true }, ['1', '"1"', true, 'a number or null: no text']),
      ...field({ oneOf: [{ type: 'null' }, { type: 'integer' }] }, [
        '1',
        '"1"',
        true,
        'a number or null: no text',
      ]),
      ...required({ type: ['string', 'null'] }, [
        'null',
        '',
        false,
        'the schema demands `a`: absent breaks it',
      ]),
      ...required({ anyOf: [{ type: 'string' }, { type: 'null' }] }, ['null', '""', false, 'two values']),
      ...field(
        { type: 'integer', default: 5 },
        ['', '5', true, 'the schema says what absent means'],
        ['', '6', false, 'not what absent means'],
        ['', 'null', false, 'absent means 5, and null does not'],
      ),
      ...required({ type: 'integer', default: 5 }, ['', '5', false, 'the schema demands `a`']),
      ...json(
        NODE,
        [
          '{"n":1,"next":{"n":2}}',
          '{"n":"1","next":{"n":"2","next":null}}',
          true,
          'through `$ref`, at each level',
        ],
        ['{"n":1,"next":{"n":2}}', '{"n":1,"next":{"n":3}}', false, 'another number'],
      ),
      ...json({ allOf: [{ properties: { a: { type: 'string' } } }, { required: ['a'] }] }, [
        '{"a":null}',
        '{}',
        false,
        'one of the parts demands `a`',
      ]),
    ],
  },
  {
    title: 'Tool calls',
    pairs: [
      ...plain(
        'tool',
        BOOK,
        TOOLS,
        [
          'book {"seats":2,"meal":null}',
          'book { "meal": null, "seats": "2" }',
          true,
          'spacing, key order, number text',
        ],
        ['book {"seats":2,"meal":null}', 'book {"seats":2}', false, 'the schema demands `meal`'],
        [
          'book {"seats":2,"meal":"x","note":null}',
          'book {"seats":2,"meal":"x"}',
          true,
          '`note` is optional',
        ],
        ['book {"seats":2,"meal":"x"}', 'book {"seats":3,"meal":"x"}', false, 'another number'],
        [
          'book {"seats":2,"meal":"x","to":null}',
          'book {"seats":2,"meal":"x"}',
          false,
          'the schema knows no `to`',
        ],
        [
          'book {"seats":2,"meal":"x","at":"2026-05-01T12:00:00Z"}',
          'book {"seats":2,"meal":"x","at":"2026-05-01T13:00:00+01:00"}',
          true,
          'the same instant',
        ],
      ),
      ...plain(
        'tool',
        '',
        {},
        ['f {"x":1}', 'g {"x":1}', false, 'another tool'],
        [
          'f {"x":1}\ng {"y":2}',
          'g {"y":2}\nf {"x":1}',
          false,
          'calls have an order unless a policy says otherwise',
        ],
        ['f {"x":1}', 'f {"x":1}\nf {"x":1}', false, 'the number of calls'],
        ['f {"city":"New York"}', 'f {"city":"new york"}', false, 'case counts'],
        ['f "x "', 'f "x"', false, 'a custom tool has a notation of its own: white space counts'],
        ['f {"x":1}', 'I would call f.', false, 'a text where a tool call is expected'],
        ['It is booked.', 'f {"x":1}', false, 'a tool call where a text is expected'],
        ['It is booked.', 'It is booked. ', true, 'the LLM’s last turn is a text, compared as one'],
        ['It is booked.', 'Your seat is booked.', null, 'texts that differ are for a judge'],
        ['Total 42', 'Total 42.0', null, 'a text, although it looks nearly like a call'],
      ),
    ],
  },
  {
    title: 'Labels',
    pairs: plain(
      'label',
      'labels refund, late, {"a": 1}, café',
      LABELS,
      ['refund', 'refund', true, 'the same label'],
      ['refund', ' Refund.\n', true, 'spells one label of the task, and is served as that label'],
      ['refund', '**refund**', true, 'spells one label of the task, and is served as that label'],
      ['refund', 'late', false, 'another label'],
      ['refund', '_refund', false, 'underscores are parts of names'],
      ['lost', 'Lost', false, 'not among the labels: case counts'],
      ['{"a": 1}', '{"a":1}', true, 'JSON as a label, written anew'],
      ['{"a": 1}', '{"a":2}', false, 'another value'],
      ['caf\u00e9', 'cafe\u0301', true, 'two Unicode forms of one text'],
      ['refund', '', false, 'no answer'],
    ),
  },
  {
    title: 'Free text',
    pairs: plain(
      'text',
      '',
      {},
      ['Good day.', ' Good day.\n', true, 'white space around a text'],
      ['caf\u00e9', 'cafe\u0301', true, 'two Unicode forms of one text'],
      ['Good day.', 'Good  day.', null, 'texts that differ are for a judge'],
      ['Good day.', 'Hello.', null, 'texts that differ are for a judge'],
      ['Good day.', '', false, 'no answer'],
      ['Good\nday.', 'Good\r\nday.', true, 'line endings'],
      [
        'Action: find\nAction Input: {"a":1,"b":2}',
        'Action: find\nAction Input: { "b": 2, "a": 1 }',
        true,
        'a tool call written as text',
      ],
      [
        'Thought: so.\nAction: find\nAction Input: {"a":1}',
        'Thought: no.\nAction: find\nAction Input: {"a":1}',
        null,
        'the thought is read again at the next turn',
      ],
      [
        '<tool_call>{"a":1}</tool_call>',
        '<tool_call>\n{"a": 1}\n</tool_call>',
        true,
        'JSON alone within a tag',
      ],
      ['```json\n{"a":1}\n```', '```json\n{"a": 1}\n```', true, 'JSON in its fence'],
      ['```json\n{"a":1}\n```', '{"a":1}', null, 'whoever reads it may look for the fence'],
      ['```python\na=1\n```', '```python\na = 1\n```', null, 'code is text'],
    ),
  },
  {
    title: 'Answers of several kinds',
    pairs: plain(
      'mixed',
      '',
      {},
      ['f {"x":1}', 'f {"x":1.0}', true, 'tool calls are compared as such'],
      ['f {"x":1}', 'I would call f.', false, 'a text where a tool call is expected'],
      ['It is done.', 'f {"x":1}', false, 'a tool call where a text is expected'],
      ['It is done.', 'It is done. ', true, 'texts are compared as such'],
      ['{"a":1}', '{ "a": 1 }', true, 'JSON that is all of a text'],
    ),
  },
  {
    title: 'Policies',
    pairs: [
      ...policy(
        'f.note',
        'ignore',
        'tool',
        ['f {"x":1,"note":"a"}', 'f {"x":1,"note":"b"}', true, 'the policy ignores it'],
        ['f {"x":1,"note":"a"}', 'f {"x":1}', true, 'the policy ignores it'],
        ['f {"x":1,"note":"a"}', 'f {"x":2,"note":"a"}', false, 'another field'],
        ['g {"note":"a"}', 'g {"note":"b"}', false, 'another tool'],
      ),
      ...policy(
        'f.city',
        'case-insensitive',
        'tool',
        ['f {"city":"New York"}', 'f {"city":"NEW YORK"}', true, 'the policy says so'],
        ['f {"city":"New York"}', 'f {"city":"New-York"}', false, 'punctuation counts'],
      ),
      ...policy(
        'answer.tags',
        'set',
        'json',
        ['{"tags":["a","b"]}', '{"tags":["b","a","b"]}', true, 'neither order nor repeats matter'],
        ['{"tags":["a","b"]}', '{"tags":["a"]}', false, 'one is missing'],
      ),
      ...policy(
        'answer.lines[].sum',
        { absolute: 0.01 },
        'json',
        ['{"lines":[{"sum":1.1}]}', '{"lines":[{"sum":1.11}]}', true, 'within the tolerance'],
        ['{"lines":[{"sum":1.1}]}', '{"lines":[{"sum":1.12}]}', false, 'beyond the tolerance'],
      ),
      ...policy(
        'answer.size',
        { relative: 0.01 },
        'json',
        ['{"size":1000}', '{"size":1010}', true, 'within 1 % of the larger'],
        ['{"size":1000}', '{"size":1011}', false, 'beyond 1 % of the larger'],
      ),
      ...policy(
        'answer.summary',
        'text',
        'json',
        ['{"summary":"Late."}', '{"summary":"It is late."}', null, 'undecided, which counts as wrong'],
        ['{"summary":"Late."}', '{"summary":5}', false, 'not a text'],
      ),
      ...policy('f.patch', 'exact', 'tool', [
        'f {"patch":" x"}',
        'f {"patch":"x"}',
        false,
        'white space counts, too',
      ]),
      ...policy(
        'f',
        'set',
        'tool',
        ['f {"x":1}\nf {"x":2}', 'f {"x":2}\nf {"x":1}', true, 'its calls have no order'],
        ['f {"x":1}\nf {"x":2}', 'f {"x":1}\nf {"x":1}', false, 'but each counts'],
        ['f {"x":1}\ng {}\nh {}', 'g {}\nh {}\nf {"x":1}', true, 'the others keep theirs'],
        ['f {"x":1}\ng {}\nh {}', 'h {}\ng {}\nf {"x":1}', false, 'the others keep theirs'],
      ),
      ...policy('*.id', 'ignore', 'tool', ['f {"id":1}', 'f {"id":2}', true, 'in every tool']),
    ],
  },
];
