import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instantOf } from './date-time.ts';
import { exactKey, isNear, isSafeJson, numeralOf, parseExact, showNumeral } from './exact-json.ts';
import { canonicalJson, type Json } from './json.ts';

const near = (a: string, b: string, by: string, relative = false): boolean =>
  isNear(numeralOf(a)!, numeralOf(b)!, numeralOf(by)!, relative);

test('a number is kept digit by digit, however long it is', () => {
  const long = '7'.repeat(200_000);
  assert.notEqual(exactKey(parseExact(`[${long}1]`)!), exactKey(parseExact(`[${long}2]`)!));
  assert.equal(exactKey(parseExact(`[${long}0.0]`)!), exactKey(parseExact(`[${long}e1]`)!));
  const power = `1e${'9'.repeat(100)}`;
  assert.notEqual(exactKey(parseExact(`[${power}1]`)!), exactKey(parseExact(`[${power}2]`)!));
  assert.notEqual(exactKey(parseExact('["1"]')!), exactKey(parseExact('[1]')!));
});

test('values have the same key only where they are the same JSON, whatever the names of their properties', () => {
  const names = ['digits', 'exponent', 'size', '__proto__', 'constructor', 'a', '0'];
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(fc.constantFrom(null, true, '1', '1e0', ''), fc.integer({ min: -2, max: 2 })),
      fc.array(tie('value'), { maxLength: 2 }),
      fc
        .uniqueArray(fc.tuple(fc.constantFrom(...names), tie('value')), {
          maxLength: 3,
          selector: ([name]) => name,
        })
        .map((entries) => Object.fromEntries(entries)),
    ),
  }));
  const key = (json: string): string => exactKey(parseExact(json)!);
  fc.assert(
    fc.property(value, value, (a, b) => {
      // -0 is written 0.
      const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
      assert.equal(key(x) === key(y), canonicalJson(a) === canonicalJson(b), `${x} ${y}`);
    }),
    { numRuns: 2000 },
  );
  assert.notEqual(key('{"digits":"4","to":"bob"}'), key('{"digits":"4","to":"eve"}'));
});

test('every double is read back as itself', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const numeral = numeralOf(JSON.stringify(value).replace('e+', 'e'))!;
      assert.equal(Number(showNumeral(numeral)), value === 0 ? 0 : value);
      assert.equal(isSafeJson(JSON.stringify([value])), true);
    }),
  );
});

test('a number that a double would change is not safe', () => {
  for (const text of [
    '9007199254740993',
    '[-9007199254740993]',
    '{"a":1e400}',
    '0.12345678901234567891',
    `1e${'9'.repeat(80)}`,
  ])
    assert.equal(isSafeJson(text), false, text);
  for (const text of ['9007199254740991', '0.1', '1.50', '-0', '1e22', '"9007199254740993"', 'no JSON'])
    assert.equal(isSafeJson(text), true, text);
});

test('a tolerance is reckoned in decimals', () => {
  assert.equal(near('1.1', '1.0', '0.1'), true);
  assert.equal(near('1.1', '1.0', '0.0999'), false);
  assert.equal(near('-1', '1', '2'), true);
  assert.equal(near('9007199254740993', '9007199254740992', '1'), true);
  assert.equal(near('9007199254740994', '9007199254740992', '1'), false);
  assert.equal(near('99', '100', '0.01', true), true);
  assert.equal(near('98.99', '100', '0.01', true), false);
  assert.equal(near('0', '0', '0.01', true), true);
  assert.equal(near('1e99999999', '1', '5'), false);
  assert.equal(near('1e99999999', '1e99999999', '5'), true);
});

test('instants agree with the clock', () => {
  const day = fc.date({ min: new Date('0001-01-02'), max: new Date('9998-12-30'), noInvalidDate: true });
  fc.assert(
    fc.property(day, fc.integer({ min: -1439, max: 1439 }), (date, offset) => {
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
      const two = (n: number): string => String(n).padStart(2, '0');
      const size = Math.abs(offset);
      const text = `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
      assert.equal(instantOf(text), instantOf(date.toISOString()));
      assert.equal(Date.parse(instantOf(text)!), date.getTime());
    }),
  );
});
