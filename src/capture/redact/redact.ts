/**
 * Replaces personal data and secrets in a text by surrogates of the same type and look. Pure: the same text and key
 * always give the same result, and the same person has the same surrogate in every text under one key. Texts that
 * are JSON stay JSON of the same shape.
 */
import type { CallRequest } from '../../core/call.ts';
import { findAddresses, findEmails, findPhones } from './contact.ts';
import type { Entity } from './entity.ts';
import { mapJsonStrings } from './json-strings.ts';
import { type Recogniser, replaceMatches } from './match.ts';
import { findCards, findIbans } from './money.ts';
import { findNames, namesIn } from './names.ts';
import { findAssignedSecrets, findKnownSecrets } from './secrets.ts';

/** Most certain first: where two overlap, the earlier one has it. */
const RECOGNISERS: readonly Recogniser[] = [
  findKnownSecrets,
  findAssignedSecrets,
  findEmails,
  findIbans,
  findCards,
  findAddresses,
  findPhones,
];

/**
 * The text without email addresses, phone and card numbers, IBANs, IP addresses, keys and tokens, and names in
 * obvious positions.
 * @param key 32 bytes or so; decides the surrogates.
 * @param known Names found elsewhere in what belongs together (see namesOf).
 */
export function redact(text: string, key: Uint8Array, known: readonly string[] = []): string {
  return redactWith(text, key, [...new Set([...known, ...namesOf(text)])]);
}

/** The names in obvious positions in a text, to be replaced in others that belong to it. */
export function namesOf(text: string): string[] {
  const names: string[] = [];
  const seen = mapJsonStrings(text, (value, label) => {
    names.push(...namesIn(labelled(value, label)));
    return value;
  });
  if (seen === null) names.push(...namesIn(text));
  return [...new Set(names)];
}

/** As redact, with the names given and no search for others. */
export function redactWith(text: string, key: Uint8Array, names: readonly string[]): string {
  const json = mapJsonStrings(text, (value, label) => {
    if (label === '') return redactPlain(value, key, names);
    // The key stands before its value, as it would in plain text, and is taken off again.
    const prefix = labelled('', label);
    const made = redactPlain(prefix + value, key, names);
    return made.startsWith(prefix) ? made.slice(prefix.length) : redactPlain(value, key, names);
  });
  return json ?? redactPlain(text, key, names);
}

function redactPlain(text: string, key: Uint8Array, names: readonly string[]): string {
  if (text.length < 3) return text;
  const groups = RECOGNISERS.map((recogniser) => recogniser(text, key));
  groups.push(findNames(text, names, key));
  return replaceMatches(text, groups);
}

/** `first_name` and `Mia` read as "first name: Mia". */
function labelled(value: string, label: string): string {
  if (label === '') return value;
  return `${label.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ')}: ${value}`;
}

// --- replaced on merge
export interface RedactContext {
  readonly key: Uint8Array;
  readonly policy: unknown;
  readonly keep?: ReadonlySet<string>;
}
export function redactText(text: string, context: RedactContext): string {
  return redactWith(text, context.key, []);
}
export function redactEntities(
  text: string,
  entities: readonly Entity[],
  names: readonly string[],
  context: RedactContext,
): string {
  return redactWith(text, context.key, [...names, ...namesOfEntities(text, entities)]);
}
export function entityTexts(text: string): {
  texts: readonly string[];
  place: (found: readonly (readonly Entity[])[]) => Entity[];
} {
  return { texts: [text], place: (found) => [...(found[0] ?? [])] };
}
export function namesOfEntities(text: string, entities: readonly Entity[]): string[] {
  return entities.filter((e) => e.kind === 'person').map((e) => text.slice(e.start, e.end));
}
export function obviousNames(text: string): Entity[] {
  return namesOf(text).flatMap((name) => {
    const start = text.indexOf(name);
    return start < 0 ? [] : [{ start, end: start + name.length, kind: 'person' as const }];
  });
}
export function vocabularyOf(_request: CallRequest): Set<string> {
  return new Set();
}
export function compilePolicy(_config: unknown): unknown {
  return null;
}
