/** Who goes into which split: whole sessions, in order. Does not: look at the content. */
import { SPLITS, type SplitName } from '../core/dataset.ts';

export type Shares = Readonly<Record<SplitName, number>>;

/**
 * Shares of `n` calls that serve the gate: at ε = 2 % and δ = 5 % a threshold needs 149 held-back served calls
 * without an error, 313 with two, and only a part of them is served. Two fifths are held back for it until they are
 * 600, then a fifth: more calls teach more than they prove.
 */
export function defaultShares(n: number): Shares {
  const calibration = share(n, 0.4, 600, 0.2);
  const exam = share(n, 0.12, 300, 0.1);
  const validation = share(n, 0.12, 400, 0.05);
  return { train: 1 - validation - calibration - exam, validation, calibration, exam };
}

/**
 * How many more calls it takes, about, until this number of them is held back for calibration.
 * @param calls Of the epoch so far. @param fresh Those of them that came after its change was found.
 * @param provable Share of the calls by which the splits' shares are reckoned (defaultShares).
 */
export function callsToHoldBack(calibration: number, calls = 0, fresh = calls, provable = 1): number {
  const all = Math.ceil(calibration / (calibration * provable <= 600 ? 0.4 : 0.2));
  // Those that were looked at are not held back: of the later ones the calibration split has the more.
  const { calibration: share, exam } = defaultShares(all * provable);
  return Math.max(0, all - calls, Math.ceil((calibration * (share + exam)) / share) - fresh);
}

/** `high` of n until that is `enough`, then `enough` until that is `low` of n. */
function share(n: number, high: number, enough: number, low: number): number {
  return n * high <= enough ? high : Math.max(enough / n, low);
}

/**
 * Splits for sessions given in their order, with the number of calls in each: train, validation, calibration,
 * exam, one after the other. With four sessions or more no split with a share is left empty.
 */
export function splitSessions(sizes: readonly number[], shares: Shares): SplitName[] {
  const wanted = SPLITS.filter((name) => shares[name] > 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const whole = wanted.reduce((sum, name) => sum + shares[name], 0);
  const out: SplitName[] = [];
  let at = 0;
  let seen = 0;
  let inSplit = 0;
  let end = shares[wanted[0] ?? 'train'] / whole;
  for (const [i, size] of sizes.entries()) {
    const splitsLeft = wanted.length - at - 1;
    // A session goes where its middle falls; a split that has one gives way when those left need one each.
    const past = (seen + size / 2) / total >= end;
    const needed = sizes.length - i <= splitsLeft;
    if (at < wanted.length - 1 && inSplit > 0 && (past || needed)) {
      at++;
      inSplit = 0;
      end += shares[wanted[at]!] / whole;
    }
    out.push(wanted[at] ?? 'train');
    seen += size;
    inSplit++;
  }
  return out;
}

/**
 * As splitSessions, for the sessions of an epoch: the first `looked` of them, which began before its change was found, are in no
 * split that proves.
 */
export function splitEpoch(sizes: readonly number[], looked: number, shares: Shares): SplitName[] {
  const names = splitSessions(sizes, shares);
  const proves = (name: SplitName): boolean => name === 'calibration' || name === 'exam';
  if (!names.slice(0, looked).some(proves)) return names;
  const teaching = { ...shares, calibration: 0, exam: 0 };
  const proving = { ...shares, train: 0, validation: 0 };
  return [...splitSessions(sizes.slice(0, looked), teaching), ...splitSessions(sizes.slice(looked), proving)];
}
