/**
 * Writes the shop's mailbox: mails with their truth, drawn from the sentence patterns, and a day's work with the
 * staff's questions in between. The truth is for judging only; nothing that learns may see it.
 */
import { actionFor, type ReturnReason } from './action.ts';
import * as filler from './fillers.ts';
import { type Foreign, languages } from './languages.ts';
import type { Category, Details, Mail, Work } from './mail.ts';
import { markedProduct, protect, protectProduct, scribble, unmark } from './noise.ts';
import type { Topic } from './orders.ts';
import { expand, type Pattern, pickPattern } from './phrase.ts';
import { amount, date, misread, newProducts, orderNumber, person, phone, products } from './products.ts';
import { writeQuestions } from './questions.ts';
import { type Draw, drawFrom } from './random.ts';
import { hardPatterns, topics } from './topics.ts';

/** How often a pattern that has never been seen before noon is drawn after it: first sentences, and the others. */
const lateCoreShare = 0.14;
const lateShare = 0.24;
const foreignShare = 0.04;
const hardShare = 0.012;
const correctionShare = 0.06;
const numberWords: Readonly<Record<number, string>> = { 2: 'two', 3: 'three', 4: 'four' };

/** What a mail says, collected while its sentences are written. */
interface Sheet {
  readonly draw: Draw;
  readonly afternoon: boolean;
  readonly language: Foreign | 'en';
  /** The right order number, and the one that stands in the text before a correction. */
  readonly order: string;
  readonly wrong: string | null;
  orderSaid: boolean;
  productSaid: boolean;
  quantity: number | null;
  wishSaid: boolean;
  reason: ReturnReason;
  readonly patterns: string[];
}

/** Distinct mails of one working day, the first `beforeNoon` of them before noon (65 % unless told). */
export function writeMailbox(options: {
  readonly seed: number;
  readonly count: number;
  readonly beforeNoon?: number;
}): Mail[] {
  const draw = drawFrom(options.seed);
  const noon = options.beforeNoon ?? Math.round(options.count * 0.65);
  const mails: Mail[] = [];
  const texts = new Set<string>();
  const tickets = new Set<string>();
  while (mails.length < options.count) {
    const index = mails.length;
    const afternoon = index >= noon;
    const at = afternoon
      ? clock(12 * 60 + Math.floor((360 * (index - noon)) / Math.max(1, options.count - noon)))
      : clock(Math.floor((720 * index) / Math.max(1, noon)));
    const mail = writeMail(`mail-${String(index + 1).padStart(4, '0')}`, at, afternoon, draw);
    const text = `${mail.subject}\n${mail.body}`;
    if (texts.has(text) || tickets.has(mail.ticket)) continue;
    texts.add(text);
    tickets.add(mail.ticket);
    mails.push(mail);
  }
  return mails;
}

/** A working day: the morning with the night's backlog, and the afternoon; staff questions in between. */
export interface Day {
  readonly morning: readonly Work[];
  readonly afternoon: readonly Work[];
}

export function writeDay(options: {
  readonly seed: number;
  /** Mails; 3,200 and 520 unless told. */
  readonly morning?: number;
  readonly afternoon?: number;
  /** Staff questions for each mail; .09 unless told. */
  readonly questionShare?: number;
}): Day {
  const { seed, morning = 3200, afternoon = 520, questionShare = 0.09 } = options;
  const mails = writeMailbox({ seed, count: morning + afternoon, beforeNoon: morning });
  const count = Math.round(mails.length * questionShare);
  const questions = writeQuestions({ seed: seed + 1, count });
  const work: Work[] = [...mails, ...questions].sort((a, b) => a.at.localeCompare(b.at));
  return {
    morning: work.filter((item) => item.at < '12:00'),
    afternoon: work.filter((item) => item.at >= '12:00'),
  };
}

function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

