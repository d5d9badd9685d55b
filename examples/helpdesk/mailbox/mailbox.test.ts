import assert from 'node:assert/strict';
import { test } from 'node:test';
import { categories, type Mail } from './mail.ts';
import { writeDay, writeMailbox } from './mailbox.ts';
import { writeQuestions } from './questions.ts';

const mails = writeMailbox({ seed: 7, count: 2600 });
const textOf = (mail: Mail): string => `${mail.subject}\n${mail.body}`;

test('2,600 mails are distinct, without their tickets too, and the same seed writes the same mailbox', () => {
  assert.equal(new Set(mails.map(textOf)).size, 2600);
  assert.equal(new Set(mails.map((mail) => mail.ticket)).size, 2600);
  assert.deepEqual(writeMailbox({ seed: 7, count: 2600 }), mails);
  assert.notDeepEqual(writeMailbox({ seed: 8, count: 5 }), writeMailbox({ seed: 7, count: 5 }));
});

test('what the truth says stands in the mail', () => {
  for (const mail of mails) {
    const { order, product, quantity } = mail.truth.details;
    const text = textOf(mail);
    if (order !== null) assert.match(text, new RegExp(`\\b${order}\\b`), mail.id);
    if (product !== null)
      assert.ok(mail.body.includes(product), `${mail.id}: ${product} not in ${mail.body}`);
    if (quantity !== null) {
      const words = ['two', 'three', 'four'];
      assert.match(mail.body, new RegExp(`\\b(${quantity}x?|${words[quantity - 2]})\\b`, 'i'), mail.id);
    }
    // A mail without an order number may still hold a postcode.
    if (order === null) assert.doesNotMatch(text, /\b\d{5}\b(?! (Dortmund|Lyon|Turin|Malaga))/i, mail.id);
  }
});

test('the action follows from the category and the details', () => {
  for (const { id, truth } of mails) {
    const number = truth.action.arguments.order_number;
    if (number !== undefined) assert.equal(number, truth.details.order, id);
    if (truth.action.name === 'ask_order_number') assert.equal(truth.details.order, null, id);
  }
});

test('no slot, mark or label is left in a mail', () => {
  const labels = categories.filter((category) => category.includes('_'));
  for (const mail of mails) {
    const text = textOf(mail);
    assert.doesNotMatch(text, /[{}|\uE000-\uE00F]|undefined|\[(refund|replacement|voucher|fit)\]/, mail.id);
    for (const label of labels) assert.ok(!text.includes(label), mail.id);
  }
});

test('neither ticket nor subject tells the label', () => {
  // Whatever the subject or the first letter of the ticket, no label makes up most of the mails that share it.
  const groups = new Map<string, Mail[]>();
  for (const mail of mails) {
    for (const key of [`ticket ${mail.ticket[0]}`, `subject ${mail.subject.replace(/\d+/, 'N')}`])
      groups.set(key, [...(groups.get(key) ?? []), mail]);
  }
  for (const [key, group] of groups) {
    if (group.length < 40) continue;
    for (const category of categories) {
      const share = group.filter((mail) => mail.truth.category === category).length / group.length;
      assert.ok(share < 0.4, `${key}: ${share} are ${category}`);
    }
  }
});

test('the afternoon has patterns that the morning never showed: 15 to 25 % of its sentences', () => {
  const before = mails.filter((mail) => mail.at < '12:00').flatMap((mail) => mail.making.patterns);
  const after = mails.filter((mail) => mail.at >= '12:00').flatMap((mail) => mail.making.patterns);
  const known = new Set(before);
  const share = after.filter((pattern) => !known.has(pattern)).length / after.length;
  assert.ok(share > 0.15 && share < 0.25, String(share));
  assert.ok(!before.some((pattern) => pattern.includes('/late')));
});

test('copying the first five digits is not enough: 5 to 10 % of the order numbers would be wrong', () => {
  const numbered = mails.filter((mail) => mail.truth.details.order !== null);
  const wrong = numbered.filter((mail) => /\b\d{5}\b/.exec(textOf(mail))?.[0] !== mail.truth.details.order);
  const share = wrong.length / numbered.length;
  assert.ok(share > 0.05 && share < 0.1, String(share));
});

test('all labels, a few other languages, and under 2 % hard ones', () => {
  assert.deepEqual(new Set(mails.map((mail) => mail.truth.category)), new Set(categories));
  const share = (of: (mail: Mail) => boolean): number => mails.filter(of).length / mails.length;
  const foreign = share((mail) => mail.making.language !== 'en');
  assert.ok(foreign > 0.025 && foreign < 0.055, String(foreign));
  assert.ok(share((mail) => mail.making.hard) < 0.02);
  assert.ok(share((mail) => mail.body.length > 240) > 0.01);
  const mean = mails.reduce((sum, mail) => sum + mail.body.length, 0) / mails.length;
  assert.ok(mean > 100 && mean < 220, String(mean));
});

test('a day holds its mails and questions in order of time, the halves apart', () => {
  const day = writeDay({ seed: 3, morning: 130, afternoon: 70 });
  const count = (work: Day, kind: string): number => work.filter((item) => item.kind === kind).length;
  type Day = typeof day.morning;
  assert.equal(count(day.morning, 'mail'), 130);
  assert.equal(count(day.afternoon, 'mail'), 70);
  assert.equal(count(day.morning, 'question') + count(day.afternoon, 'question'), 18);
  const times = [...day.morning, ...day.afternoon].map((item) => item.at);
  assert.deepEqual(times, times.toSorted());
});

test('questions are distinct', () => {
  const questions = writeQuestions({ seed: 2, count: 300 });
  assert.equal(new Set(questions.map(({ text }) => text)).size, 300);
  for (const { text, answer } of questions) assert.doesNotMatch(text + answer, /[{}|]|undefined/);
});
