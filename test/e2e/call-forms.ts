/**
 * Made-up calls of a garden club's mail sorter, in the forms that providers and callers give to calls: each form is a
 * call site of its own, answered by the same simple truth. For call-forms.test.ts.
 */
import type { JsonObject } from '../../src/core/json.ts';
import { seededRandom } from '../../src/core/random.ts';

const TOPICS = ['planting', 'watering', 'pests', 'dues'] as const;
type Topic = (typeof TOPICS)[number];
const PHRASES: Readonly<Record<Topic, readonly string[]>> = {
  planting: ['when to sow', 'plant the bulbs', 'seedlings in trays'],
  watering: ['how much water', 'the hose leaks', 'dry beds'],
  pests: ['snails ate', 'aphids on', 'holes in leaves'],
  dues: ['membership fee', 'paid twice', 'send the invoice'],
};
const FILLER =
  'shed spade rake barrow bench gate path stone moss clay basket twine ladder glove boot cart fence pond reed willow'.split(
    ' ',
  );
const SETTLED = 'never mind';

export interface FormCall {
  readonly request: JsonObject;
  /** An OpenAI choice. */
  readonly choice: JsonObject;
  /** What the caller makes of the choice. */
  readonly meaning: string;
}

export interface Form {
  readonly name: string;
  /** How many times as many calls as other forms it takes to be learnt. Default: 1. */
  readonly hardness?: number;
  /** Call number `i`, the same each time. */
  call(i: number): FormCall;
}

function mail(seed: number): { readonly text: string; readonly topic: Topic; readonly isSettled: boolean } {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
  const fill = (n: number): string => Array.from({ length: n }, () => pick(FILLER)).join(' ');
  const topic = pick(TOPICS);
  const isSettled = random.next() < 0.33;
  const text = `${fill(5)} ${pick(PHRASES[topic])} ${fill(6)}${isSettled ? ` ${SETTLED}` : ''}`;
  return { text, topic, isSettled };
}

const said = (content: string | null, finish = 'stop'): JsonObject => ({
  index: 0,
  message: { role: 'assistant', content },
  finish_reason: finish,
});

const asked = (system: string, user: string, more: JsonObject = {}): JsonObject => ({
  model: 'made-up-1',
  messages: [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ],
  ...more,
});

const SPELLINGS: readonly ((label: string) => string)[] = [
  (label) => label,
  (label) => label,
  (label) => label,
  (label) => `${label[0]!.toUpperCase()}${label.slice(1)}`,
  (label) => `**${label}**`,
  (label) => `${label}.`,
  (label) => `"${label}"`,
  (label) => `\n${label} `,
];

/** In the dialect of 2020-12, with definitions, a tuple and a pattern that the flag `u` does not allow. */
const schema2020 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { topic: { type: 'string', enum: [...TOPICS], pattern: '^[a-z\\_\\-]+$' } },
  properties: {
    topic: { $ref: '#/$defs/topic' },
    place: { type: 'array', prefixItems: [{ const: 'garden' }], items: false },
  },
  required: ['topic', 'place'],
  additionalProperties: false,
};

const formatOf = (schema: JsonObject, name: string): JsonObject => ({
  response_format: { type: 'json_schema', json_schema: { name, strict: true, schema } },
});

