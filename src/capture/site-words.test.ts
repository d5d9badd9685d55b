import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../core/call.ts';
import type { Entity } from '../core/entity.ts';
import { compilePolicy, type RedactContext, redactEntities } from './redact/redact.ts';
import { secondOf } from './second-reading.ts';
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

describe('a site of many values that share a name', () => {
  /** Of letters alone. */
  const wordOf = (no: number): string =>
    `thing${[...no.toString(10)].map((digit) => 'abcdefghij'[Number(digit)]).join('')}`;
  const goods = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => `Linnea ${wordOf(i)} cover`);

  it('has it as one place, whose surrogates are made once', () => {
    const made = (count: number): number => {
      let replaced = 0;
      const counting = { ...context, onReplace: () => void replaced++ };
      const places = placeFinder(placesOf(goods(count)))(['linnea']);
      const restore = restorer(places, counting);
      const text = `the Linnea ${wordOf(count - 1)} is torn, Linnea says`;
      const taken = asPerson(text, 'Linnea').replace('Linnea says', asPerson('Linnea says', 'Linnea'));
      assert.equal(restore(taken), taken.replace(/the \w+/, 'the Linnea'));
      return replaced;
    };
    assert.equal(made(2_000), made(2));
  });

  it('has each of its texts looked up with the others of its message, once', () => {
    const find = placeFinder(placesOf(['Halden oak stool', ...goods(50)]));
    const looks = (texts: number): number => {
      let count = 0;
      const content = 'my Halden oak stool broke';
      const toolCalls = Array.from({ length: texts }, (_, i) => ({
        id: `${i}`,
        name: 'ask',
        arguments: JSON.stringify({ about: content }),
      }));
      const entities = [content, ...toolCalls.map((call) => call.arguments)].map((text): Entity[] => {
        const start = text.indexOf('Halden');
        return [{ kind: 'person', start, end: start + 'Halden'.length }];
      });
      const message: Message = { role: 'assistant', content, toolCalls };
      const second = secondOf(
        { message, entities, originals: [] },
        [],
        {
          keep: new Set(),
          from: (taken) => {
            count += taken.length;
            return find(taken);
          },
        },
        context,
      );
      assert.deepEqual(second.message, message);
      return count;
    };
    assert.equal(looks(1), 2);
    assert.equal(looks(200), 201);
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
  const found = (...taken: string[]) => find(taken).map(({ taken: word }) => word);

  it('finds what was taken alone, however many words a site has', () => {
    assert.deepEqual(found('2x Halden'), ['Halden', 'halden']);
    assert.deepEqual(found('Anna Meyer'), []);
    assert.ok(found('oak').length <= 2);
  });

  it('finds a first name beside each form of the word of its value', () => {
    const places = find(['linnea']).filter(({ taken }) => taken === 'linnea');
    assert.deepEqual(
      places.map(({ isAnywhere, before, after }) => [isAnywhere, [...before.words], [...after.words]]),
      [[false, [], ['duvet', 'duvets']]],
    );
  });

  it('finds a word that two takers had between them', () => {
    const both = find(['duvet covers', 'linnea']);
    assert.ok(both.some(({ taken }) => taken === 'Linnea duvet'));
  });
});
