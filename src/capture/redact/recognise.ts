/** All recognisers of the first stage over one plain text. */
import { findAges, findBirths } from './born.ts';
import { findCjk } from './cjk.ts';
import { findAnnounced } from './context.ts';
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
import { findWallets } from './wallets.ts';

/** Most certain first: where two overlap, the earlier one has it. */
export const RECOGNISERS: readonly Recogniser[] = [
  findPrivateKeys,
  findTokens,
  findHeaders,
  findUrlSecrets,
  findCommandSecrets,
  findPasswords,
  findEmails,
  findOwners,
  findIbans,
  findCards,
  findNationalNumbers,
  findLetterIds,
  findNetworkAddresses,
  findWallets,
  findBirths,
  findCjk,
  findAnnounced,
  findStreets,
  findPhones,
  findAges,
];

/** What decides surrogates and what is left, for all of a call's texts. */
export interface RedactContext {
  /** 32 bytes or so; decides the surrogates. */
  readonly key: Uint8Array;
  readonly policy: RedactionPolicy;
  /** Values that are vocabulary of the call site: never replaced where they stand as they are, case and all. */
  readonly keep?: ReadonlySet<string>;
}

/** What the recognisers take in a plain text: in order, without overlaps, and without what is kept. */
export function matchesIn(text: string, context: RedactContext): Match[] {
  if (text.length < 3) return [];
  const { policy } = context;
  const scan = scanText(text);
  if (isBare(scan) && policy.own.length === 0) return [];
  const groups: Match[][] = [];
  for (const recogniser of policy.own) groups.push(recogniser(scan));
  for (const recogniser of RECOGNISERS) {
    const found = recogniser(scan);
    if (found.length > 0) groups.push(found);
  }
  if (groups.length === 0) return [];
  const matches = withoutOverlaps(groups).filter(({ kind }) => policy.kinds.has(kind));
  return withoutKept(text, matches, context);
}

/** Nothing is there that any recogniser begins at. */
const isBare = (scan: Scan): boolean =>
  scan.numbers.length +
    scan.mixed.length +
    scan.cues.length +
    scan.ats.length +
    scan.colons.length +
    scan.queries.length +
    scan.schemes.length +
    scan.dashes.length ===
    0 && !scan.cjk;

/** Those that lie inside no occurrence of a kept value. */
export function withoutKept(text: string, matches: readonly Match[], context: RedactContext): Match[] {
  const sets = [context.policy.keep, context.keep].filter((set) => set !== undefined && set.size > 0);
  if (matches.length === 0 || sets.length === 0) return [...matches];
  const kept = sets.map((set) => keptPlaces(text, set as ReadonlySet<string>));
  return matches.filter(({ start, end }) => !kept.some((isKept) => isKept(start, end)));
}
