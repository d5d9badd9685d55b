import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ABSENT } from '../extractor/plan.ts';
import { MATCH_PLACES, matchFeatures } from './matches.ts';

const OPTIONS = [ABSENT, '"True"'];
const placesOf = (text: string, field: string): readonly number[][] =>
  matchFeatures(text, OPTIONS, ['find', field]).map((places) => [...places]);

describe('matchFeatures', () => {
  it('tells a value apart where the field itself is spoken of, by whom and when', () => {
    const silent = placesOf('user: a room please\nassistant: Where?\nuser: Norvik', 'has_parking_space');
    const asked = placesOf('user: a room with parking\nassistant: Where?\nuser: Norvik', 'has_parking_space');
    const newest = placesOf('user: a room\nassistant: Where?\nuser: Norvik, and parking', 'hasParkingSpace');
    const whole = placesOf(
      'user: a room with a parking space\nassistant: Where?\nuser: Norvik',
      'has_parking_space',
    );
    assert.equal(new Set([silent, asked, newest, whole].map((each) => JSON.stringify(each[1]))).size, 4);
    // That nothing is said is no option that is named.
    assert.deepEqual(asked[0], silent[0]);
  });

  it('takes what a tool was called with, or has found, for nobody’s words', () => {
    const called =
      'user: a room\nassistant: find {"parking":"True"}\ntool: [{"parking":"True"}]\nuser: another one';
    const silent = 'user: a room\nassistant: find {"city":"Norvik"}\ntool: []\nuser: another one';
    assert.deepEqual(placesOf(called, 'parking')[1], placesOf(silent, 'parking')[1]);
  });

  it('stays within the places that weights are kept for', () => {
    const long = Array.from({ length: 40 }, (_, i) => `user: parking ${i}\nassistant: space`).join('\n');
    for (const field of ['parking', 'parking_space', 'space', 'other', 'id'])
      for (const places of placesOf(long, field)) for (const place of places) assert.ok(place < MATCH_PLACES);
  });
});
