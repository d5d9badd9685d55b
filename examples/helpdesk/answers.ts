/**
 * What the stand-in says at each call site: the truth, or one plausible mistake, written the way LLMs write.
 * Does not: speak HTTP (stand-in.ts).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Action, Category, Details, Mail } from './mailbox/mail.ts';
import { categories } from './mailbox/mail.ts';
import { misread } from './mailbox/products.ts';
import type { Draw } from './mailbox/random.ts';

/** Labels that a reader mixes up with each other. */
const confusable: Readonly<Partial<Record<Category, readonly Category[]>>> = {
  order_status: ['complaint', 'refund_status', 'change_address'],
  damaged_item: ['wrong_item', 'return_request', 'complaint'],
  wrong_item: ['damaged_item', 'return_request'],
  return_request: ['refund_status', 'cancel_order', 'damaged_item'],
  refund_status: ['return_request', 'payment_problem'],
  cancel_order: ['return_request', 'order_status'],
  change_address: ['order_status', 'account_access'],
  invoice_request: ['payment_problem', 'order_status'],
  payment_problem: ['refund_status', 'invoice_request'],
  complaint: ['order_status'],
};

export function labelFor(mail: Mail, mistaken: boolean, draw: Draw): string {
  const { category } = mail.truth;
  if (!mistaken) return category;
  return draw.pick(confusable[category] ?? categories.filter((other) => other !== category));
}

/** The details as JSON text; keys in the schema's order, compact most of the time. */
export function detailsFor(mail: Mail, mistaken: boolean, draw: Draw): string {
  const { order, product, quantity } = mistaken ? wrongDetails(mail.truth.details, draw) : mail.truth.details;
  const ordered = { order, product, quantity };
  return draw.chance(0.9) ? JSON.stringify(ordered) : JSON.stringify(ordered, null, 2);
}

/** One field is wrong: digits swapped, the brand left out, a quantity made up. */
function wrongDetails(right: Details, draw: Draw): Details {
  const wrong: Details[] = [{ ...right, quantity: right.quantity === null ? 1 : null }];
  if (right.order !== null) wrong.push({ ...right, order: misread(right.order, draw) });
  if (right.product?.includes(' '))
    wrong.push({ ...right, product: right.product.slice(right.product.indexOf(' ') + 1) });
  return draw.pick(wrong);
}

/** The next action; where mistaken, another tool, another argument, or digits swapped. */
export function actionFor(mail: Mail, mistaken: boolean, draw: Draw): Action {
  const { action } = mail.truth;
  if (!mistaken) return action;
  const { order_number: order, reason, queue } = action.arguments;
  const wrong: Action[] = [
    { name: 'escalate_to_human', arguments: { queue: draw.pick(['complaints', 'billing', 'sales']) } },
    { name: 'ask_order_number', arguments: {} },
  ];
  if (queue !== undefined)
    wrong.push({ name: action.name, arguments: { queue: draw.pick(['technical', 'complaints']) } });
  if (order !== undefined) {
    wrong.push({ name: action.name, arguments: { ...action.arguments, order_number: misread(order, draw) } });
    wrong.push({ name: 'lookup_order', arguments: { order_number: order } });
  }
  if (order !== undefined && reason !== undefined) {
    const other = draw.pick(['unwanted', 'damaged', 'does_not_fit']);
    wrong.push({ name: action.name, arguments: { order_number: order, reason: other } });
  }
  return draw.pick(wrong.filter((candidate) => !isDeepStrictEqual(candidate, action)));
}

const opening = [
  'thank you for writing to us.',
  'thanks for getting in touch.',
  'thank you for your message.',
  'it is good that you wrote to us.',
];
const middle: Readonly<Record<'product' | 'service', readonly string[]>> = {
  product: [
    'I have asked the maker about this and will write again within two days.',
    'The details are on the article page under "Measures and care"; what is missing there I will find out for you.',
    'All electric articles have two years of warranty, and spare parts can be had for five years.',
    'If it turns out not to suit you, the return is free within thirty days.',
    'Delivery takes two to four working days within the EU, four to seven to the UK, Norway and Switzerland.',
  ],
  service: [
    'What you describe is not how we want to treat anybody, and I am sorry about it.',
    'I have passed your mail on to the head of the team, who will look into it today.',
    'You will hear from us by tomorrow evening with what we have changed.',
    'I have taken your address off the list; it can take a day until no more mails come.',
    'If you like, a colleague will call you: just tell us a good time.',
  ],
};

/** A drafted reply; another one each time it is asked for. */
export function replyFor(mail: Mail, clerk: string, draw: Draw): string {
  const kind = mail.truth.category === 'complaint' ? 'service' : 'product';
  const about =
    mail.truth.details.product === null ? '' : ` It is about the ${mail.truth.details.product}, as I see.`;
  const start = draw.between(0, middle[kind].length - 1);
  const sentences = Array.from(
    { length: draw.between(1, 3) },
    (_, i) => middle[kind][(start + i * 2) % middle[kind].length],
  );
  const name = mail.from.name.split(' ')[0];
  return `${draw.pick(['Dear', 'Hello', 'Hi'])} ${name},\n\n${draw.pick(opening)}${about} ${sentences.join(' ')}\n\nKind regards\n${clerk}\nLumen & Oak`;
}
