/** What a gateway and a learning run would have written down of the made-up day (admin-day.ts): tasks, calls, evidence, jobs. */
import { dayOf } from '../../src/capture/vault.ts';
import type { Call, Message, Served } from '../../src/core/call.ts';
import type { Audit, Deployment, Stage } from '../../src/core/deployment.ts';
import { contentHash, newId } from '../../src/core/ids.ts';
import type { Job } from '../../src/core/job.ts';
import type { Random } from '../../src/core/random.ts';
import type { Evidence, RiskPoint, Rung, Specialist, Verdict } from '../../src/core/specialist.ts';
import type { Task } from '../../src/core/task.ts';
import { clusteredRate } from '../../src/stats/cluster-rate.ts';
import { rateOf } from '../../src/stats/statistics.ts';
import { HOUR, HOURS, LABELS, PLANS, type TaskPlan } from './admin-day-plans.ts';

export function jobsOf(since: number, until: number): readonly Job[] {
  const common = {
    kind: 'learn' as const,
    tasks: null,
    mode: 'auto' as const,
    crashes: 0,
    isCancelRequested: false,
    seen: null,
    estimate: {
      cpuMinutes: 24,
      diskBytes: 2e8,
      dollars: 0.01,
      savedADay: 1.7,
      basis: 'the last 3 runs',
    },
  };
  return [
    {
      ...common,
      id: newId('job', since + 5 * HOUR),
      trigger: 'nightly',
      state: 'done',
      note: null,
      reason: '1,204 new calls of 4 tasks',
      createdAt: since + 5 * HOUR,
      startedAt: since + 5 * HOUR,
      endedAt: since + 5.4 * HOUR,
      notBefore: since,
      starts: 1,
      pid: null,
      heartbeatAt: null,
      progress: null,
      spent: { [dayOf(since + 12 * HOUR)]: { cpuMinutes: 21, diskBytes: 1.8e8, dollars: 0.006 } },
      result: {
        calls: 1204,
        seconds: 1410,
        notes: [],
        tasks: PLANS.map(({ id, name, passed }) => ({
          id,
          name,
          calls: 300,
          deployed: passed,
          moreCalls: null,
          outcome: passed ? 'passed' : 'refused',
          reason: passed
            ? 'It passed the gate, and began in shadow.'
            : 'No threshold keeps the errors below 2 %.',
        })),
      },
    },
    {
      ...common,
      id: newId('job', until - HOUR),
      trigger: 'rollback',
      state: 'running',
      note: null,
      reason: 'How urgent is it: 210 new calls since it was withdrawn',
      createdAt: until - HOUR,
      startedAt: until - 0.2 * HOUR,
      endedAt: null,
      notBefore: until - HOUR,
      starts: 1,
      pid: process.pid,
      heartbeatAt: until,
      result: null,
      progress: {
        step: 'train',
        subject: 'How urgent is it',
        done: 118,
        total: 190,
        leftMs: 204_000,
        note: 'loss 0.214, 221 tokens/s',
      },
      spent: { [dayOf(until)]: { cpuMinutes: 9, diskBytes: 4e7, dollars: 0 } },
    },
  ];
}

/** Its stages, with the comparisons that were made until each began. */
export function withCounts(deployment: Deployment, audits: readonly Audit[]): Deployment {
  const history = deployment.history.map((change, i) => {
    if (i === 0) return change;
    const before = audits.filter(({ at }) => at < change.at);
    const errors = before.filter(({ correct }) => !correct).length;
    const counted = `${errors} of ${before.length} comparisons with the LLM differ`;
    const margin = 0.02 * (4 - i);
    const reason =
      change.stage === 'retired'
        ? `${counted}: the bound of 2 % is broken`
        : `${counted}: with 95 % confidence fewer than ${Math.round(100 * margin)} % of its answers are wrong`;
    const recent = { comparisons: before.length, errors };
    return { ...change, reason, numbers: { ...recent, recent, margin, evidence: 20 + 3.5 * i } };
  });
  return { ...deployment, history };
}

export function taskOf({ id, name, kind, callsAnHour }: TaskPlan, scale: number): Task {
  return {
    id,
    name,
    kind,
    tools: [],
    responseFormat: null,
    sites: (kind === 'tool' ? TURNS : (['user'] as const)).map((turn) => ({
      id: turn === 'user' ? `site_${id}` : `site_${id}_found`,
      system: { pieces: [systemOf(kind)] },
      user: { pieces: ['', ''] },
      toolNames: [],
      formatHash: '',
      turn,
    })),
    labels: kind === 'label' ? LABELS : [],
    calls: Math.round(callsAnHour * HOURS * scale),
  };
}

/** Those of the task that calls tools: what a user wrote, and what a tool found. */
const TURNS = ['user', 'tool:look_up_order'] as const;

const systemOf = (kind: TaskPlan['kind']): string =>
  ({
    label: 'You sort the mail of a shop. Answer with one category.',
    json: 'Extract the order’s details as JSON.',
    tool: 'Decide what to do next.',
    text: 'Write a friendly reply.',
  })[kind];

