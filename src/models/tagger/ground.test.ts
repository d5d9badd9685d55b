import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unitsOf } from '../extractor/units.ts';
import { groundOf, wholesTold } from './ground.ts';

const RESULT =
  'tool: [{"name":"Harbour View Inn","city":"Norvik"},{"name":"The Old Mill","city":"Norvik"},{"name":"Mill Lane House","city":"Norvik"}]';
const talk = (said: string): string =>
  `user: a room in Norvik\nassistant: find {"city":"Norvik"}\n${RESULT}\n${said}`;

/** By value, what is told of the names of the result. */
function toldOf(said: string): ReadonlyMap<string, readonly string[]> {
  const ground = groundOf(unitsOf(talk(said)));
  const { units, wholes } = ground;
  const textOf = (start: number, end: number): string =>
    units.text.slice(units.starts[start], units.ends[end - 1]);
  const named = wholes.filter(({ start, end }) => textOf(start, end) !== 'Norvik');
  return new Map(
    [...wholesTold(ground, named)].map(([start, { end, features }]) => [textOf(start, end), features]),
  );
}

const isBest = (features: readonly string[] | undefined): boolean =>
  features?.some((feature) => / best of \d$/.test(feature)) === true;

describe('groundOf', () => {
  it('finds the values of a tool’s result, each as a whole, with its key', () => {
    const { units, wholes } = groundOf(unitsOf(talk('user: thanks')));
    const values = wholes.map(({ start, end }) => units.text.slice(units.starts[start], units.ends[end - 1]));
    assert.deepEqual(values, [
      'Norvik',
      'Harbour View Inn',
      'Norvik',
      'The Old Mill',
      'Norvik',
      'Mill Lane House',
      'Norvik',
    ]);
    const keys = wholes.map(({ key }) => key);
    assert.equal(new Set(keys).size, 2);
    assert.equal(keys[1], keys[3]);
  });
});

describe('wholesTold', () => {
  it('tells the value that was spoken of afterwards from its siblings, by part of its name', () => {
    const told = toldOf('assistant: I have three.\nuser: the harbour one');
    assert.equal(isBest(told.get('Harbour View Inn')), true);
    assert.equal(isBest(told.get('The Old Mill')), false);
  });

  it('takes the one of which more was said, where a word fits two', () => {
    const told = toldOf('assistant: There is mill lane house.\nuser: yes');
    assert.equal(isBest(told.get('Mill Lane House')), true);
    assert.equal(isBest(told.get('The Old Mill')), false);
  });

  it('prefers none where nobody spoke of any', () => {
    const told = toldOf('assistant: I have three.\nuser: which are they?');
    for (const features of told.values()) assert.equal(isBest(features), false);
  });
});