function writeMail(id: string, at: string, afternoon: boolean, draw: Draw): Mail {
  const order = orderNumber(draw);
  const from = person(draw);
  const foreign = draw.chance(foreignShare) ? draw.pick(['de', 'es', 'fr'] as const) : null;
  const hard = foreign === null && draw.chance(hardShare) ? draw.pick(hardPatterns) : null;
  const topic = hard
    ? topics.find(({ category }) => category === hard.category)!
    : draw.weigh(topics.map((candidate) => [candidate, candidate.weight] as const));
  const sheet: Sheet = {
    draw,
    afternoon,
    language: foreign ?? 'en',
    order,
    wrong: foreign === null && draw.chance(correctionShare) ? misread(order, draw) : null,
    orderSaid: false,
    productSaid: false,
    quantity: null,
    wishSaid: false,
    reason:
      topic.category === 'damaged_item'
        ? 'damaged'
        : topic.category === 'wrong_item'
          ? 'wrong_item'
          : 'unwanted',
    patterns: [],
  };
  const written = foreign
    ? writeForeign(topic.category, foreign, from, sheet)
    : writeEnglish(topic, hard?.pattern ?? null, from, sheet);
  const noisy = scribble(written.body, draw);
  const details: Details = {
    order: sheet.orderSaid ? order : null,
    product: markedProduct(noisy),
    quantity: sheet.quantity,
  };
  return {
    kind: 'mail',
    id,
    at,
    ticket: ticket(draw),
    from,
    subject: unmark(written.subject),
    body: unmark(noisy),
    truth: {
      category: topic.category,
      details,
      action: actionFor(topic.category, details.order, sheet.reason),
    },
    making: { patterns: sheet.patterns, language: foreign ?? 'en', hard: hard !== null },
  };
}

function writeEnglish(
  topic: Topic,
  hard: Pattern | null,
  from: { readonly name: string; readonly email: string },
  sheet: Sheet,
): { subject: string; body: string } {
  const { draw, afternoon } = sheet;
  const unused = (patterns: readonly Pattern[]): readonly Pattern[] =>
    patterns.filter(({ id }) => !sheet.patterns.includes(id));
  const next = (patterns: readonly Pattern[], share = lateShare): string =>
    say(pickPattern(unused(patterns), afternoon, share, draw), sheet);
  const aboutOrder =
    topic.category !== 'product_question' &&
    topic.category !== 'account_access' &&
    topic.category !== 'complaint';

  const subject = writeSubject(aboutOrder, sheet);
  const core = hard ? say(hard, sheet) : next(topic.core, lateCoreShare);
  const sentences: string[] = [];
  const mentioned = sheet.orderSaid;
  if (mentioned && sheet.wrong === null && draw.chance(0.05)) sentences.push(next(filler.earlierOrders));
  if (draw.chance(0.05)) sentences.push(next(filler.fillers));
  sentences.push(core);
  if (aboutOrder && !sheet.orderSaid && draw.chance(0.85)) sentences.push(next(filler.orderSentences));
  if (aboutOrder && !sheet.productSaid && draw.chance(0.3)) sentences.push(next(filler.productSentences));
  if (draw.chance(0.45)) sentences.push(next(topic.context));
  if (!sheet.wishSaid && draw.chance(topic.wishShare)) sentences.push(next(filler.wishSentences));
  for (const share of draw.chance(0.03) ? [1, 1, 1, 1, 1, 1] : [0.3, 0.07])
    if (draw.chance(share)) sentences.push(next(filler.fillers));
  if (draw.chance(0.06)) sentences.push(next(filler.secondQuestions));
  if (sheet.wrong !== null && sheet.orderSaid) sentences.push(next(filler.corrections));

  const lines: string[] = [];
  if (draw.chance(0.6))
    lines.push(draw.pick(afternoon && draw.chance(lateShare) ? filler.lateGreetings : filler.greetings));
  lines.push(sentences.join(draw.chance(0.1) ? '\n' : ' '));
  if (draw.chance(0.5)) lines.push(signature(from, draw));
  if (draw.chance(0.05)) lines.push(quote(sheet));
  return { subject, body: lines.join('\n') };
}

function writeForeign(
  category: Category,
  foreign: Foreign,
  from: { readonly name: string },
  sheet: Sheet,
): { subject: string; body: string } {
  const { draw } = sheet;
  const language = languages[foreign];
  const core = draw.pick(language.core[category]);
  const pattern = {
    id: `${foreign}/${category}/${language.core[category].indexOf(core)}`,
    text: core,
    late: false,
  };
  const sentence = say(pattern, sheet);
  const body = `${draw.pick(language.greetings)}\n${sentence}\n${draw.pick(language.signOffs)}\n${protect(from.name)}`;
  return { subject: sheet.orderSaid ? 'Info' : draw.pick(['Info', 'Service']), body };
}

