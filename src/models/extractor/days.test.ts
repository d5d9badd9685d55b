import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readDay } from './days.ts';

describe('readDay', () => {
  // A Friday.
  const anchor = '2019-03-01';

  it('reads days as people name them', () => {
    const said: Readonly<Record<string, string>> = {
      'March 8th': '2019-03-08',
      '8 March': '2019-03-08',
      '8th of March': '2019-03-08',
      '9th of this month': '2019-03-09',
      '2nd': '2019-03-02',
      'Feb 3': '2020-02-03',
      today: '2019-03-01',
      Tomorrow: '2019-03-02',
      'day after tomorrow': '2019-03-03',
      'next Friday': '2019-03-08',
      Monday: '2019-03-04',
      'Saturday next week': '2019-03-09',
      '2021-12-24': '2021-12-24',
    };
    for (const [words, day] of Object.entries(said)) assert.equal(readDay(words, anchor), day, words);
  });

  it('reads nothing into other words', () => {
    for (const words of [
      '5',
      'may',
      'sun',
      'next',
      'March',
      'March 32',
      'monkey',
      '8 people',
      'weekday',
      'of',
    ])
      assert.equal(readDay(words, anchor), undefined, words);
    assert.equal(readDay('today', 'no day'), undefined);
  });

  it('gives no day before the anchor for one without a year, and the one of that name', () => {
    const at = fc.date({ min: new Date('2000-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
    const months =
      'January February March April May June July August September October November December'.split(' ');
    fc.assert(
      fc.property(
        at,
        fc.integer({ min: 0, max: 11 }),
        fc.integer({ min: 1, max: 28 }),
        (date, month, day) => {
          const from = date.toISOString().slice(0, 10);
          const read = readDay(`${months[month]} ${day}`, from);
          assert.ok(read !== undefined && read >= from);
          assert.equal(
            read.slice(5),
            `${String(month + 1).padStart(2, '0')}-${String(day).padStart(2, '0')}`,
          );
        },
      ),
    );
  });
});
