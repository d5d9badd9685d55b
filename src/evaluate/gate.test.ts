import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '../core/random.ts';
import { binomialTail } from '../stats/statistics.ts';
import { canPass, runGate, testThresholds, whyNotYet } from './gate.ts';
import { riskCurve, type ScoredAnswer, servedAt } from './gate-order.ts';

const OPTIONS = { epsilon: 0.02, delta: 0.05 };

/** Confidence is uniform; the chance of an error falls with it: error(c) = worst · (1 − c)^power + floor. */
interface Population {
  readonly worst: number;
  readonly power: number;
  readonly floor: number;
}

const draw = (random: Random, n: number, { worst, power, floor }: Population): ScoredAnswer[] =>
  Array.from({ length: n }, () => {
    const confidence = random.next();
    return { confidence, correct: random.next() >= worst * (1 - confidence) ** power + floor };
  });

/** The true error among calls with confidence ≥ t: the mean of error(c) over [t, 1]. */
const trueError = (t: number, { worst, power, floor }: Population): number =>
  floor + (worst * (1 - t) ** power) / (power + 1);

/** Answers without an error, all equally sure, in sessions of `length`. */
const perfect = (name: string, n: number, length = 1): ScoredAnswer[] =>
  Array.from({ length: n }, (_, i) => ({
    confidence: 0.9,
    correct: true,
    session: `${name}${Math.floor(i / length)}`,
  }));

test('the bound breaks in at most delta of the splits', () => {
  const populations: Population[] = [
    { worst: 0.5, power: 2, floor: 0 },
    { worst: 0.3, power: 1, floor: 0.005 },
    { worst: 0.1, power: 4, floor: 0.0195 }, // hardly any threshold is good
    { worst: 0, power: 1, floor: 0.0201 }, // none is good, by a hair: the hardest case
  ];
  for (const population of populations) {
    const random = seededRandom(17);
    const runs = 800;
    let broken = 0;
    let passed = 0;
    for (let run = 0; run < runs; run++) {
      const gate = runGate(draw(random, 300, population), draw(random, 600, population), OPTIONS);
      if (!gate.passed) continue;
      passed++;
      if (trueError(gate.threshold!, population) > OPTIONS.epsilon) broken++;
    }
    const margin = 2 * Math.sqrt((0.05 * 0.95) / runs);
    assert.ok(
      broken / runs <= OPTIONS.delta + margin,
      `${JSON.stringify(population)}: ${broken} broken, ${passed} passed of ${runs}`,
    );
  }
});

test('a clean specialist passes nearly always, and serves most calls', () => {
  const random = seededRandom(5);
  const clean = { worst: 0.015, power: 4, floor: 0 }; // 0.3 % error in all
  const runs = 200;
  let passed = 0;
  let coverage = 0;
  for (let run = 0; run < runs; run++) {
    const gate = runGate(draw(random, 200, clean), draw(random, 400, clean), OPTIONS);
    if (gate.passed) passed++;
    coverage += gate.served / gate.n / runs;
  }
  assert.ok(passed / runs >= 0.93, `${passed} of ${runs}`);
  assert.ok(coverage > 0.9, `${coverage}`);
});

test('a specialist that is unsure of its errors passes, serving about what it may', () => {
  const random = seededRandom(6);
  const population = { worst: 0.5, power: 9, floor: 0 };
  const gate = runGate(draw(random, 1000, population), draw(random, 2000, population), OPTIONS);
  assert.ok(gate.passed);
  // The true error reaches 2 % at coverage (0.02 · 10 / 0.5)^(1/9) = 90 %.
  assert.ok(gate.served / gate.n > 0.7 && gate.served / gate.n < 0.92, `${gate.served} of ${gate.n}`);
});

test('148 calls without an error are too few, 149 are enough', () => {
  const sure = (n: number): ScoredAnswer[] =>
    Array.from({ length: n }, () => ({ confidence: 0.9, correct: true }));
  const gate = runGate(sure(100), sure(148), OPTIONS);
  assert.equal(gate.passed, false);
  assert.match(gate.reason, /Only 148 held-back calls.*149/);
  assert.ok(gate.moreCalls !== null && gate.moreCalls >= 1 && gate.moreCalls < 300, `${gate.moreCalls}`);
  assert.equal(runGate(sure(100), sure(149), OPTIONS).passed, true);
});

test('where no threshold comes near, more calls are not promised', () => {
  const random = seededRandom(8);
  const bad = { worst: 0.3, power: 0, floor: 0 };
  const gate = runGate(draw(random, 300, bad), draw(random, 300, bad), OPTIONS);
  assert.equal(gate.passed, false);
  assert.equal(gate.moreCalls, null);
  assert.equal(gate.threshold, null);
});