const PRODUCTS = ['walking boots', 'a kettle', 'two lamps', 'the blue chair', 'a rain jacket'];
const PROBLEMS = ['has not arrived', 'is broken', 'was charged twice', 'is the wrong size', 'works well'];

export function callOf(
  { kind, id: taskId, latencyMs }: TaskPlan,
  id: string,
  at: number,
  i: number,
  served: Served,
  random: Random,
): Call {
  const text = `Hello, my order ${4000 + i} with ${PRODUCTS[i % PRODUCTS.length]} ${PROBLEMS[Math.floor(i / 5) % PROBLEMS.length]}.`;
  const bySpecialist = served.by !== 'llm';
  const llmMs = 620 + 700 * random.next() ** 3;
  const escalated = ['low-confidence', 'invalid-output'].includes(served.reason);
  return {
    id,
    at,
    sessionId: `session-${taskId}-${i}`,
    origin: '',
    tags: {},
    status: 200,
    request: {
      model: taskId === 'task_reply' ? 'gpt-4.1' : 'gpt-4.1-mini',
      messages: [
        { role: 'system', content: systemOf(kind) },
        { role: 'user', content: text },
      ],
      tools:
        kind === 'tool'
          ? [{ name: 'look_up_order', description: 'Looks up an order.', parameters: { type: 'object' } }]
          : [],
      stream: i % 3 === 0,
      params: { temperature: 0 },
    },
    response: {
      model: 'gpt-4.1-mini',
      message: answerOf(kind, i),
      finishReason: 'stop',
      usage: { promptTokens: 180 + (i % 60), completionTokens: kind === 'text' ? 90 : 12, cachedTokens: 0 },
    },
    latencyMs: bySpecialist ? latencyMs * (0.7 + random.next()) : llmMs + (escalated ? latencyMs : 0),
    served,
  };
}

function answerOf(kind: TaskPlan['kind'], i: number): Message {
  switch (kind) {
    case 'label':
      return { role: 'assistant', content: LABELS[i % LABELS.length] ?? '' };
    case 'json':
      return {
        role: 'assistant',
        content: JSON.stringify({
          order: 4000 + i,
          product: PRODUCTS[i % PRODUCTS.length],
          problem: PROBLEMS[i % PROBLEMS.length],
        }),
      };
    case 'tool':
      return {
        role: 'assistant',
        content: '',
        toolCalls: [{ id: '', name: 'look_up_order', arguments: JSON.stringify({ order: 4000 + i }) }],
      };
    case 'text':
      return {
        role: 'assistant',
        content: 'Thank you for your message. We are looking into it and will write again tomorrow.',
      };
  }
}

/** Who serves a call in this stage. */
export function decide(
  { id: taskId }: TaskPlan,
  stage: Stage | null,
  specialist: Specialist,
  random: Random,
): Served {
  const draw = random.next();
  const llm = (reason: Served['reason'], confidence?: number): Served => ({
    by: 'llm',
    reason,
    taskId,
    ...(confidence === undefined ? {} : { confidence }),
  });
  const threshold = specialist.evidence.gate.threshold ?? 1;
  if (stage === null || stage === 'retired' || stage === 'suspended') return llm('no-specialist');
  if (stage === 'shadow') return llm('shadow');
  if (stage === 'canary' && draw > 0.25) return llm('canary');
  const asked = random.next();
  if (asked < 0.14) return llm('low-confidence', threshold * (0.5 + 0.49 * random.next()));
  if (asked < 0.17) return llm('unfamiliar-input');
  if (asked < 0.175) return llm('invalid-output', 0.5);
  return {
    by: specialist.id,
    reason: 'confident',
    taskId,
    confidence: threshold + (1 - threshold) * random.next(),
  };
}

function curveOf(n: number, accuracy: number, random: Random): RiskPoint[] {
  const calls = Array.from({ length: n }, () => {
    const confidence = 1 - random.next() ** 2 * 0.6;
    // The surer, the more often right.
    const wrong = random.next() < (1 - accuracy) * 8 * (1 - confidence) ** 1.2;
    return { confidence, wrong };
  }).sort((a, b) => b.confidence - a.confidence);
  let errors = 0;
  return calls.flatMap(({ confidence, wrong }, i) => {
    if (wrong) errors++;
    const point = { threshold: confidence, coverage: (i + 1) / n, served: i + 1, errors };
    return i % 6 === 5 || i === n - 1 ? [point] : [];
  });
}

