/**
 * Whether the calls of a specialist in service are still those that it was proved on: a fold over what is seen of each call beside
 * audits, in constant time and room. Five alarms: inputs are unlike those that were learnt from; the LLM has another name; it
 * answers inputs that come again otherwise; it agrees less with answers that were too unsure to be used, which costs nothing to
 * see; less is served than the exam showed. Each is a sequential test of "the share of hits is at most the one of the proof".
 * While that is so, any of them is raised within a quarter of a year with probability at most 5 ALARM_DELTA, however many calls
 * come.
 * Does not: act on an alarm (online/change-alarms.ts), or count audits (watch.ts).
 */
import type { Served } from '../core/call.ts';
import type { Deployment } from '../core/deployment.ts';
import type { Evidence, Rate, Specialist } from '../core/specialist.ts';
import {
  type Detector,
  detect,
  detects,
  HORIZON_MS,
  NO_PILE,
  newDetector,
  type Pile,
  pileUp,
  WORSE_OR_ALWAYS,
} from '../stats/sequential.ts';
import { rateOf } from '../stats/statistics.ts';
import { addToHour, type HourStream, newHourStream } from './by-hour.ts';
import { addToUnit, noUnits, type Units } from './units.ts';

/** In the order in which they say why: what is unfamiliar is not served either. */
export const ALARMS = [
  'inputs-unfamiliar',
  'llm-renamed',
  'llm-answers-changed',
  'agreement-fell',
  'coverage-fell',
] as const;
export type AlarmKind = (typeof ALARMS)[number];

/** Chance of a false alarm of one kind within a quarter (Ville's inequality), and half of it within each further one. */
const ALARM_DELTA = 0.006;
/** Share of unfamiliar inputs that is no alarm where it is not known how many there were among the held-back ones. */
const MAX_UNFAMILIAR = 0.05;
/** Share of an hour's answers by an LLM with another name that is no alarm in the mean over hours: a fallback used now and then. */
const MAX_RENAMED = 0.01;
/** Fewer unsure answers that were held back tell nothing of how many of them are wrong. */
const MIN_UNSURE = 10;
/** One-sided confidence of the limits that shares are compared with. */
const LIMIT = 0.98;

interface Stream {
  readonly detector: Detector;
  readonly units: Units;
  readonly pile: Pile;
  /** When the latest came, epoch milliseconds. */
  readonly at: number;
}

export interface ChangeWatch {
  /** By alarm the largest share of hits that is none; 1: never. */
  readonly bounds: Readonly<Record<AlarmKind, number>>;
  readonly streams: Readonly<Partial<Record<AlarmKind, Stream>>>;
  /** The stream of llm-renamed: a fallback lasts for minutes, whatever comes meanwhile, so that its unit is the hour. */
  readonly renamed?: HourStream;
}

/** What is seen of one call: for each alarm that it bears on, whether it supports it. */
export type Seen = Readonly<Partial<Record<AlarmKind, boolean>>>;

export interface Alarm {
  readonly kind: AlarmKind;
  /** When the change began, by what has piled up. */
  readonly since: number;
  /** Calls since then, and the hits among them. */
  readonly calls: number;
  readonly hits: number;
  /** The upper limit of their share: that of the world from here on. */
  readonly share: number;
}

/** The watch of a deployment from when it came into shadow, first or sent back. */
export function newChangeWatch(
  { evidence, proved }: Pick<Specialist, 'evidence' | 'proved'>,
  { history }: Pick<Deployment, 'history'>,
): ChangeWatch {
  const { exam } = evidence;
  const expected = history.findLast(({ expects }) => expects !== undefined)?.expects ?? {};
  return {
    bounds: {
      'inputs-unfamiliar': evidence.unfamiliar ? highShare(evidence.unfamiliar) : MAX_UNFAMILIAR,
      'llm-renamed': proved?.models === undefined ? 1 : MAX_RENAMED,
      'llm-answers-changed': contradictionBound(proved?.contradictions),
      'agreement-fell': unsureBound(evidence),
      'coverage-fell': 1 - lowLimit(exam.coverage),
      ...expected,
    },
    streams: {},
  };
}

/** Two answers to one input differ where one of them is not the usual one. No alarm where it is not known how often. */
function contradictionBound(
  counted: { readonly repeated: number; readonly differing: number } = { repeated: 0, differing: 0 },
): number {
  return Math.min(1, 2 * highLimit(counted.differing, counted.repeated));
}

