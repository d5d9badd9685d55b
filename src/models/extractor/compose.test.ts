/** What is aligned composes back to the same answer, whatever the answers look like. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type OutputKind, parseAnswer } from '../../core/answer.ts';
import { canonicalJson, type Json, type JsonObject } from '../../core/json.ts';
import type { UnitReading } from '../../core/runtime.ts';
import { composeAnswer } from './compose.ts';
import { beginOf, type Extraction, groupsOf, insideOf, tagCount } from './groups.ts';
import { type Lesson, learnTargets, type Target } from './targets.ts';
import { unitsOf } from './units.ts';

/** A model that says what the target says, with certainty. */
function readingOf(extraction: Extraction, target: Target): UnitReading {
  const groups = groupsOf(extraction);
  const last = groups.at(-1);
  const options = new Float32Array(last === undefined ? 0 : last.offset + last.options.length);
  for (const { field, options: names, offset } of groups) {
    const said = field === null ? target.form : (target.options.get(field) ?? names[0]!);
    const place = names.indexOf(said);
    options[offset + (place < 0 ? names.indexOf('') : place)] = 1;
  }
  const count = tagCount(extraction.plan);
  const units = unitsOf(target.input).starts.length;
  const tags = new Float32Array(units * count);
  for (let unit = 0; unit < units; unit++) {
    const span = target.spans.find(({ start, end }) => start <= unit && unit < end);
    const tag = span === undefined ? 0 : span.start === unit ? beginOf(span.tag) : insideOf(span.tag);
    tags[unit * count + tag] = 1;
  }
  return { options, tags, familiarity: 1 };
}

const exact = (kind: OutputKind, text: string): string =>
  canonicalJson(parseAnswer(kind, text) as unknown as Json);

const isWhole = ({ form, lost }: Target, { forms }: Lesson): boolean =>
  lost.length === 0 && forms.includes(form) && form !== '';

/** Composes every example that is learnt whole; returns how many those are. */
function composesBack(
  kind: OutputKind,
  examples: readonly { readonly input: string; readonly answer: string }[],
): number {
  const lesson = learnTargets(kind, examples);
  let whole = 0;
  lesson.targets.forEach((target, i) => {
    if (!isWhole(target, lesson)) return;
    whole++;
    const { answer, signals } = composeAnswer(kind, lesson, unitsOf(target.input), readingOf(lesson, target));
    assert.equal(exact(kind, answer), exact(kind, examples[i]!.answer));
    for (const value of Object.values(signals)) assert.equal(value, 1);
  });
  return whole;
}

const json = (input: string, value: Json): { input: string; answer: string } => ({
  input,
  answer: JSON.stringify(value),
});

const word = fc.constantFrom(
  'Paris',
  'lisbon',
  'New York',
  'AB-12',
  '42',
  'x',
  'the',
  'two',
  '7:30 pm',
  'Ünal',
);

/** Answers of a few shapes over words that may or may not stand in the input. */
const answers: fc.Arbitrary<JsonObject> = fc.record(
  {
    intent: fc.constantFrom('book', 'cancel'),
    city: word,
    cities: fc.array(word, { maxLength: 3 }),
    count: fc.oneof(fc.constantFrom(2, 42, 3.5), fc.constant(null)),
    urgent: fc.boolean(),
    who: fc.record({ name: word, age: fc.nat(9) }, { requiredKeys: [] }),
    items: fc.array(fc.record({ name: word, size: fc.constantFrom('s', 'l') }), { maxLength: 2 }),
  },
  { requiredKeys: ['intent'] },
) as fc.Arbitrary<JsonObject>;

const textOf = (value: Json): string =>
  typeof value === 'object' && value !== null
    ? Object.values(value).map(textOf).join(' and ')
    : String(value);

