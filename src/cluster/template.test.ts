import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchTemplate } from '../callsite/variable-part.ts';
import { seededRandom } from '../core/random.ts';
import { align, GAP, vocabulary } from './align.ts';
import { SYSTEM_RULE, type Text, USER_RULE } from './group.ts';
import { isFree, mineMany, mineOne } from './template.ts';

const policy =
  'You answer the mail of a shop for garden tools. Be brief, be kind, never promise a refund, and sign with the name of the shop.';
const nouns = 'spade rake hose fork seed pot lamp glove bucket ladder saw twine boot shed barrow'.split(' ');
const random = seededRandom(7);
const passage = (words: number) => Array.from({ length: words }, () => random.pick(nouns)).join(' ');
const once = (texts: readonly string[]): Text[] => texts.map((text) => ({ text, sessions: 1, at: null }));
const often = (texts: readonly string[]): Text[] => texts.map((text) => ({ text, sessions: 40, at: null }));
const days = Array.from({ length: 40 }, (_, i) => i);

test('tokens joined are the text, and numbers with their signs are whole', () => {
  const words = vocabulary();
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      assert.equal(words.decode(words.encode(text)), text);
    }),
  );
  const tokens = words.encode('on 2024-05-15 at 10:30').map((id) => words.decode([id]));
  assert.deepEqual(tokens, ['on', ' 2024-05-15', ' at', ' 10:30']);
});

test('what two sequences have in common is in both, in order', () => {
  const sequence = fc.array(fc.nat(5), { maxLength: 30 });
  const within = (part: readonly number[], whole: readonly number[]) => {
    let at = 0;
    for (const id of part) {
      at = whole.indexOf(id, at) + 1;
      if (at === 0) return false;
    }
    return true;
  };
  fc.assert(
    fc.property(sequence, sequence, (a, b) => {
      const common = align(a, b).filter((id) => id !== GAP);
      assert.ok(within(common, a) && within(common, b));
      assert.deepEqual(align(a, a), a);
    }),
  );
});

test('one template: a date, a name, a retrieved passage and examples become slots', () => {
  const prompts = {
    date: days.map((i) => `${policy}\nIt is day ${i} of the season.\nUse English.`),
    name: days.map(
      (i) => `${policy} The customer is ${nouns[i % 15]}-${nouns[(i * 7) % 15]} Smith. Use English.`,
    ),
    passage: days.map(() => `${policy}\n\nUse this text:\n${passage(120)}\n\nAnswer from the text alone.`),
    examples: days.map(
      () =>
        `${policy}\nExample: ${passage(20)} -> ${passage(3)}\nExample: ${passage(30)} -> ${passage(2)}\nEnd.`,
    ),
  };
  for (const [what, texts] of Object.entries(prompts)) {
    const templates = mineMany(once(texts), SYSTEM_RULE);
    assert.equal(templates.length, 1, what);
    assert.ok(templates[0]!.pieces[0]!.startsWith(policy), what);
    for (const text of texts) assert.ok(matchTemplate(templates[0]!, text), what);
  }
});

test('prompts of other jobs stay apart, with a shared preamble too', () => {
  const jobs = [
    `${policy}\nSort the mail: answer with one of the labels order, refund, other.`,
    `${policy}\nFind the order number and the article in the mail and write them as JSON.`,
    `${policy}\nWrite a reply to the mail in the language of the customer, five sentences at most.`,
  ];
  assert.equal(mineMany(often(jobs), SYSTEM_RULE).length, 3);
  const varied = jobs.flatMap((job) => days.map((i) => `${job}\nThe customer is ${nouns[i % 15]} ${i}.`));
  assert.equal(mineMany(once(varied), SYSTEM_RULE).length, 3);
});

test('today’s date is a slot even if there is one only; a date in an example is not', () => {
  const one = `The current time is 2024-05-15 15:00:00 EST. ${policy} Example: 2023-01-01 is a Sunday.`;
  const [template] = mineMany(often([one]), SYSTEM_RULE);
  assert.ok(matchTemplate(template!, one.replace('2024-05-15 15:00:00', '2025-11-02 08:12:45')));
  assert.equal(matchTemplate(template!, one.replace('2023-01-01', '2023-01-08')), null);
  const [words] = mineMany(often([`Today is Monday, 23 November 2026, morning. ${policy}`]), SYSTEM_RULE);
  assert.ok(matchTemplate(words!, `Today is Friday, 4 December 2026, morning. ${policy}`));
});

test('an address is a slot, since redaction changes it in what is stored', () => {
  const one = `${policy} Questions go to help@willow.example or +31 10 123 4567, never to 10.0.0.1. Sign nothing.`;
  const [template] = mineMany(often([one]), SYSTEM_RULE);
  const changed = one
    .replace('help@willow', 'q.x@other')
    .replace('123 4567', '765 4321')
    .replace('10.0.0.1', '10.9.8.7');
  assert.ok(matchTemplate(template!, changed));
});

test('a word that stands between slots by chance is no constant', () => {
  const texts = days.map(
    () => `Subject: ${passage(2)} the ${passage(3)}\n\nBody of the mail: ${passage(9)} and so`,
  );
  const { pieces } = mineOne(once(texts));
  assert.deepEqual(pieces, ['Subject:', '\n\nBody of the mail:', '']);
});

test('free texts stay free, and so do few', () => {
  assert.ok(isFree(mineOne(once(days.map(() => passage(8))))));
  assert.ok(isFree(mineOne(once(['same words here and there', 'same words here and then']))));
  assert.deepEqual(mineMany(once(days.map(() => passage(8))), USER_RULE), []);
});

test('boilerplate in user messages is found among free messages', () => {
  const ask = (text: string) =>
    `Is there any sentence above that has to do with the following one: ${text}. If there is, return TRUE, otherwise return FALSE, brief and clear.`;
  const texts = days.flatMap(() => [ask(passage(6)), passage(12)]);
  const templates = mineMany(once(texts), USER_RULE);
  assert.equal(templates.length, 1);
  assert.ok(matchTemplate(templates[0]!, ask('something never seen')));
  assert.equal(matchTemplate(templates[0]!, passage(12)), null);
});

test('every template matches the texts it was made from', () => {
  const slot = fc
    .array(fc.constantFrom(...nouns, 'the', 'a', ':', '\n'), { maxLength: 6 })
    .map((w) => w.join(' '));
  fc.assert(
    fc.property(fc.array(slot, { minLength: 1, maxLength: 40 }), (slots) => {
      const texts = [...new Set(slots)].map((each) => `${policy}\n${each}\nEnd of the instructions given.`);
      const template = mineOne(once(texts));
      for (const text of texts) assert.ok(matchTemplate(template, text));
    }),
    { numRuns: 30 },
  );
});