test('calls that have changed since validation are not made good by more of them', () => {
  const all = (n: number, confidence: number, correct: boolean): ScoredAnswer[] =>
    Array.from({ length: n }, () => ({ confidence, correct }));
  // A new kind of call has come up: nothing is as sure as it was. Then: as sure as it was, and wrong too often.
  const unsure = runGate(all(350, 0.9, true), all(245, 0.2, false), OPTIONS);
  assert.equal(unsure.moreCalls, null);
  const wrong = runGate(all(900, 0.9, true), [...all(190, 0.9, true), ...all(12, 0.9, false)], OPTIONS);
  assert.equal(wrong.passed, false);
  assert.equal(wrong.moreCalls, null);
});

test('nothing to go by is a refusal, not a crash', () => {
  assert.equal(runGate([], [], OPTIONS).passed, false);
  assert.equal(runGate([{ confidence: 1, correct: true }], [], OPTIONS).passed, false);
});

test('the curve ends with everything served, and never falls in coverage', () => {
  const scored = draw(seededRandom(9), 333, { worst: 0.5, power: 1, floor: 0 });
  const curve = riskCurve(scored);
  assert.equal(curve.at(-1)!.served, 333);
  assert.equal(curve.at(-1)!.errors, scored.filter(({ correct }) => !correct).length);
  for (let i = 1; i < curve.length; i++) assert.ok(curve[i]!.coverage > curve[i - 1]!.coverage);
});

/** Sessions of `calls` calls, of which each has its own error rate (beta with the given mean and correlation 0.5). */
const drawSessions = (random: Random, sessions: number, calls: number, error: number): ScoredAnswer[] =>
  Array.from({ length: sessions }, (_, s) => {
    // With correlation 0.5 the session's rate is Beta(error, 1 − error): by two powers of uniforms (Jöhnk 1964).
    let [x, y] = [1, 1];
    while (x + y > 1 || x + y === 0) {
      x = random.next() ** (1 / error);
      y = random.next() ** (1 / (1 - error));
    }
    const rate = x / (x + y);
    return Array.from({ length: calls }, () => ({
      confidence: random.next(),
      correct: random.next() >= rate,
      session: `s${s}`,
    }));
  }).flat();

test('calls of a session do not add up to a proof: few false passes with 20 calls a session', () => {
  const random = seededRandom(21);
  const [runs, error] = [200, 0.0201];
  let [passed, plain] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const calibration = drawSessions(random, 200, 20, error);
    if (testThresholds(drawSessions(random, 100, 20, error), calibration, OPTIONS).chosen) passed++;
    const errors = calibration.filter(({ correct }) => !correct).length;
    if (binomialTail(errors, calibration.length, OPTIONS.epsilon) <= OPTIONS.delta) plain++;
  }
  assert.ok(passed / runs <= 0.05, `${passed} of ${runs}`);
  assert.ok(plain / runs > 0.1, `the plain test passes ${plain} of ${runs}: this simulation shows nothing`);
});

test('a specialist that is right throughout passes by session, and the evidence says what its calls are worth', () => {
  const sessions = (n: number): ScoredAnswer[] =>
    Array.from({ length: n * 3 }, (_, i) => ({ confidence: 0.9, correct: true, session: `s${i % n}` }));
  const passed = runGate(sessions(100), sessions(200), OPTIONS);
  assert.equal(passed.passed, true);
  assert.deepEqual([passed.n, passed.sessions?.count, passed.sessions?.cap], [600, 200, 3]);
  assert.ok(Math.abs(passed.sessions!.effectiveCalls - 200) < 1, `${passed.sessions?.effectiveCalls}`);
  assert.match(passed.reason, /200 sessions are worth (199|200) /);
  const refused = runGate(sessions(100), sessions(120), OPTIONS);
  assert.equal(refused.passed, false);
  assert.match(refused.reason, /Only 360 held-back calls.*447 in 149 sessions/);
  assert.ok(refused.moreCalls !== null && refused.moreCalls >= 87, `${refused.moreCalls}`);
});

test('a call without a session is a session of its own', () => {
  const sure = (n: number, session?: string): ScoredAnswer[] =>
    Array.from({ length: n }, () => ({ confidence: 0.9, correct: true, session }));
  assert.equal(runGate(sure(100), sure(149), OPTIONS).passed, true);
  assert.equal(runGate(sure(100), sure(149, ''), OPTIONS).passed, true);
  assert.equal(runGate(sure(100), sure(149, 'one'), OPTIONS).passed, false);
});