/** Of the held-back answers that were too unsure to be served, the largest share of errors that there may be. */
function unsureBound({ calibration: { curve }, gate, judge }: Evidence): number {
  const all = curve.at(-1);
  const [n, errors] = [(all?.served ?? 0) - gate.served, (all?.errors ?? 0) - gate.errors];
  // Of few it is not known. With a cap on sessions, what is served changes with what is sure enough.
  // Where a judge has said what is wrong, answers that differ tell little.
  return judge || n < MIN_UNSURE || (gate.sessions?.cap ?? 1) > 1 ? 1 : highLimit(Math.max(0, errors), n);
}

const highLimit = (hits: number, n: number): number => (n === 0 ? 1 : rateOf(hits, n, 2 * LIMIT - 1).high);

const highShare = ({ share, n, effectiveN = n }: Rate): number => highLimit(share * effectiveN, effectiveN);

function lowLimit({ share, n, effectiveN = n }: Evidence['exam']['coverage']): number {
  return n === 0 ? 0 : rateOf(share * effectiveN, effectiveN, 2 * LIMIT - 1).low;
}

/** What a decision says; nothing where the specialist had no say in it. */
export function seenIn({ reason }: Pick<Served, 'reason'>, isLive: boolean): Seen {
  const outcome = coverageOf({ reason });
  if (outcome === null) return {};
  const isUnfamiliar = outcome === 'unfamiliar';
  return {
    'inputs-unfamiliar': isUnfamiliar,
    ...(isLive ? { 'coverage-fell': outcome !== 'served' } : {}),
  };
}

/** What a decision says of coverage; null where it says nothing: the specialist had no say in it. */
export function coverageOf({
  reason,
}: Pick<Served, 'reason'>): 'served' | 'escalated' | 'unfamiliar' | 'recognised' | null {
  switch (reason) {
    case 'confident':
      return 'served';
    case 'low-confidence':
    case 'invalid-output':
    case 'session-limit':
      return 'escalated';
    case 'unfamiliar-input':
      return 'unfamiliar';
    // Before it is live most of its calls are not decided on.
    case 'shadow':
    case 'canary':
      return 'recognised';
    default:
      return null;
  }
}

/**
 * The watch after one more call, and the alarm that it raises: once raised, again and again, until a new watch begins.
 * @param watch It is used up.
 * @param unit What the call belongs to, if that is known: a session, or an input that comes again.
 * @param repeats What it counts to as one of 'inputs-unfamiliar'. Default: the same.
 */
export function watchCall(
  watch: ChangeWatch,
  seen: Seen,
  at: number,
  unit?: string,
  repeats = unit,
): { readonly watch: ChangeWatch; readonly alarm: Alarm | null } {
  const streams = { ...watch.streams };
  let { renamed } = watch;
  let alarm: Alarm | null = null;
  for (const kind of ALARMS) {
    const hit = seen[kind];
    const bound = watch.bounds[kind];
    if (hit === undefined || bound >= 1) continue;
    if (kind === 'llm-renamed') {
      renamed = addToHour(renamed ?? newHourStream(at), hit, at, bound);
      if (alarm === null && detects(renamed.detector, ALARM_DELTA)) alarm = alarmOf(kind, renamed, at);
      continue;
    }
    const own = kind === 'inputs-unfamiliar' ? repeats : unit;
    const stream = after(streams[kind] ?? newStream(at), hit, bound, at, own);
    streams[kind] = stream;
    if (alarm === null && detects(stream.detector, ALARM_DELTA)) alarm = alarmOf(kind, stream, at);
  }
  return { watch: { ...watch, streams, ...(renamed ? { renamed } : {}) }, alarm };
}

const newStream = (at: number): Stream => ({
  detector: newDetector(WORSE_OR_ALWAYS),
  units: noUnits(),
  pile: NO_PILE,
  at,
});

function after(stream: Stream, hit: boolean, bound: number, at: number, unit?: string): Stream {
  const { units, before } = addToUnit(stream.units, unit === undefined ? {} : { session: unit }, hit);
  // Capital comes in by time, so that the chance of a false alarm is one for a quarter and not for a number of calls.
  const passed = Math.max(0, at - stream.at) / HORIZON_MS;
  return {
    detector: detect(stream.detector, hit, before, bound, passed, WORSE_OR_ALWAYS),
    units,
    pile: pileUp(stream.pile, hit, at, before.errors, bound),
    at,
  };
}

function alarmOf(kind: AlarmKind, { pile: { since, n, errors } }: Pick<Stream, 'pile'>, at: number): Alarm {
  return { kind, since: since ?? at, calls: n, hits: errors, share: highLimit(errors, n) };
}