export function specialistOf(plan: TaskPlan, at: number, random: Random): Specialist {
  const calibration = curveOf(330, plan.accuracy, random);
  const exam = curveOf(340, plan.accuracy, random);
  const chosen =
    calibration.findLast(({ served, errors }) => served >= 149 && errors / served <= 0.006) ??
    calibration.at(-1)!;
  const onExam = exam.findLast(({ threshold }) => threshold >= chosen.threshold) ?? exam.at(-1)!;
  const evidence: Evidence = {
    datasetId: `dataset_${plan.id}`,
    calibration: {
      accuracy: rateOf(Math.round(330 * plan.accuracy), 330),
      curve: calibration,
      confidence: {
        bins: [0.45, 0.62, 0.78, 0.91, 0.985].map((confidence, i) => ({
          n: 66,
          confidence,
          correct: Math.min(66, Math.round(66 * (confidence + (i === 1 ? -0.06 : 0.01)))),
        })),
        calibrationError: 0.018,
        riskCoverageArea: 0.009,
        scores: [0.5, 0.75, 0.9].map((target) => ({ target, score: 1 - target / 2 })),
      },
      confusions:
        plan.kind === 'label'
          ? [
              { expected: 'complaint', answered: 'return', n: 4 },
              { expected: 'delivery', answered: 'order', n: 3 },
              { expected: 'other', answered: 'complaint', n: 1 },
            ]
          : [],
      mistakes: [],
    },
    exam: plan.passed
      ? {
          accuracy: rateOf(Math.round(340 * plan.accuracy), 340),
          coverage: rateOf(onExam.served, 340),
          servedError: rateOf(onExam.errors, onExam.served),
          unseenError: rateOf(onExam.errors, Math.round(onExam.served * 0.7)),
          curve: exam,
          fieldScore: plan.kind === 'json' ? 0.991 : null,
          uses: 1,
        }
      : {
          accuracy: clusteredRate([]),
          coverage: clusteredRate([]),
          servedError: clusteredRate([]),
          curve: [],
          fieldScore: null,
          uses: 0,
        },
    gate: {
      passed: plan.passed,
      threshold: plan.passed ? chosen.threshold : null,
      epsilon: 0.02,
      delta: 0.05,
      served: chosen.served,
      errors: chosen.errors,
      n: 330,
      pValue: plan.passed ? 0.012 : 0.61,
      sessions: { count: chosen.served, cap: 1, beyondCap: 0, effectiveCalls: chosen.served },
      tries: { number: 1, delta: 0.0304 },
      reason: plan.passed
        ? `${chosen.served} held-back calls at or above the threshold, ${chosen.errors} of them wrong: at most 2 % with 95 % confidence`
        : 'No threshold keeps the errors below 2 %: of the surest 150 answers 71 are worded otherwise than the LLM’s.',
      moreCalls: null,
    },
    selfAgreement: null,
    latencyMs: { p50: plan.latencyMs, p95: plan.latencyMs * 2.1 },
  };
  const candidate = {
    id: `candidate_${plan.id}`,
    taskId: plan.id,
    rung: plan.rung,
    base: plan.base,
    recipe: {},
  };
  return {
    id: `specialist_${contentHash(plan.id, 12)}`,
    taskId: plan.id,
    version: 1,
    kind: plan.kind,
    candidate,
    artefact: {
      rung: plan.rung,
      base: plan.base,
      path: 'none',
      sha256: '0'.repeat(64),
      trainedMs: plan.rung === 'lora' ? 184_000 : 2300,
      figures: plan.rung === 'lora' ? { steps: 190, loss: 0.0812, 'tokens/s': 221 } : { examples: 760 },
    },
    confidence: { signals: ['probability', 'margin', 'known'], weights: [0.81, 0.42, 0.17], bias: 0.2 },
    evidence,
    createdAt: at,
  };
}

export function verdictsOf(
  { id: taskId, rung, base, passed }: TaskPlan,
  { candidate }: Specialist,
): Verdict[] {
  const other = (name: Rung, on: string | null, reason: string, rest: Partial<Verdict> = {}): Verdict => ({
    candidate: { id: `candidate_${taskId}_${name}`, taskId, rung: name, base: on, recipe: {} },
    chosen: false,
    reason,
    ...rest,
  });
  return [
    {
      candidate,
      chosen: passed,
      estimate: passed ? 0.81 : 0,
      reason: passed
        ? 'It serves the most calls at the gate’s error on the validation split.'
        : 'None of its answers could be served at the gate’s error.',
    },
    ...(rung === 'lexical'
      ? []
      : [other('lexical', null, 'It would serve 21 points less.', { estimate: 0.6 })]),
    ...(rung === 'knn'
      ? []
      : [other('knn', 'all-minilm-l6-v2', 'It would serve 17 points less.', { estimate: 0.64 })]),
    ...(rung === 'lora'
      ? []
      : [other('lora', base, 'There was no time for one pass over its examples.', { minutesNeeded: 14 })]),
  ];
}

export function deploymentOf(
  plan: TaskPlan,
  specialist: Specialist,
  at: (hours: number) => number,
): Deployment | null {
  const { threshold } = specialist.evidence.gate;
  const last = plan.stages.at(-1);
  if (threshold === null || last === undefined) return null;
  return {
    id: `dep_${contentHash(plan.id, 12)}`,
    taskId: plan.id,
    specialistId: specialist.id,
    stage: last[0],
    threshold,
    history: plan.stages.map(([stage, hours, reason = '']) => ({ stage, at: at(hours), reason })),
  };
}
