import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Belonging } from '../core/deployment.ts';
import { addToUnit, noUnits, unitOf } from './units.ts';

const after = (comparisons: readonly (readonly [Belonging, boolean])[]) =>
  comparisons.reduce((units, [belonging, wrong]) => addToUnit(units, belonging, wrong).units, noUnits());

test('calls of a session are one unit, and so are calls with one input in different sessions', () => {
  const units = after([
    [{ session: 'a', input: '1' }, true],
    [{ session: 'b', input: '1' }, true],
    [{ session: 'a', input: '2' }, false],
    [{ session: 'b', input: '3' }, true],
  ]);
  assert.deepEqual({ ...unitOf(units, { session: 'a' }), keys: 0 }, { n: 3, errors: 2, keys: 0 });
  // The repeated input is a's; what session b says otherwise is its own.
  assert.deepEqual({ ...unitOf(units, { session: 'b' }), keys: 0 }, { n: 1, errors: 1, keys: 0 });
});

test('calls of which nothing is known are units of their own', () => {
  const units = after([
    [{}, true],
    [{}, true],
  ]);
  assert.equal(unitOf(units, {}).n, 0);
  assert.equal(Object.keys(units.units).length, 2);
});

test('an input that comes again much later counts anew, and what is remembered stays small', () => {
  let units = after([[{ session: 's', input: 'x' }, true]]);
  for (let i = 0; i < 48; i++) units = addToUnit(units, { session: `${i}`, input: `${i}` }, false).units;
  assert.equal(unitOf(units, { input: 'x' }).n, 1);
  units = addToUnit(units, { session: '48', input: '48' }, false).units;
  assert.equal(unitOf(units, { input: 'x' }).n, 0);
  assert.equal(unitOf(units, { session: 's' }).n, 1);
  for (let i = 49; i < 5000; i++) units = addToUnit(units, { session: `${i}`, input: `${i}` }, false).units;
  assert.equal(unitOf(units, { session: 's' }).n, 0);
  assert.ok(Object.keys(units.units).length <= 201);
  assert.ok(Object.keys(units.numbers).length <= 402);
});
