/**
 * Mutated bodies of one dialect through all that reads and writes a call: nothing throws, a stream says the same however it
 * is cut, and what is written has a bounded size. Deterministic by its seed.
 */
import fc from 'fast-check';
import { seededRandom } from '../../src/core/random.ts';
import { handle } from '../../test/support/nearly-right.ts';
import type { Bodies } from '../../test/support/wire-bodies.ts';
import { cut, mutate } from './mutate.ts';

export interface Fuzzed {
  readonly inputs: number;
  /** Of them, how many were read as a request, as a response, as a stream. */
  readonly requests: number;
  readonly responses: number;
  readonly streams: number;
  readonly failures: readonly Failure[];
  /** Of a request, a response and a stream, and their bytes. */
  readonly slowestMs: number;
  readonly slowestBytes: number;
}

export interface Failure {
  readonly dialect: string;
  readonly what: string;
  /** Base64 of the bodies, so that it can be tried again. */
  readonly request: string;
  readonly response: string;
  readonly stream: string;
}

/** Bodies that are changed, of each sort. Few that are drawn can be read, so half the pool is of those that can. */
const POOL = 500;
const DRAWN = 10_000;
/** A request, a response and a stream. */
const BODIES_A_ROUND = 3;
/** Failures that are kept whole; more are only counted by being listed without end. */
const MAX_FAILURES = 20;

/** Bodies of a dialect, mutated without end. */
export function fuzzer({ dialect, request, response, event }: Bodies, seed: number) {
  const random = seededRandom(seed);
  const sampled = (
    arbitrary: fc.Arbitrary<unknown>,
    salt: number,
    isRead: (bytes: Buffer) => boolean,
  ): Buffer[] => {
    const drawn = fc
      .sample(arbitrary, { numRuns: DRAWN, seed: seed + salt })
      .map((value) => Buffer.from(JSON.stringify(value) ?? 'null'));
    return [...drawn.filter(isRead).slice(0, POOL / 2), ...drawn.slice(0, POOL / 2)];
  };
  const isEvent = (bytes: Buffer): boolean => {
    const accumulator = dialect.streamAccumulator();
    accumulator.push(Buffer.concat([Buffer.from('data: '), bytes, Buffer.from('\n\n')]));
    return accumulator.end() !== null;
  };
  const pools = {
    request: sampled(request, 1, (bytes) => dialect.parseRequest(bytes) !== null),
    response: sampled(response, 2, (bytes) => dialect.parseResponse(bytes) !== null),
    event: sampled(event, 3, isEvent),
  };
  const one = (pool: readonly Buffer[]): Buffer => mutate(random.pick(pool), pool, random);
  const stream = (): Buffer => {
    const line = random.pick(['\n', '\r\n', '\r']);
    const events = Array.from({ length: random.below(6) }, () =>
      Buffer.concat([Buffer.from('data: '), one(pools.event), Buffer.from(line + line)]),
    );
    return mutate(Buffer.concat(events), pools.event, random);
  };
  return {
    dialect,
    random,
    next: () => ({ request: one(pools.request), response: one(pools.response), stream: stream() }),
  };
}

/** @param inputs Bodies of all three sorts. @param onProgress Called now and then with the number of inputs done. */
export function fuzzReading(
  bodies: Bodies,
  inputs: number,
  seed: number,
  onProgress: (done: number) => void,
): Fuzzed {
  const { dialect, random, next } = fuzzer(bodies, seed);
  const counts = { requests: 0, responses: 0, streams: 0 };
  const failures: Failure[] = [];
  let [slowestMs, slowestBytes] = [0, 0];
  for (let i = 0; i < inputs && failures.length < MAX_FAILURES; i += BODIES_A_ROUND) {
    const made = next();
    const began = performance.now();
    try {
      const asked = dialect.parseRequest(made.request);
      const answered = dialect.parseResponse(made.response);
      handle(dialect, asked, answered);
      const [whole, pieces] = [[made.stream], cut(made.stream, random)].map((chunks) => {
        const accumulator = dialect.streamAccumulator();
        for (const chunk of chunks) accumulator.push(chunk);
        return accumulator.end();
      });
      if (JSON.stringify(whole) !== JSON.stringify(pieces))
        throw new Error('a stream reads otherwise when it is cut');
      handle(dialect, asked, whole ?? null);
      if (asked) counts.requests++;
      if (answered) counts.responses++;
      if (whole) counts.streams++;
    } catch (error) {
      failures.push({
        dialect: dialect.name,
        what:
          error instanceof Error
            ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' ')
            : String(error),
        request: made.request.toString('base64'),
        response: made.response.toString('base64'),
        stream: made.stream.toString('base64'),
      });
    }
    const took = performance.now() - began;
    if (took > slowestMs) {
      slowestMs = took;
      slowestBytes = made.request.length + made.response.length + made.stream.length;
    }
    if (i % (10_000 * BODIES_A_ROUND) === 0) onProgress(i);
  }
  return { inputs, ...counts, failures, slowestMs, slowestBytes };
}
