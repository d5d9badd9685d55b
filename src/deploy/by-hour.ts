/**
 * A sequential test whose units are hours: "of an hour's answers at most a share are hits, in the mean over hours". For what comes in
 * stretches of minutes, as a provider that answers with another model for a while: its answers then are one stroke, however many. A
 * fold in constant time and room; plain data. Does not: say what a hit is, or act (alarms.ts).
 *
 * An hour counts once it is over, by its share of hits: nothing has to be assumed of how hits lie within it.
 */
import {
  type Detector,
  detectShare,
  HORIZON_MS,
  NO_PILE,
  newDetector,
  type Pile,
  pileUpShare,
  WORSE_OR_ALWAYS,
} from '../stats/sequential.ts';

const HOUR_MS = 3_600_000;

export interface HourStream {
  readonly detector: Detector;
  readonly pile: Pile;
  /** When the last hour that counts was over, or the stream began; epoch milliseconds. */
  readonly at: number;
  /** The hour that is not over: its beginning, its answers, the hits among them, and when the first of these came. */
  readonly hour: {
    readonly at: number;
    readonly n: number;
    readonly hits: number;
    readonly since: number | null;
  };
}

const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

export const newHourStream = (at: number): HourStream => ({
  detector: newDetector(WORSE_OR_ALWAYS),
  pile: NO_PILE,
  at,
  hour: { at: hourOf(at), n: 0, hits: 0, since: null },
});

/** The stream after one more answer. @param bound The largest mean share that is no change. */
export function addToHour(stream: HourStream, hit: boolean, at: number, bound: number): HourStream {
  const { hour } = stream;
  const before = at < hour.at + HOUR_MS ? stream : overAt(stream, hourOf(at), bound);
  const { n, hits, since } = before.hour;
  return {
    ...before,
    hour: {
      at: before.hour.at,
      n: n + 1,
      hits: hits + (hit ? 1 : 0),
      since: since ?? (hit ? at : null),
    },
  };
}

/** The hour counts, and another one begins at `next`. */
function overAt({ detector, pile, at, hour }: HourStream, next: number, bound: number): HourStream {
  const begun = { at: next, n: 0, hits: 0, since: null };
  if (hour.n === 0) return { detector, pile, at, hour: begun };
  const passed = Math.max(0, next - at) / HORIZON_MS;
  return {
    detector: detectShare(detector, hour.hits / hour.n, bound, passed, WORSE_OR_ALWAYS),
    pile: pileUpShare(pile, hour, hour.since ?? hour.at, bound),
    at: next,
    hour: begun,
  };
}
