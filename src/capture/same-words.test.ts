import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Entity } from '../core/entity.ts';
import { agreeing, type TakenWord } from './same-words.ts';

const person = (start: number, end: number): Entity => ({ kind: 'person', start, end });
const never = (): boolean => false;
const words = (text: string, entities: readonly Entity[]): string[] =>
  entities.map(({ start, end }) => text.slice(start, end));

test('a word that the messages keep is kept, one that they replace is replaced', () => {
  const text = '{"product":"Halden stool","by":"Varde"}';
  const halden = person(text.indexOf('Halden'), text.indexOf('Halden') + 6);
  const taken: TakenWord[] = [{ text: 'Varde', kind: 'person' }];
  const said = 'my Halden stool from Varde broke';
  assert.deepEqual(
    words(
      text,
      agreeing(text, [halden], () => said, taken, never),
    ),
    ['Varde'],
  );
});

test('a name that nobody said, and one that is replaced in the messages as a name of the call, stay replaced', () => {
  const text = 'Anna and Berta';
  const both = [person(0, 4), person(9, 14)];
  assert.deepEqual(
    agreeing(text, both, () => 'hello', [], never),
    both,
  );
  assert.deepEqual(
    agreeing(
      text,
      both,
      () => 'Anna',
      [],
      (word) => word === 'Anna',
    ),
    both,
  );
  assert.deepEqual(
    words(
      text,
      agreeing(text, both, () => 'Anna', [], never),
    ),
    ['Berta'],
  );
});

test('parts of longer words are left alone, and entities never overlap', () => {
  const taken: TakenWord[] = [
    { text: 'Ann', kind: 'person' },
    { text: 'Ann Lee', kind: 'person' },
  ];
  assert.deepEqual(
    words(
      'Anna, Ann',
      agreeing('Anna, Ann', [], () => '', taken, never),
    ),
    ['Ann'],
  );
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 30 });
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 5 }), (given, found) => {
      const entities = agreeing(
        given,
        [],
        () => '',
        found.map((each) => ({ text: each, kind: 'person' })),
        never,
      );
      for (const [i, { start, end }] of entities.entries()) {
        assert.ok(start < end && end <= given.length);
        assert.ok(i === 0 || entities[i - 1]!.end <= start);
      }
    }),
  );
});
