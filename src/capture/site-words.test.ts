import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compilePolicy, type RedactContext, redactEntities } from './redact/redact.ts';
import { placeFinder, placesOf, restorer, withTheirWords } from './site-words.ts';

const context: RedactContext = { key: new Uint8Array(32).fill(7), policy: compilePolicy({}) };

/** As a finder of people would have it: the word replaced wherever it stands. */
const asPerson = (text: string, word: string): string =>
  redactEntities(
    text,
    [{ kind: 'person', start: text.indexOf(word), end: text.indexOf(word) + word.length }],
    [],
    context,
  );

describe('restorer', () => {
  const restore = restorer(placesOf(['Halden oak stool', 'Linnea duvet cover', 'bread knife']), context);

  it('puts back a word that was taken for a person, whole or apart', () => {
    for (const text of ['my Halden oak stool broke', 'the stool (Halden) broke']) {
      const redacted = asPerson(text, 'Halden');
      assert.notEqual(redacted, text);
      assert.equal(restore(redacted), text);
    }
  });

  it('puts back a value in small letters, and one of several', () => {
    for (const [text, word] of [
      ['my 2 halden oak stools broke', 'halden'],
      ['my 2 halden oak stools broke', 'stools'],
      ['both bread knives are blunt', 'knives'],
      ['my linnea duvet cover is torn', 'linnea'],
      ['both Linnea duvet covers are torn', 'Linnea'],
      ['both Linnea duvet covers are torn', 'Linnea duvet'],
    ] as const) {
      const redacted = asPerson(text, word);
      assert.notEqual(redacted, text);
      assert.equal(restore(redacted), text);
    }
  });

  it('leaves what nobody took for anything', () => {
    const goods = [
      'cast iron pan',
      'moka pot',
      'wall clock',
      'oak stool',
      'fan heater',
      'bath towel',
      'toy chest',
    ];
    const text =
      'it is too big for my old den and the box was wet: can you say how to get a new one by the end of may?';
    for (let i = 0; i < 100; i++) {
      const key = new Uint8Array(32).fill(i);
      assert.equal(restorer(placesOf(goods), { ...context, key })(text), text);
    }
  });

  it('puts back a first name only where it stands in the word', () => {
    const word = 'the Linnea duvet cover is torn';
    assert.equal(restore(asPerson(word, 'Linnea')), word);
    const person = asPerson('regards, Linnea', 'Linnea');
    assert.equal(restore(person), person);
  });
});

describe('withTheirWords', () => {
  it('leaves out first names and short words', () => {
    assert.deepEqual(
      [...withTheirWords(['Linnea duvet cover', 'a to Halden'])],
      [
        'Linnea duvet cover',
        ...['duvet', 'duvets', 'cover', 'covers'],
        ...['a to Halden', 'Halden', 'halden'],
      ],
    );
  });
});

describe('the plurals of a site’s words', () => {
  const goods = [
    'apricot jam',
    'air mile',
    'barn door',
    'swiss franc',
    'bread knife',
    'wooden box',
    'tea party',
  ];

  it('are no people’s names', () => {
    const restore = restorer(placesOf(goods), context);
    const keep = withTheirWords(goods);
    for (const [text, name] of [
      ['best, james', 'james'],
      ['regards, tom barnes', 'barnes'],
      ['regards, frances', 'frances'],
    ] as const) {
      const redacted = asPerson(text, name);
      assert.notEqual(redacted, text);
      assert.equal(restore(redacted), redacted, 'stays replaced');
      assert.ok(!keep.has(name));
    }
  });

  it('are those of English', () => {
    const keep = withTheirWords(goods);
    for (const plural of ['jams', 'doors', 'knives', 'boxes', 'parties']) assert.ok(keep.has(plural), plural);
  });
});

describe('placeFinder', () => {
  const find = placeFinder(
    placesOf([
      'Halden oak stool',
      'Linnea duvet cover',
      ...Array.from({ length: 50 }, (_, i) => `oak thing${i}`),
    ]),
  );
  const found = (...taken: string[]) =>
    find(taken).map(({ before, taken: word, after }) => before + word + after);

  it('finds what was taken alone, however many words a site has', () => {
    assert.deepEqual(found('2x Halden'), ['Halden', 'halden']);
    assert.deepEqual(found('Anna Meyer'), []);
    assert.ok(found('oak').length <= 2);
  });

  it('finds a first name beside each form of the word of its value', () => {
    assert.deepEqual(
      found('linnea').filter((each) => each.startsWith('linnea')),
      ['linnea duvet', 'linnea duvets'],
    );
  });

  it('finds a word that two takers had between them', () => {
    const both = find(['duvet covers', 'linnea']);
    assert.ok(both.some(({ taken }) => taken === 'Linnea duvet'));
  });
});
