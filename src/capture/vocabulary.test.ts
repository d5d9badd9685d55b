import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Call } from '../core/call.ts';
import { compilePolicy, type RedactContext, redactEntities } from './redact/redact.ts';
import { restorer, vocabularyFinder, withTheirWords } from './vocabulary.ts';

const context: RedactContext = { key: new Uint8Array(32).fill(7), policy: compilePolicy({}) };

const call = (said: string, content: string): Call => ({
  id: said,
  at: 0,
  sessionId: said,
  origin: '',
  tags: {},
  status: 200,
  latencyMs: 1,
  request: {
    model: 'm',
    tools: [],
    params: {},
    stream: false,
    messages: [
      { role: 'system', content: 'Fill in the form.' },
      { role: 'user', content: said },
    ],
  },
  response: { model: 'm', message: { role: 'assistant', content }, finishReason: 'stop', usage: null },
  served: { by: 'llm', reason: 'no-specialist' },
});

/** The words found over calls, each said otherwise, with the answers that are given. */
function wordsOf(answers: readonly string[]): Set<string> {
  const finder = vocabularyFinder();
  return new Set(answers.flatMap((content, i) => finder.find('site', call(`mail ${i}`, content))));
}

/** As a finder of people would have it: the word replaced wherever it stands. */
const asPerson = (text: string, word: string): string =>
  redactEntities(
    text,
    [{ kind: 'person', start: text.indexOf(word), end: text.indexOf(word) + word.length }],
    [],
    context,
  );

describe('vocabularyFinder', () => {
  const articles = ['Halden oak stool', 'Tarn moka pot', 'Linnea duvet cover', 'Brisa fan heater'];
  it('finds the values of a field that takes few, and nothing of one that takes many', () => {
    const words = wordsOf(
      Array.from({ length: 200 }, (_, i) =>
        JSON.stringify({ article: articles[i % 4], customer: `Ms Wood${i}`, order: String(10_000 + i) }),
      ),
    );
    assert.deepEqual([...words].sort(), [...articles].sort());
  });

  it('takes no name of a person for a word, however often it comes', () => {
    const people = ['Anna Meyer', 'David van Dyk', 'Maria'];
    const words = wordsOf(Array.from({ length: 200 }, (_, i) => JSON.stringify({ clerk: people[i % 3] })));
    assert.deepEqual([...words], []);
  });
});

describe('restorer', () => {
  const restore = restorer(['Halden oak stool', 'Linnea duvet cover', 'bread knife'], context);

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
      assert.equal(restorer(goods, { ...context, key })(text), text);
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
        ...['duvet', 'duvets', 'duvetes', 'cover', 'covers', 'coveres'],
        ...['a to Halden', 'Halden', 'halden'],
      ],
    );
  });
});
