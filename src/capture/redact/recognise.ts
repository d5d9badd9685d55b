/** All recognisers of the first stage over one plain text. */
import { findAges, findBirths } from './born.ts';
import { findCjk } from './cjk.ts';
import { findAnnounced } from './context.ts';
import { CUE } from './cues.ts';
import { findEmails, findOwners } from './email.ts';
import { keptPlaces } from './kept.ts';
import { findHeaders, findPrivateKeys } from './keys.ts';
import { findLetterIds } from './letter-ids.ts';
import { type Match, type Recogniser, withoutOverlaps } from './match.ts';
import { findCards, findIbans } from './money.ts';
import { findNationalNumbers } from './national-numbers.ts';
import { findNetworkAddresses } from './network.ts';
import { findCommandSecrets, findPasswords, findUrlSecrets } from './passwords.ts';
import { findPhones } from './phones.ts';
import type { RedactionPolicy } from './policy.ts';
import { type Scan, scanText } from './scan.ts';
import { findStreets } from './streets.ts';
import { findTokens } from './tokens.ts';
import { findUsernames } from './usernames.ts';
import { findWallets } from './wallets.ts';

/** Lists of a scan, as bits: a recogniser whose lists are all empty has nothing to begin at. */
const AT = {
  numbers: 1,
  mixed: 2,
  ats: 4,
  colons: 8,
  queries: 16,
  schemes: 32,
  dashes: 64,
  cjk: 128,
} as const;

/**
 * Most certain first: where two overlap, the earlier one has it. With what each begins at: any of these lists, or any of
 * these families of cues.
 */
const LISTED: readonly (readonly [find: Recogniser, lists: number, families: number])[] = [
  [findPrivateKeys, AT.dashes, 0],
  [findTokens, AT.numbers | AT.mixed, CUE.token],
  [findHeaders, 0, CUE.header],
  [findUrlSecrets, AT.schemes | AT.queries, 0],
  [findCommandSecrets, AT.dashes, CUE.command],
  [findPasswords, 0, CUE.secret],
  [findEmails, AT.ats, 0],
  [findOwners, AT.ats, 0],
  [findIbans, AT.mixed, 0],
  [findCards, AT.numbers, 0],
  [findNationalNumbers, AT.numbers, 0],
  [findLetterIds, AT.numbers | AT.mixed, 0],
  [findNetworkAddresses, AT.numbers | AT.mixed | AT.colons, 0],
  [findWallets, AT.mixed, 0],
  [findBirths, 0, CUE.born],
  [findCjk, AT.cjk, 0],
  [findAnnounced, 0, CUE.announced],
  [findUsernames, 0, CUE.username],
  [findStreets, AT.numbers | AT.mixed, 0],
  [findPhones, AT.numbers, 0],
  [findAges, 0, CUE.age],
];

export const RECOGNISERS: readonly Recogniser[] = LISTED.map(([find]) => find);

const listsOf = (scan: Scan): number =>
  (scan.numbers.length > 0 ? AT.numbers : 0) |
  (scan.mixed.length > 0 ? AT.mixed : 0) |
  (scan.ats.length > 0 ? AT.ats : 0) |
  (scan.colons.length > 0 ? AT.colons : 0) |
  (scan.queries.length > 0 ? AT.queries : 0) |
  (scan.schemes.length > 0 ? AT.schemes : 0) |
  (scan.dashes.length > 0 ? AT.dashes : 0) |
  (scan.cjk ? AT.cjk : 0);

/** What decides surrogates and what is left, for all of a call's texts. */
export interface RedactContext {
  /** 32 bytes or so; decides the surrogates. */
  readonly key: Uint8Array;
  readonly policy: RedactionPolicy;
  /** Values that are vocabulary of the call site: never replaced where they stand as they are, case and all. */
  readonly keep?: ReadonlySet<string>;
  /** Is told each replacement, for putting originals back in an answer to the same request. */
  readonly onReplace?: (original: string, surrogate: string) => void;
}

/** What the recognisers take in a plain text: in order, without overlaps, and without what is kept. */
export function matchesIn(text: string, context: RedactContext): Match[] {
  if (text.length < 3) return [];
  const { policy } = context;
  const scan = scanText(text);
  const lists = listsOf(scan);
  const groups: Match[][] = [];
  for (const recogniser of policy.own) groups.push(recogniser(scan));
  for (const [find, needed, families] of LISTED) {
    if ((needed & lists) === 0 && (families & scan.families) === 0) continue;
    const found = find(scan);
    if (found.length > 0) groups.push(found);
  }
  if (groups.length === 0) return [];
  const matches = withoutOverlaps(groups).filter(({ kind }) => policy.kinds.has(kind));
  return withoutKept(text, matches, context);
}

/** Those that lie inside no occurrence of a kept value. */
export function withoutKept(text: string, matches: readonly Match[], context: RedactContext): Match[] {
  const sets = [context.policy.keep, context.keep].filter((set) => set !== undefined && set.size > 0);
  if (matches.length === 0 || sets.length === 0) return [...matches];
  const kept = sets.map((set) => keptPlaces(text, set as ReadonlySet<string>));
  return matches.filter(({ start, end }) => !kept.some((isKept) => isKept(start, end)));
}
