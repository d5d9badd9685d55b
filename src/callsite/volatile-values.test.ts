import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aroundVolatile } from './volatile-values.ts';

const NOW = Date.UTC(2026, 10, 23, 10);
const masked = (text: string, at: number | null = null): string => aroundVolatile(text, at).join('…');

test('the present is seen by a word before it, in each form and language', () => {
  for (const [text, expected] of [
    ['Today is Monday, 23 November 2026, morning.', 'Today is …, morning.'],
    ['Current date: Mon Nov 23 2026', 'Current date: …'],
    ['Today is the 23rd of November.', 'Today is ….'],
    ['Heute ist der 23.11.2026.', 'Heute ist der ….'],
    ['Aktuelles Datum: Montag, 23. November 2026, 10:15 Uhr', 'Aktuelles Datum: …'],
    ["Aujourd'hui, le 23 novembre 2026", "Aujourd'hui, le …"],
    ['Fecha: 23 de noviembre de 2026', 'Fecha: …'],
    ['Oggi è lunedì 23 novembre 2026', 'Oggi è …'],
    ['Data de hoje: 23/11/2026', 'Data de hoje: …'],
    ['Vandaag is maandag 23 november 2026', 'Vandaag is …'],
    ['Time now: 10:15 AM UTC. Answer', 'Time now: …. Answer'],
    ['timestamp=1795428900', 'timestamp=…'],
  ] as const)
    assert.equal(masked(text), expected);
});

test('weekday or time beside a date tell the present, and so does the time of the call', () => {
  assert.equal(masked('Mon, 23 Nov 2026 10:15:00 GMT | shop'), '… | shop');
  assert.equal(masked('[2026-11-23T10:15:00.123Z] shop'), '[…] shop');
  assert.equal(masked('11/23/26, 10:15 AM: shop'), '…: shop');
  for (const date of [
    '23.11.2026',
    '11/23/2026',
    '2026-11-23',
    '23 Nov 2026',
    'November 23',
    '2026年11月23日',
  ])
    assert.equal(masked(`Shop (${date})`, NOW), 'Shop (…)', date);
});

test('a date in an example, a version and a number stay', () => {
  for (const text of [
    'Example: "arrived on 2021-03-04" → late',
    'Use the API of 2023-01-01.',
    'Version 1.2.3 of May 2020',
    'Order 4711 has 12 items; 3.5 of 10',
    'claude-3-5-sonnet-20241022 or gpt-4o-2024-08-06',
    'You may 2 times ask',
  ])
    assert.equal(masked(text, NOW), text);
});

test('ids and addresses are volatile', () => {
  assert.equal(masked('run 550e8400-e29b-41d4-a716-446655440000.'), 'run ….');
  assert.equal(masked('trace 4bf92f3577b34da6a3ce929d0e0e4736 end'), 'trace … end');
  assert.equal(masked('ulid 01ARZ3NDEKTSV4RRFFQ69G5FAV end'), 'ulid … end');
  assert.equal(masked('to anna@example.com or 10.1.2.3'), 'to … or …');
});

test('whatever a program prints for the day, the next day’s prompt has the same constant parts', () => {
  const locales = ['en-US', 'en-GB', 'de-DE', 'fr-FR', 'es-ES', 'it-IT', 'pt-BR', 'nl-NL'];
  const styles = fc.constantFrom<Intl.DateTimeFormatOptions>(
    { dateStyle: 'full' },
    { dateStyle: 'long' },
    { dateStyle: 'medium' },
    { dateStyle: 'short' },
    { dateStyle: 'full', timeStyle: 'short' },
    { dateStyle: 'short', timeStyle: 'medium' },
  );
  const days = fc.integer({ min: 0, max: 700 }).map((n) => NOW + n * 86_400_000);
  fc.assert(
    fc.property(fc.constantFrom(...locales), styles, days, fc.nat(60), (locale, style, at, later) => {
      const format = new Intl.DateTimeFormat(locale, { ...style, timeZone: 'UTC' });
      const prompt = (time: number): string => `You sort mail. (${format.format(time)}) Be brief.`;
      const next = at + later * 86_400_000;
      const parts = aroundVolatile(prompt(at), at);
      assert.deepEqual(parts, ['You sort mail. (', ') Be brief.'], prompt(at));
      assert.deepEqual(aroundVolatile(prompt(next), next), parts, prompt(next));
    }),
  );
});
