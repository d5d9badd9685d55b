/** What stands in the shop's mailbox: mails of customers, questions of the staff, and the truth about each. */

/** The labels of triage. */
export const categories = [
  'order_status',
  'damaged_item',
  'wrong_item',
  'return_request',
  'refund_status',
  'cancel_order',
  'change_address',
  'invoice_request',
  'payment_problem',
  'product_question',
  'account_access',
  'complaint',
] as const;

export type Category = (typeof categories)[number];

/** The order details in a mail; null where the mail does not say. */
export interface Details {
  /** Five digits. The one that holds, where the customer corrected himself. */
  readonly order: string | null;
  /** As written in the mail, letter by letter. */
  readonly product: string | null;
  readonly quantity: number | null;
}

/** A tool call that the agent should make. */
export interface Action {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string>>;
}

export interface Truth {
  readonly category: Category;
  readonly details: Details;
  readonly action: Action;
}

/** How a mail was written. For statistics and tests; the agent never sees it. */
export interface Making {
  /** Ids of the sentence patterns, in order. */
  readonly patterns: readonly string[];
  readonly language: 'en' | 'de' | 'es' | 'fr';
  /** One of the few that need the policy's small print to be sorted. */
  readonly hard: boolean;
}

/** A customer's mail. */
export interface Mail {
  readonly kind: 'mail';
  readonly id: string;
  /** Time of day, HH:MM. */
  readonly at: string;
  /** Given by the shop's mail system; five random letters and digits. */
  readonly ticket: string;
  readonly from: { readonly name: string; readonly email: string };
  readonly subject: string;
  readonly body: string;
  readonly truth: Truth;
  readonly making: Making;
}

/** A question that somebody of the staff asks the assistant. Nothing about it can be learnt. */
export interface Question {
  readonly kind: 'question';
  readonly id: string;
  readonly at: string;
  readonly text: string;
  /** One good answer among many. */
  readonly answer: string;
}

export type Work = Mail | Question;