describe('composeAnswer', () => {
  it('gives back every answer that was aligned whole', () => {
    const example = fc
      .tuple(answers, fc.array(word, { maxLength: 4 }))
      .map(([value, more]) => json(`${more.join(' ')} ${textOf(value)}`, value));
    let whole = 0;
    fc.assert(
      fc.property(fc.array(example, { minLength: 6, maxLength: 30 }), (examples) => {
        whole += composesBack('json', examples);
        whole += composesBack(
          'tool',
          examples.map(({ input, answer }) => ({ input, answer: `find ${answer}` })),
        );
      }),
      { numRuns: 60 },
    );
    assert.ok(whole > 500, `${whole} were whole`);
  });

  it('keeps several values in the order of the input, and what has none as the examples have it', () => {
    const names = ['ann', 'bob', 'cyd', 'dee', 'eve', 'fay'];
    const examples = names.map((name, i) =>
      json(`write to ${name} and ${names[(i + 1) % 6]} now`, { to: [name, names[(i + 1) % 6]!], when: null }),
    );
    const none = ['write now', 'write later', 'stop'].map((input) => json(input, { to: [], when: null }));
    assert.equal(composesBack('json', [...examples, ...none]), 9);
  });

  it('learns in which case values are written, and numbers from words', () => {
    const examples = ['one', 'two', 'Three', 'twenty-one', '12', '1,300'].map((written, i) =>
      json(`send ${written} to kim${i} please`, { amount: [1, 2, 3, 21, 12, 1300][i]!, to: `KIM${i}` }),
    );
    const { plan } = learnTargets('json', examples);
    assert.deepEqual(
      plan.fields.map(({ path, edits }) => [path.at(-1), edits]),
      [
        ['amount', ['number']],
        ['to', ['upper']],
      ],
    );
    assert.equal(composesBack('json', examples), 6);
  });

  it('keeps the calls of several tools, and of one tool several times, apart', () => {
    const examples = ['rome', 'oslo', 'bonn', 'nice', 'bern'].flatMap((city, i) => [
      { input: `weather in ${city}`, answer: `weather {"city":"${city}"}` },
      { input: `time and weather in ${city}`, answer: `time {}\nweather {"city":"${city}"}` },
      {
        input: `weather in ${city} and in ${['rome', 'oslo'][i % 2]}`,
        answer: `weather {"city":"${city}"}\nweather {"city":"${['rome', 'oslo'][i % 2]}"}`,
      },
    ]);
    assert.ok(composesBack('tool', examples) >= 13);
  });

  it('learns nothing from numbers that no double holds, nor from values that stand before all that is read', () => {
    const long = [1, 2, 3, 4].map((i) => ({ input: `id ${i}`, answer: `{"id":900719925474099${i}1}` }));
    assert.ok(learnTargets('json', long).targets.every(({ form }) => form === ''));
    const far = ['ann', 'bob', 'cyd'].map((name) => json(`${name} ${'and so on '.repeat(900)}`, { name }));
    const near = ['dee', 'eve', 'fay', 'gil', 'hal'].map((name) => json(`for ${name}`, { name }));
    assert.equal(composesBack('json', [...far, ...near]), near.length);
  });

  it('gives no answer where the most probable form or option is a rare one', () => {
    const examples = [1, 2, 3, 4, 5, 6].map((i) => json(`go to ${i}`, { kind: i < 5 ? 'go' : `k${i}` }));
    const lesson = learnTargets('json', examples);
    const { answer, signals } = composeAnswer(
      'json',
      lesson,
      unitsOf(lesson.targets[5]!.input),
      readingOf(lesson, lesson.targets[5]!),
    );
    assert.equal(answer, '');
    for (const value of Object.values(signals)) assert.equal(value, 0);
  });

  it('counts what it holds to be absent as a decision that may be wrong, as what it copies', () => {
    const named = ['ann', 'bob', 'cyd', 'dee'].map((name) => json(`for ${name} now`, { name }));
    const nobody = ['one', 'two', 'six'].map((day) => json(`on ${day} please`, { name: null }));
    const lesson = learnTargets('json', [...named, ...nobody]);
    const units = unitsOf('for kim now');
    const count = tagCount(lesson.plan);
    const tags = new Float32Array(units.starts.length * count);
    for (let unit = 0; unit < units.starts.length; unit++) tags[unit * count] = 1;
    const probability = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(probability, probability, probability, (there, value, presence) => {
        const { answer, signals } = composeAnswer('json', lesson, units, {
          options: new Float32Array(),
          tags,
          familiarity: 1,
          values: [{ start: 1, end: 2, probability: value, presence, others: [] }],
          copied: Float32Array.of(there),
        });
        const isThere = Math.fround(there) >= 0.5;
        assert.equal(answer, JSON.stringify({ name: isThere ? 'kim' : null }));
        const decided = Math.max(there, 1 - there);
        assert.ok(Math.abs(signals.choice! - decided) < 1e-6);
        assert.ok(Math.abs(signals.probability! - decided * (isThere ? value : 1)) < 1e-6);
        // Nothing that is copied is no sure thing: it must not speak for the answer.
        assert.equal(signals.presence, isThere ? presence : signals.choice);
        assert.equal(signals.value, isThere ? value : signals.choice);
      }),
    );
  });

  it('gives no two fields the same words: the surer one keeps them, the other has the next best value', () => {
    const examples = ['two', 'three', 'four', 'five', 'six'].map((many, i) =>
      json(`send ${many} lamp${'s'.repeat(i)} please`, { count: i + 2, thing: `lamp${'s'.repeat(i)}` }),
    );
    const lesson = learnTargets('json', examples);
    const units = unitsOf('send four kettles please');
    const count = tagCount(lesson.plan);
    const [ofCount, ofThing] = lesson.plan.fields.map(({ tag }) => tag!);
    const values = [];
    const presence = 0.9;
    values[ofCount!] = { start: 1, end: 2, probability: 0.95, presence, others: [] };
    values[ofThing!] = {
      start: 1,
      end: 3,
      probability: 0.54,
      presence,
      others: [{ start: 2, end: 3, probability: 0.45 }],
    };
    const { answer, signals } = composeAnswer('json', lesson, units, {
      options: new Float32Array(),
      familiarity: 1,
      values,
      copied: Float32Array.of(1, 1),
      tags: new Float32Array(units.starts.length * count).fill(1),
    });
    assert.equal(answer, '{"count":4,"thing":"kettles"}');
    assert.ok(Math.abs(signals.value! - 0.95) < 1e-6);
  });
});
