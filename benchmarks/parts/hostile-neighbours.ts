/**
 * The hostile benchmark's neighbours: ordinary calls of several sizes at fixed times to one port. What one of them waited
 * is told beyond its own median when it was alone at that port.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type Lane, type LaneCall, openLane } from './lane.ts';
import { quantile } from './load.ts';

interface Neighbour extends LaneCall {
  readonly name: string;
  readonly everyMs: number;
}

/** Most calls repeat a long prompt; those that are new bring a text that nobody has seen, as a document or a tool's result. */
export const NEIGHBOURS: readonly Neighbour[] = [
  { name: '3 KB', bytes: 3000, isNew: false, everyMs: 10 },
  { name: '12 KB', bytes: 12_000, isNew: false, everyMs: 40 },
  { name: '100 KB', bytes: 100_000, isNew: false, everyMs: 100 },
  { name: '100 KB, new', bytes: 100_000, isNew: true, everyMs: 130 },
  { name: '1 MB, new', bytes: 1_000_000, isNew: true, everyMs: 450 },
];

/** A gateway that has not answered its neighbour after so long is given up. */
const STUCK_MS = 45_000;

export interface Waits {
  readonly p99Ms: number;
  readonly worstMs: number;
}

export interface Neighbours {
  /** Learns what each waits when alone; gives its median and its worst beyond that. */
  alone(ms: number): Promise<readonly { readonly p50Ms: number; readonly worstMs: number }[]>;
  /** What each waited while `work` went on, and for what it had begun by then. */
  during(work: () => Promise<unknown>): Promise<readonly Waits[]>;
  /** Takes over what others learnt alone at a port of the same kind. */
  knowing(medians: readonly number[]): void;
  readonly medians: readonly number[];
  readonly failed: number;
  readonly waiting: number;
  close(): Promise<void>;
}

export function openNeighbours(port: number): Neighbours {
  const lanes: readonly Lane[] = NEIGHBOURS.map((each) => openLane(port, each));
  let medians: readonly number[] = NEIGHBOURS.map(() => 0);
  const measure = async (work: () => Promise<unknown>): Promise<number[][]> => {
    lanes.forEach((lane, i) => {
      lane.begin(NEIGHBOURS[i]!.everyMs);
    });
    await work();
    return Promise.all(lanes.map((lane) => lane.end(STUCK_MS)));
  };
  return {
    alone: async (ms) => {
      const times = await measure(() => wait(ms));
      medians = times.map((each) => quantile(each, 0.5));
      return times.map((each, i) => ({
        p50Ms: rounded(medians[i]!),
        worstMs: rounded(Math.max(...each) - medians[i]!),
      }));
    },
    during: async (work) =>
      (await measure(work)).map((each, i) => ({
        p99Ms: rounded(quantile(each, 0.99) - medians[i]!),
        worstMs: rounded(Math.max(0, ...each) - medians[i]!),
      })),
    knowing: (known) => {
      medians = known;
    },
    get medians() {
      return medians;
    },
    get failed() {
      return lanes.reduce((sum, { failed }) => sum + failed, 0);
    },
    get waiting() {
      return lanes.reduce((sum, { waiting }) => sum + waiting, 0);
    },
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
