/** What the staff ask the assistant: open questions of all sorts, each with one good answer among many. */
import type { Question } from './mail.ts';
import { expand } from './phrase.ts';
import { amount, date } from './products.ts';
import { type Draw, drawFrom } from './random.ts';

const things = [
  'a late parcel',
  'the warm weather',
  'our Christmas party',
  'an office plant',
  'the broken coffee machine',
  'a very long queue',
  'the new delivery van',
  'a lost umbrella',
  'the stock count',
  'an empty printer',
  'a Monday',
  'the summer sale',
  'a squeaky chair',
  'the canteen',
  'a farewell',
  'a flat tyre',
  'the first snow',
  'a bicycle',
];
const topicsAsked = [
  'value added tax',
  'compound interest',
  'how glass is made',
  'the difference between latex and foam',
  'why bread goes stale',
  'time zones',
  'induction cooking',
  'customs duties',
  'how a barcode works',
  'inflation',
  'the right of withdrawal',
  'why oak darkens',
  'container ships',
  'how a thermostat works',
  'noise in open offices',
  'the phases of the moon',
  'how to read a balance sheet',
  'what pivot tables do',
];
const people = [
  'a new colleague',
  'my boss',
  'a ten-year-old',
  'the warehouse team',
  'a supplier in Porto',
  'my flatmate',
  'the whole floor',
  'an intern',
  'our accountant',
  'somebody in a hurry',
];
const tones = ['cheerful', 'dry', 'formal', 'short', 'poetic', 'slightly ironic', 'warm', 'matter-of-fact'];

const asked = [
  '(Write|Make up) a {tone} (limerick|haiku|rhyme|toast) about {thing}(.| for {person}.)',
  '(Explain|Can you explain) {topic} to {person}, {tone} please, (in three sentences|with an example|without jargon).',
  'How (would|should) I tell {person} that {thing} is (my fault|going to cost {amount}|cancelled on {date})?',
  '(Give me|I need) {n} ideas for (a quiz|a team lunch|a raffle|a window display) around {thing}.',
  'Is {topic} (worth learning|something I can skip) if I only have until {date}?',
  'Translate "{thing} and {thing2}" into (Polish|Italian|Dutch|Turkish) and (tell me how to say it|add a {tone} comment).',
  'What do {thing} and {topic} have in common? (Make it {tone}.|It is for {person}.)',
  'Plan (my afternoon|a tidy-up|a short training) of {n} hours: {topic}, then {thing}, ending {tone}.',
  'If {n} people share {amount} for {thing}, what does each pay, and how do I ask {person} for it?',
  '(Rewrite|Turn) this more {tone}: "we are sorry about {thing}, it happened on {date}".',
  '(Argue|Debate) with me: {topic} matters more than {thing}. (You start.|I say no.)',
  'Which {n} questions should I ask {person} about {topic}(?| on {date}?)',
];
const answered = [
  'Happy to. Start with {thing}: it is what {person} will remember, and it gives you a {tone} opening.',
  'In short, {topic} is a matter of small steps: collect what you have, leave out what you do not need, and check it twice.',
  'There are {n} ways to look at it, and the {tone} one is usually the best with {person}.',
  'Picture {thing} on {date}: nobody planned it, everybody talked about it, and in the end it worked out.',
  'I would keep it {tone} and put the figure, {amount}, at the very end.',
  'A rule of thumb for {topic}: if you can explain it to {person}, you have understood it.',
  'If that is too much, drop {thing} and keep the rest.',
];

function fill(text: string, draw: Draw): string {
  return expand(text, draw).replace(/\{(\w+)\}/g, (_, name: string) => {
    if (name.startsWith('thing')) return draw.pick(things);
    if (name === 'topic') return draw.pick(topicsAsked);
    if (name === 'person') return draw.pick(people);
    if (name === 'tone') return draw.pick(tones);
    if (name === 'amount') return amount(draw);
    return name === 'date' ? date(draw) : String(draw.between(3, 9));
  });
}

/** Distinct questions, spread over the day from 00:00 to 18:00. */
export function writeQuestions(options: { readonly seed: number; readonly count: number }): Question[] {
  const draw = drawFrom(options.seed);
  const texts = new Set<string>();
  while (texts.size < options.count) texts.add(fill(draw.pick(asked), draw));
  return [...texts].map((text, i) => {
    const minutes = Math.floor((i * 1080) / options.count);
    const at = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
    const answer = Array.from({ length: draw.between(2, 5) }, () => fill(draw.pick(answered), draw)).join(
      ' ',
    );
    return { kind: 'question', id: `question-${String(i + 1).padStart(4, '0')}`, at, text, answer };
  });
}
