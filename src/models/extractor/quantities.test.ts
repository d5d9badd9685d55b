/** Numbers, dates and times as people write them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readDate, readNumber, readTime } from './quantities.ts';

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

/** A number below a million in English words, with or without `and` and hyphens. */
function inWords(n: number, and: string, hyphen: string): string {
  if (n < 20) return SMALL[n]!;
  if (n < 100) return TENS[Math.floor(n / 10) - 2]! + (n % 10 === 0 ? '' : hyphen + SMALL[n % 10]);
  const [unit, name] = n < 1000 ? [100, 'hundred'] : [1000, 'thousand'];
  const rest = n % unit;
  const head = `${inWords(Math.floor(n / unit), and, hyphen)} ${name}`;
  if (rest === 0) return head;
  return `${head} ${rest < 100 ? and : ''}${inWords(rest, and, hyphen)}`;
}

describe('readNumber', () => {
  it('reads every number below a million in words', () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.constantFrom('', 'and '), fc.constantFrom('-', ' '), (n, and, hyphen) =>
        assert.equal(readNumber(inWords(n, and, hyphen)), n, inWords(n, and, hyphen)),
      ),
      { numRuns: 500 },
    );
  });

  it('reads digits with marks and a currency', () => {
    for (const [text, value] of [
      ['12', 12],
      ['1,250.50', 1250.5],
      ['$ 12', 12],
      ['a hundred', 100],
    ] as const)
      assert.equal(readNumber(text), value, text);
  });

  it('reads nothing else', () => {
    for (const text of [
      '',
      'five six',
      'and',
      'a',
      'twelve and',
      '1,2',
      '12a',
      'fifty twenty',
      '99999999999999999',
    ])
      assert.equal(readNumber(text), undefined, text);
  });
});

describe('readDate', () => {
  it('reads a date with a year, however it is written', () => {
    for (const text of ['2026-03-04', '2026/3/4', 'March 4th, 2026', '4 Mar 2026', '4th of March 2026'])
      assert.equal(readDate(text), '2026-03-04', text);
  });

  it('reads no date that there is not, that lacks its year, or that can be read in two ways', () => {
    for (const text of ['2026-02-30', 'March 4th', '03/04/2026', 'Mays 4 2026', '2026-13-01'])
      assert.equal(readDate(text), undefined, text);
  });
});

describe('readTime', () => {
  it('reads a time of day', () => {
    const times = { '17:30': '17:30', '5:30 pm': '17:30', '5pm': '17:00', '12 a.m.': '00:00', noon: '12:00' };
    for (const [text, time] of Object.entries(times)) assert.equal(readTime(text), time, text);
  });

  it('reads no hour alone, and none that there is not', () => {
    for (const text of ['5', '25:00', '13 pm', '5:75']) assert.equal(readTime(text), undefined, text);
  });
});