test('of a session longer than any before, no more calls are served than of those', () => {
  const short = Array.from({ length: 100 }, () => ({ confidence: 0.9, correct: true }));
  const long = Array.from({ length: 500 }, () => ({ confidence: 0.9, correct: true, session: 'long' }));
  const gate = runGate(short, [...long, ...short, ...short], OPTIONS);
  assert.deepEqual([gate.n, gate.served, gate.passed], [700, 201, true]);
});

test('each try is tested at less, and says so', () => {
  const sure = (n: number): ScoredAnswer[] =>
    Array.from({ length: n }, () => ({ confidence: 0.9, correct: true }));
  const gate = (calls: number, tryNumber: number) =>
    runGate(sure(100), sure(calls), { ...OPTIONS, tryNumber });
  assert.deepEqual([gate(149, 1).passed, gate(173, 1).passed], [false, true]);
  assert.deepEqual([gate(173, 3).passed, gate(300, 3).passed], [false, true]);
  assert.match(gate(300, 3).reason, /Try 3 of this task: tested at δ = 0\.338 %.*within 5 %/);
  assert.deepEqual(gate(300, 3).tries?.number, 3);
  // The next try is another try: what it takes is told for that one.
  assert.ok(gate(150, 3).moreCalls! > 300 - 150 - 20, `${gate(150, 3).moreCalls}`);
  assert.deepEqual(
    [172, 173].map((n) => canPass(perfect('c', n), { ...OPTIONS, tryNumber: 1 })),
    [false, true],
  );
});

test('whatever passes was a try, also where sessions are shorter than those before', () => {
  for (const epsilon of [0.02, 0.1, 0.2])
    for (const cap of [1, 2, 5, 20])
      for (const length of [1, Math.ceil(cap / 2), cap]) {
        const run = { epsilon, delta: 0.05, tryNumber: 1, earlierSessions: new Array<number>(400).fill(cap) };
        const most = Math.ceil((4 * cap) / epsilon);
        for (let n = Math.ceil(most * 0.8); n <= most; n += Math.ceil(most / 60)) {
          const calls = perfect('c', n, length);
          if (testThresholds(perfect('v', 400, length), calls, run).chosen)
            assert.ok(
              canPass(calls, run),
              `epsilon ${epsilon}, cap ${cap}, ${n} calls in sessions of ${length}`,
            );
        }
      }
});

test('over 25 tries, each with a specialist of its own at the bound, one passes in at most delta of the runs', () => {
  const random = seededRandom(31);
  const runs = 120;
  const atBound = (n: number): ScoredAnswer[] =>
    Array.from({ length: n }, () => ({ confidence: 0.9, correct: random.next() >= 0.0201 }));
  let passed = 0;
  for (let run = 0; run < runs; run++)
    for (let tryNumber = 1; tryNumber <= 25; tryNumber++)
      if (testThresholds(atBound(100), atBound(250), { ...OPTIONS, tryNumber }).chosen) {
        passed++;
        break;
      }
  assert.ok(passed / runs <= 0.05 + 2 * Math.sqrt((0.05 * 0.95) / runs), `${passed} of ${runs}`);
});

test('a try that would hardly pass by the validation split is not made, and the first one always is', () => {
  const random = seededRandom(3);
  const poor = draw(random, 400, { worst: 0, power: 1, floor: 0.04 });
  const good = draw(random, 400, { worst: 0.02, power: 3, floor: 0 });
  const run = { ...OPTIONS, tryNumber: 4 };
  assert.equal(whyNotYet(poor, 400, { ...run, tryNumber: 1 }), null);
  assert.equal(whyNotYet(good, 400, run), null);
  const untried = whyNotYet(poor, 400, run)!;
  assert.deepEqual([untried.passed, untried.tries, untried.served], [false, undefined, 0]);
  assert.match(untried.reason, /^Not tried: .* with a chance of [\d.e-]+ %/);
  assert.ok(whyNotYet(good, 60, run)!.moreCalls! > 100);
});

test('calls of a session that are missing from a thinned split do not count as served', () => {
  // Recorded, unsure and thinned away: the router would serve the ninth as the first.
  const ninth = { confidence: 0.9, correct: false, session: 's' };
  assert.deepEqual(servedAt([ninth], 0.5, 3), [true]);
  assert.deepEqual(servedAt([ninth, ninth, ninth, ninth], 0.5, 3), [true, true, true, false]);
});