/** Draws a pattern's words, fills its slots, and notes on the sheet what it says. */
function say(pattern: Pattern, sheet: Sheet): string {
  const { draw } = sheet;
  sheet.patterns.push(pattern.id);
  const [, tag, text] = /^(?:\[(\w+)\])?([\s\S]*)$/.exec(pattern.text) ?? [];
  if (tag === 'wish') sheet.wishSaid = true;
  if (tag === 'fit') sheet.reason = 'does_not_fit';
  return expand(text!, draw).replace(/\{(\w+)\}/g, (slot, name: string) => {
    switch (name) {
      case 'order':
        sheet.orderSaid = true;
        return protect(
          draw.weigh([
            ['', 8],
            ['#', 2],
          ] as const) + (sheet.wrong ?? sheet.order),
        );
      case 'item':
        return productPhrase(true, sheet);
      case 'product':
        return productPhrase(false, sheet);
      case 'right':
        return protect(sheet.order);
      case 'wrong':
        return protect(sheet.wrong!);
      case 'other':
        return protect(orderNumber(draw));
      case 'date':
        return protect(date(draw));
      case 'amount':
        return protect(amount(draw));
      case 'phone':
        return protect(phone(draw));
      case 'zip':
        return protect(String(draw.between(10000, 99000)));
      case 'pin':
        return String(draw.between(100, 999));
      case 'customer':
        return protect(`C${draw.between(1000, 9999)}`);
      case 'floor':
        return draw.pick(['second', 'third', 'fourth', 'top']);
      default:
        throw new Error(`No such slot in a pattern: ${slot}`);
    }
  });
}

/** A product as a customer writes it, with a quantity now and then. */
function productPhrase(countable: boolean, sheet: Sheet): string {
  const { draw } = sheet;
  sheet.productSaid = true;
  const { brand, noun } = draw.pick(sheet.afternoon && draw.chance(0.1) ? newProducts : products);
  const quantity = countable && draw.chance(0.22) ? draw.between(2, 4) : null;
  sheet.quantity = quantity;
  const counted =
    quantity === null
      ? ''
      : sheet.language === 'en'
        ? draw.pick([String(quantity), numberWords[quantity]!, `${quantity}x`])
        : `${quantity}x`;
  const name = noun[counted === '' || counted.endsWith('x') ? 0 : 1];
  const written = draw.weigh([
    [`${brand} ${name}`, 55],
    [name, 30],
    [`${brand} ${name}`.toLowerCase(), 15],
  ] as const);
  if (!countable) return protectProduct(written);
  if (sheet.language !== 'en')
    return (quantity === null ? '' : `${protect(counted)} `) + protectProduct(written);
  const article = quantity === null ? draw.pick(['the', 'my']) : draw.pick(['the ', 'my ', '']) + counted;
  return `${protect(article)} ${protectProduct(written)}`;
}

function writeSubject(aboutOrder: boolean, sheet: Sheet): string {
  const { draw } = sheet;
  if (aboutOrder && draw.chance(0.25)) {
    sheet.orderSaid = true;
    return draw.pick(filler.orderSubjects).replace('{order}', sheet.wrong ?? sheet.order);
  }
  return draw.pick(filler.subjects);
}

function signature(from: { readonly name: string; readonly email: string }, draw: Draw): string {
  const name = protect(draw.chance(0.4) ? from.name.split(' ')[0]! : from.name);
  const lines = [draw.pick(filler.signOffs), name];
  if (draw.chance(0.15)) lines.push(protect(from.email));
  if (draw.chance(0.12)) lines.push(protect(`Tel. ${phone(draw)}`));
  if (draw.chance(0.06)) lines.push('Sent from my phone');
  return lines.join('\n');
}

/** The shop's former mail below the customer's, as mail programs put it. It never says more than the mail does. */
function quote(sheet: Sheet): string {
  const { draw } = sheet;
  const text = draw.pick(filler.quotes);
  const line = text.includes('{order}')
    ? text.replace('{order}', sheet.orderSaid ? sheet.order : 'from our shop')
    : text;
  return protect(`On ${date(draw)}, the shop wrote:\n> ${line}`);
}

/** Five letters and digits without meaning; none that can be taken for another. */
function ticket(draw: Draw): string {
  const letters = 'ABCDEFGHJKLMNPQRTUVWXYZ';
  const any = `${letters}346789`;
  return draw.pick([...letters]) + Array.from({ length: 4 }, () => draw.pick([...any])).join('');
}
