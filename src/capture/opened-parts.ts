/**
 * A call's parts, opened: what each holds and what was found in it.
 * Does not: open, look through or seal them (second-stage.ts).
 */
import { boundedCache } from '../core/bounded-cache.ts';
import type { CallRequest, Message, Tool } from '../core/call.ts';
import type { Entity } from '../core/entity.ts';
import type { SealedPart, StoredCall } from '../core/store.ts';
import type { JournalCall } from './frames.ts';
import type { CallAbout, PartKind, PartValues, RequestSettings } from './parts.ts';
import { redactPart } from './redact/redact-call.ts';
import type { RedactText } from './redact/redact-schema.ts';
import type { TakenWord } from './same-words.ts';
import { textsOf, type WalkedText } from './texts.ts';
import { dayOf } from './vault.ts';

/** A part, opened and looked through. */
export interface Found {
  /** Of each text, in the order of the walk. */
  readonly entities: readonly (readonly Entity[])[];
  /** People, to be replaced in the other parts of the call too. */
  readonly names: readonly string[];
  /** All that is replaced, as it was. */
  readonly taken: readonly TakenWord[];
  /** The texts that were walked, of a response. */
  readonly texts: readonly string[];
  /** What is said about a call, of such a part. */
  readonly about: CallAbout | null;
  /** Its words in small letters; null until they are asked for. */
  words: ReadonlySet<string> | null;
}

/** A part that a call holds. It is opened when its content is needed: most were looked through before. */
export interface Opened {
  readonly kind: PartKind;
  readonly part: SealedPart;
  /** @throws Error where it cannot be opened, though it could be before. */
  value(): unknown;
  /** Whether the value is what was sealed, and not brought up to date since. */
  readonly isAsSealed: boolean;
  /** Set once it was looked through. */
  found?: Found;
  /** What became of it with these names of a call: a conversation has the same ones in each of its calls. */
  last?: { readonly names: Names; readonly part: SealedPart };
}

/** Names to be replaced; one object for equal lists, since what is made of them is kept by the array. */
export interface Names {
  readonly all: readonly string[];
  /** Of each name, its words in small letters. */
  readonly words: readonly (readonly string[])[];
}

export function walkedTexts({ kind, value }: Opened): WalkedText[] {
  return textsOf((redact) => redactedPart(kind, value(), redact));
}

export function wordsOf(each: Opened): ReadonlySet<string> {
  return new Set(walkedTexts(each).flatMap(({ text }) => text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? []));
}

export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export function daysOf(calls: readonly JournalCall[], parts: ReadonlyMap<string, SealedPart>): Set<string> {
  const days = new Set<string>();
  for (const call of calls) {
    days.add(dayOf(call.at));
    for (const id of 'aboutPart' in call ? idsOf(call) : idsOf({ ...call, aboutPart: '' })) {
      const part = parts.get(id);
      if (part) days.add(part.day);
    }
  }
  return days;
}

/** The parts of a call: about, settings, tools, messages, response. */
export function idsOf({ aboutPart, requestParts, responsePart }: StoredCall): string[] {
  const ids = [aboutPart, ...requestParts];
  if (responsePart !== null) ids.push(responsePart);
  return ids;
}

const FIRST: readonly PartKind[] = ['about', 'settings', 'tools'];

/** What stands in the part at this index of idsOf. */
export function kindAt({ requestParts }: StoredCall, index: number): PartKind {
  return index > requestParts.length ? 'response' : (FIRST[index] ?? 'message');
}

/** The request that these parts hold. */
export function requestOf({ requestParts, stream }: StoredCall, held: readonly Opened[]): CallRequest {
  const [settings, tools, ...messages] = held.slice(1, 1 + requestParts.length);
  return {
    model: '',
    messages: messages.map((each) => each.value() as Message),
    tools: tools!.value() as readonly Tool[],
    ...(settings!.value() as RequestSettings),
    stream,
  };
}

/** The part's value for the store: redacted, and without the words that it brought. */
export function redactedPart(kind: PartKind, value: unknown, redact: RedactText): unknown {
  const redacted = redactPart(kind, value as PartValues[typeof kind], redact);
  if (kind !== 'about') return redacted;
  const { vocabulary: _, ...about } = redacted as CallAbout;
  return about;
}

const REMEMBERED_NAMES_BYTES = 4 * 1024 * 1024;
const NO_NAMES: Names = { all: [], words: [] };

/** Lists of names, one object for equal ones. */
export function sharedNames(): {
  readonly of: (all: readonly string[]) => Names;
  /** Those that were found in these parts. */
  readonly parts: (held: readonly Opened[]) => Names;
} {
  const namesBefore = boundedCache<Names>(REMEMBERED_NAMES_BYTES, ({ all }) => 200 + 100 * all.length);
  const namesOf = (all: readonly string[]): Names => {
    if (all.length === 0) return NO_NAMES;
    const key = all.join('\0');
    const before = namesBefore.get(key);
    if (before) return before;
    const made = { all, words: all.map((name) => name.toLowerCase().split(/[^\p{L}\p{M}]+/u)) };
    namesBefore.set(key, made);
    return made;
  };
  const parts = (held: readonly Opened[]): Names => {
    const all = new Set<string>();
    for (const { found } of held) for (const name of found!.names) all.add(name);
    return all.size === 0 ? NO_NAMES : namesOf([...all]);
  };
  return { of: namesOf, parts };
}
