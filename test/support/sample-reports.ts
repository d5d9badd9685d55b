/** Made-up reports with believable figures, for the tests of this folder. Drawn from a seed, so always the same. */
import type { DemoReport, DemoTask } from '../../src/core/demo-report.ts';
import type { LearnReport, TaskReport } from '../../src/core/learning.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { Evidence, Rate, RiskPoint, Rung, Specialist } from '../../src/core/specialist.ts';

const AT = Date.UTC(2026, 10, 23, 8, 0, 0);

/** Near enough to an exact interval for a picture (Wilson). */
function rateOf(hits: number, n: number): Rate {
  const z2 = 3.84;
  const p = n === 0 ? 0 : hits / n;
  const middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  if (n === 0) return { hits, n, share: 0, low: 0, high: 1 };
  const half = (1.96 * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return { hits, n, share: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

function curve(n: number, skill: number, seed: number): RiskPoint[] {
  const random = seededRandom(seed);
  const calls = Array.from({ length: n }, () => {
    const confidence = random.next() ** (1 / skill);
    return { confidence, wrong: random.next() > 0.55 + 0.45 * confidence ** 0.35 };
  }).sort((a, b) => b.confidence - a.confidence);
  let errors = 0;
  return calls.flatMap((call, i) => {
    if (call.wrong) errors++;
    const point = { threshold: call.confidence, coverage: (i + 1) / n, served: i + 1, errors };
    return i % 8 === 0 || i === n - 1 ? [point] : [];
  });
}

function specialist(taskId: string, rung: Rung, skill: number, passed: boolean, seed: number): Specialist {
  const exam = curve(320, skill, seed);
  const calibration = curve(300, skill, seed + 1);
  const at = [...exam].reverse().find((point) => point.errors / point.served <= 0.012) ?? exam[0]!;
  const evidence: Evidence = {
    datasetId: 'ds_1',
    calibration: {
      accuracy: rateOf(280, 300),
      curve: calibration,
      confidence: {
        bins: [0.35, 0.6, 0.8, 0.93, 0.99].map((confidence, i) => ({
          n: 60,
          confidence,
          correct: Math.round(60 * confidence) - (i === 1 ? 6 : 0),
        })),
        calibrationError: 0.02,
        riskCoverageArea: 0.013,
        scores: [0.5, 0.75, 0.9].map((target) => ({ target, score: 1 - target / 2 })),
      },
    },
    // The exam stays closed where the gate refuses.
    exam: !passed
      ? {
          accuracy: rateOf(0, 0),
          coverage: rateOf(0, 0),
          servedError: rateOf(0, 0),
          curve: [],
          fieldScore: null,
          uses: 0,
        }
      : {
          accuracy: rateOf(320 - (exam.at(-1)?.errors ?? 0), 320),
          coverage: rateOf(at.served, 320),
          servedError: rateOf(at.errors, at.served),
          unseenError: rateOf(at.errors, Math.round(at.served / 2)),
          veto: { errors: 10, power: 0.763 },
          curve: exam,
          fieldScore: null,
          uses: 1,
        },
    gate: {
      passed,
      threshold: passed ? at.threshold : null,
      epsilon: 0.02,
      delta: 0.05,
      served: at.served,
      errors: at.errors,
      n: 300,
      pValue: passed ? 0.031 : 0.4,
      sessions: { count: at.served, cap: 1, beyondCap: 0, effectiveCalls: at.served },
      tries: { number: 1, delta: 0.0304 },
      reason: passed ? 'Errors stay below 2 % at the threshold.' : 'No threshold keeps the errors below 2 %.',
      moreCalls: passed ? null : 420,
    },
    selfAgreement: rateOf(611, 620),
    latencyMs: { p50: rung === 'lora' ? 210 : 4.2, p95: rung === 'lora' ? 480 : 9 },
  };
  const candidate = {
    id: `c_${taskId}`,
    taskId,
    rung,
    base: rung === 'lora' ? 'smollm2-135m-instruct' : 'all-minilm-l6-v2',
    recipe: {},
  };
  return {
    id: `sp_${taskId}`,
    taskId,
    version: 1,
    kind: 'label',
    candidate,
    artefact: { rung, base: candidate.base, path: 'x', sha256: '0', trainedMs: 1000, figures: {} },
    confidence: { signals: [], weights: [], bias: 0 },
    evidence,
    createdAt: AT,
  };
}

function task(
  id: string,
  name: string,
  kind: TaskReport['task']['kind'],
  rung: Rung,
  skill: number,
  passed: boolean,
): TaskReport {
  const made = specialist(id, rung, skill, passed, id.length * 31 + skill * 7);
  return {
    task: { id, name, kind, calls: 1500 },
    dataset: {
      id: 'ds_1',
      sizes: { train: 760, validation: 120, calibration: 300, exam: 320 },
      dropped: { duplicate: 41 },
    },
    verdicts: [
      {
        candidate: { ...made.candidate, id: 'c_knn', rung: 'knn' },
        chosen: false,
        reason: 'Lost to the head.',
        estimate: 0.31,
      },
      {
        candidate: made.candidate,
        chosen: true,
        reason: 'Serves the most calls at the gate’s error.',
        estimate: 0.74,
      },
    ],
    trained: [
      {
        candidateId: made.candidate.id,
        rung,
        base: made.candidate.base,
        seconds: rung === 'lora' ? 182 : 2.4,
        figures: rung === 'lora' ? { steps: 190, loss: 0.0812, 'tokens/s': 221 } : { examples: 760 },
      },
    ],
    specialist: made,
    askedAgain: 700,
    deployed: passed,
    outcome: passed ? 'passed' : 'refused',
    reason: passed
      ? 'Passed the gate.'
      : 'No threshold keeps the errors below 2 %: on the calibration split the surest 150 answers hold 6 errors.',
    moreCalls: passed ? null : 420,
  };
}

export function sampleLearnReport(): LearnReport {
  return {
    kind: 'learn',
    startedAt: AT,
    seconds: 412,
    seed: 1,
    dryRun: false,
    epsilon: 0.02,
    delta: 0.05,
    hardware: { cpu: 'An ordinary CPU', cores: 2, memoryBytes: 16e9, platform: 'linux x64', node: '24.1.0' },
    calls: 7510,
    usableCalls: 7402,
    dropped: { failed: 68, truncated: 40 },
    tasks: [
      task('triage', 'Sort the message into one of the categories', 'label', 'head', 5, true),
      task('order-details', 'Extract the order details', 'json', 'lora', 6, true),
      task('next-action', 'create_refund, look_up_order, escalate_to_human', 'tool', 'lora', 4, true),
      task('reply', 'Draft a reply <to the customer>', 'text', 'lora', 1, false),
    ],
    notes: [],
  };
}

export function sampleDemoReport(): DemoReport {
  const history = (shift: number): DemoTask['history'] => [
    { stage: 'shadow', at: AT + 480_000 + shift, reason: 'Deployed after the gate.' },
    { stage: 'canary', at: AT + 505_000 + shift, reason: '30 comparisons without a broken bound.' },
    { stage: 'live', at: AT + 540_000 + 2 * shift, reason: '30 comparisons without a broken bound.' },
  ];
  const site = (
    name: string,
    method: Rung | null,
    served: number,
    wrong: number,
    shift: number,
  ): DemoTask => ({
    task: name,
    taskId: method === null ? null : name,
    site: name,
    method,
    stage: method === null ? null : 'live',
    calls: 760,
    served,
    coverage: rateOf(served, 760),
    errorBound: method === null ? null : 0.02,
    trueErrors: rateOf(wrong, Math.max(served, 1)),
    llmErrors: rateOf(7, 760),
    escalations:
      method === null ? {} : { 'low-confidence': 130, 'invalid-output': 3, 'unfamiliar-input': 21 },
    latencyBefore: { p50: 940, p95: 1610 },
    latencyAfter: { p50: method === 'head' ? 6 : method === null ? 940 : 210, p95: 1500 },
    history: method === null ? [] : history(shift),
  });
  return {
    kind: 'demo',
    fast: false,
    startedAt: AT,
    seconds: 655,
    seed: 1,
    upstream: { standIn: true, model: 'gpt-4.1', mistakeShare: 0.01, timeScale: 0.02 },
    mailbox: { messages: 3000, firstHalf: 1500, secondHalf: 1500 },
    clusterAri: 0.987,
    tasksFound: [
      { task: 'Sort the message into one of the categories', callsBySite: { triage: 1500 } },
      { task: 'Extract the order details', callsBySite: { 'order-details': 1500, chat: 3 } },
      { task: 'create_refund, look_up_order', callsBySite: { 'next-action': 1500 } },
      { task: 'Draft a reply', callsBySite: { reply: 1500 } },
      { task: 'Chat', callsBySite: { chat: 1497 } },
    ],
    learn: sampleLearnReport(),
    secondHalf: {
      calls: 3800,
      takenOver: rateOf(1980, 3800),
      servedErrors: rateOf(21, 1980),
      llmReasons: {
        'no-specialist': 1520,
        shadow: 90,
        canary: 60,
        'low-confidence': 130,
        'unfamiliar-input': 20,
      },
      tasks: [
        site('triage', 'head', 690, 6, 0),
        site('order-details', 'lora', 660, 8, 9_000),
        site('next-action', 'lora', 630, 7, 21_000),
        site('reply', null, 0, 0, 0),
        site('chat', null, 0, 0, 0),
      ],
    },
    costBefore: 4.12,
    costAfter: 1.73,
    costLearning: 0.38,
    prices: [
      {
        model: 'gpt-4.1',
        inputPerToken: 2e-6,
        outputPerToken: 8e-6,
        cachedInputPerToken: 0.5e-6,
        source: 'list price, openai.com/api/pricing',
        asOf: '2026-05-27',
      },
    ],
    latencyBefore: { p50: 1020, p95: 2300 },
    latencyAfter: { p50: 190, p95: 2100 },
    steps: [
      { name: 'first half', seconds: 62 },
      { name: 'learn', seconds: 412 },
      { name: 'second half', seconds: 170 },
    ],
  };
}