/** Each with a prompt of its own, so that all can be learnt from one store. */
export const FORMS: readonly Form[] = [
  {
    name: 'tool calls without arguments',
    call: (i) => {
      const { text, topic } = mail(i);
      const tools = TOPICS.map((name) => ({
        type: 'function',
        function: { name: `file_${name}`, parameters: { type: 'object', properties: {} } },
      }));
      const call = (args: JsonObject) => ({ id: `c${i}`, type: 'function', function: args });
      const args = { name: `file_${topic}`, arguments: i % 2 === 0 ? '' : null };
      const message = { role: 'assistant', content: null, tool_calls: [call(args)] };
      return {
        request: asked('Take the drawer of the garden club into which the mail belongs.', text, { tools }),
        choice: { index: 0, message, finish_reason: 'tool_calls' },
        meaning: `file_${topic}`,
      };
    },
  },
  {
    name: 'arguments that are no JSON for some mails, which are nobody’s to answer but the LLM’s',
    // A third of its calls may not be served, and telling which takes most of what is learnt.
    hardness: 2.5,
    call: (i) => {
      const { text, topic, isSettled } = mail(i);
      const tools = TOPICS.map((name) => ({
        type: 'function',
        function: { name: `call_${name}`, parameters: {} },
      }));
      const used = { name: `call_${topic}`, arguments: isSettled ? '{"to":' : '{}' };
      const call = { id: `c${i}`, type: 'function', function: used };
      return {
        request: asked('Call whom the mail to the garden club is for.', text, { tools }),
        choice: {
          index: 0,
          message: { role: 'assistant', content: null, tool_calls: [call] },
          finish_reason: 'tool_calls',
        },
        meaning: isSettled ? 'none' : used.name,
      };
    },
  },
  {
    name: 'a schema of draft 2020-12',
    call: (i) => {
      const { text, topic } = mail(i);
      const answer = JSON.stringify({ topic, place: ['garden'] });
      return {
        request: asked(
          'Give the topic of this mail to the garden club as JSON.',
          text,
          formatOf(schema2020, 'mail'),
        ),
        choice: said(answer),
        meaning: answer,
      };
    },
  },
  {
    name: 'choices and names that each request makes anew',
    call: (i) => {
      const { text, topic } = mail(i);
      const others = TOPICS.filter((each) => each !== topic && (i + each.length) % 3 !== 0);
      const choices = [topic, ...others, `desk ${i}`].sort();
      const schema = {
        type: 'object',
        properties: { desk: { type: 'string', enum: choices, description: `One of ${choices.length}` } },
        required: ['desk'],
      };
      const answer = JSON.stringify({ desk: topic });
      return {
        request: asked(
          'Which desk of the club house is open for this mail?',
          text,
          formatOf(schema, `open_${i}`),
        ),
        choice: said(answer),
        meaning: answer,
      };
    },
  },
  {
    name: 'token biases',
    call: (i) => {
      const { text, topic } = mail(i);
      const params = { logit_bias: { '11': 50, '12': 50 } };
      return {
        request: asked('Sort the letters of the garden club under one heading each.', text, params),
        choice: said(topic),
        meaning: topic,
      };
    },
  },
  {
    name: 'one token, which cuts each answer',
    call: (i) => {
      const { text, topic } = mail(i);
      const label = topic === 'planting' ? 'plant' : topic;
      return {
        request: asked('One word for the postman of the garden club: what is it about?', text, {
          max_tokens: 1,
        }),
        choice: said(label, 'length'),
        meaning: label,
      };
    },
  },
  {
    name: 'empty answers',
    call: (i) => {
      const { text, topic, isSettled } = mail(i);
      const label = isSettled ? '' : topic;
      return {
        request: asked(
          'Name what is still open in the mail to the club, and nothing if it is settled.',
          text,
        ),
        choice: said(label),
        meaning: label,
      };
    },
  },
  {
    name: 'spellings of one label',
    call: (i) => {
      const { text, topic } = mail(i);
      const spell = SPELLINGS[Math.floor(seededRandom(i + 7_000).next() * SPELLINGS.length)]!;
      return {
        request: asked(
          'Label the notes on the board of the garden club: planting, watering, pests, dues.',
          text,
        ),
        choice: said(spell(topic)),
        meaning: topic,
      };
    },
  },
  {
    name: 'reasoning in tags',
    call: (i) => {
      const { text, topic } = mail(i);
      const thought = `<think>\nThe note has ${text.length} letters, ${text.slice(i % 20, 30)}.\n</think>\n\n${topic}`;
      return {
        request: asked('Think about the note to the gardeners, then say its heading.', text),
        choice: said(thought),
        meaning: topic,
      };
    },
  },
];
