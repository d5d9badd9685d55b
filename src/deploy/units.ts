/**
 * What belongs together among audits: those of one session, and those of one input. A unit is one stroke of luck, good or
 * bad, however many calls it has (stats/sequential). Remembers only what is recent, so that each comparison takes
 * constant time and room. Plain data.
 */
import type { Belonging } from '../core/deployment.ts';
import type { InUnit } from '../stats/sequential.ts';

/** A unit ends this number of comparisons after it began: what lasts longer is a state of affairs, not one stroke. */
const UNIT_LENGTH = 200;
/** An input that comes again this number of comparisons later counts anew: it is part of what the traffic is. */
const REPEAT_LENGTH = 50;

interface Unit extends InUnit {
  /** What leads to it: `s:` and a session, `i:` and an input. */
  readonly keys: readonly string[];
}

export interface Units {
  /** Comparisons so far. */
  readonly at: number;
  /** By number; a unit's number is the place of the comparison that began it. */
  readonly units: Readonly<Record<string, Unit>>;
  /** Which unit a session or an input belongs to. */
  readonly numbers: Readonly<Record<string, number>>;
}

export const noUnits = (): Units => ({ at: 0, units: {}, numbers: {} });

const NEW_UNIT: Unit = { n: 0, errors: 0, keys: [] };

/** The unit of a comparison to come, as it stands. */
export function unitOf(units: Units, belonging: Belonging): InUnit {
  const number = numberOf(units, belonging);
  return (number === null ? undefined : units.units[number]) ?? NEW_UNIT;
}

/** The same input first: what the specialist said of it is said already, in whichever session. */
function numberOf({ at, units, numbers }: Units, { session, input }: Belonging): number | null {
  const byInput = input === undefined ? undefined : numbers[`i:${input}`];
  if (byInput !== undefined && at - byInput < REPEAT_LENGTH) return byInput;
  const bySession = session === undefined ? undefined : numbers[`s:${session}`];
  return bySession !== undefined && units[bySession] ? bySession : null;
}

/** After one more comparison, and its unit before it. Changes what it is given in place, which is used up by this. */
export function addToUnit(
  given: Units,
  belonging: Belonging,
  wrong: boolean,
): { readonly units: Units; readonly before: InUnit } {
  const units = given.units as Record<string, Unit>;
  const numbers = given.numbers as Record<string, number>;
  const { at } = given;
  const ended = units[at - UNIT_LENGTH];
  if (ended) {
    delete units[at - UNIT_LENGTH];
    for (const key of ended.keys) if (numbers[key] === at - UNIT_LENGTH) delete numbers[key];
  }
  const known = numberOf(given, belonging);
  const number = known ?? at;
  const before = (known === null ? undefined : units[known]) ?? NEW_UNIT;
  const { session, input } = belonging;
  const keys = [...before.keys];
  if (input !== undefined) {
    const seen = numbers[`i:${input}`];
    if (seen === undefined || at - seen >= REPEAT_LENGTH) keys.push(`i:${input}`);
  }
  if (session !== undefined && known === null) keys.push(`s:${session}`);
  for (let i = before.keys.length; i < keys.length; i++) numbers[keys[i]!] = number;
  units[number] = { n: before.n + 1, errors: before.errors + (wrong ? 1 : 0), keys };
  return { units: { at: at + 1, units, numbers }, before };
}
