/**
 * The second stage of a live message: what was found in it and the names of its conversation are replaced, and words of the site that
 * were taken with others, as in "2x Halden", are put back, as they are when recorded calls are read.
 * Does not: find anything (live-redaction.ts).
 */
import type { Message } from '../core/call.ts';
import type { Entity } from '../core/entity.ts';
import { type RedactContext, redactEntities } from './redact/redact.ts';
import { redactMessage } from './redact/redact-call.ts';
import { type Place, restorer } from './site-words.ts';
import { textsOf, type WalkedText } from './texts.ts';

/** The words of a call site. */
export interface SiteWords {
  readonly keep: ReadonlySet<string>;
  /** The places that taken texts may have been. */
  readonly from: (taken: readonly string[]) => readonly Place[];
}

/** A message after the second stage, under the names that stand in it. */
export interface Second {
  readonly message: Message;
  readonly originals: readonly (readonly [surrogate: string, original: string])[];
}

/** A message after the first stage: what that replaced, and what was found in each of its texts. */
interface First {
  readonly message: Message;
  readonly originals: readonly (readonly [surrogate: string, original: string])[];
  readonly entities: readonly (readonly Entity[])[];
}

/** Looks up what was taken once, however many texts the message has. */
export function secondOf(
  { message, entities, originals: before }: First,
  names: readonly string[],
  { keep, from }: SiteWords,
  context: RedactContext,
): Second {
  const originals = new Map<string, string>();
  const second = { ...context, keep, onReplace: noting(originals) };
  const places = from([
    ...before.map(([, original]) => original),
    ...textsIn(message).flatMap(({ text }, i) =>
      (entities[i] ?? []).map(({ start, end }) => text.slice(start, end)),
    ),
    ...names,
  ]);
  const restore = restorer(places, context);
  let i = 0;
  const redacted = redactMessage(message, (text) =>
    restore(redactEntities(text, entities[i++] ?? [], names, second)),
  );
  return { message: redacted, originals: [...originals] };
}

export const textsIn = (message: Message): WalkedText[] =>
  textsOf((redact) => redactMessage(message, redact));

export function noting(originals: Map<string, string>): (original: string, surrogate: string) => void {
  return (original, surrogate) => {
    if (original !== surrogate) originals.set(surrogate, original);
  };
}
