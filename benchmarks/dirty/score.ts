/**
 * What the pipeline makes of some traffic, and what its specialists then do with later calls whose truth is known. Real stages and
 * store; the rungs are those that train in seconds, on words.
 * Does not: make traffic (scenarios.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assign } from '../../src/callsite/assign.ts';
import { distil } from '../../src/callsite/variable-part.ts';
import { openKeys } from '../../src/capture/vault.ts';
import type { Call } from '../../src/core/call.ts';
import { configSchema } from '../../src/core/config.ts';
import type { Example } from '../../src/core/dataset.ts';
import type { Finding } from '../../src/core/finding.ts';
import type { LearnReport, TaskReport } from '../../src/core/learning.ts';
import { referenceOf } from '../../src/core/reference.ts';
import type { Task } from '../../src/core/task.ts';
import { gradePredictions } from '../../src/evaluate/predictions.ts';
import { servedConfidence } from '../../src/evaluate/scored-answers.ts';
import { learn } from '../../src/learn/pipeline.ts';
import { examination, type LearnContext } from '../../src/learn/trial.ts';
import { linearRuntime } from '../../src/runtime/linear.ts';
import { retrievalRuntime } from '../../src/runtime/retrieval.ts';
import { taggerRuntime } from '../../src/runtime/tagger.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { linearTrainer } from '../../src/train/linear/trainer.ts';
import { retrievalTrainer } from '../../src/train/retrieval/trainer.ts';
import { taggerTrainer } from '../../src/train/tagger/trainer.ts';
import type { Traffic } from './scenarios.ts';

export interface Score {
  /** Of the later calls. */
  readonly coverage: number;
  readonly served: number;
  /** Of the served, by the truth. */
  readonly errors: number;
  readonly deployed: number;
  /** Tasks that later calls come to and whose learning was refused, with their reasons. */
  readonly refusals: readonly string[];
  readonly findings: readonly Finding[];
  /** Events that keep them. */
  readonly events: number;
}

export async function scoreOf({ calls, later, askAgain }: Traffic, epsilon: number): Promise<Score> {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-dirty-'));
  const store = openSqliteStore(join(dataDir, 'understudy.db'), openKeys({ dataDir }).cipher);
  const runtimes = [linearRuntime({ encoder: null }), taggerRuntime(), retrievalRuntime({ encoder: null })];
  const context: LearnContext = {
    config: configSchema.parse({ dataDir, gate: { epsilon } }),
    store,
    runtimes,
    models: new Set(),
    notes: [],
    ...(askAgain ? { askAgain } : {}),
    trainers: [linearTrainer({ encoder: null }), taggerTrainer(), retrievalTrainer({ encoder: null })],
  };
  try {
    const report = await learn(calls, context, {});
    const tasks = await store.tasks();
    const events = await store.events({ kind: 'calls-examined' });
    return { ...(await servedOf(later, tasks, report, context)), events: events.length };
  } finally {
    for (const runtime of runtimes) await runtime.close();
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function servedOf(
  later: readonly Call[],
  tasks: readonly Task[],
  report: LearnReport,
  context: LearnContext,
): Promise<Omit<Score, 'events'>> {
  let [served, errors] = [0, 0];
  const byTask = Map.groupBy(later, ({ request }) => assign(tasks, request)?.id);
  const met = report.tasks.filter(({ task }) => byTask.has(task.id));
  for (const own of met) {
    const task = tasks.find(({ id }) => id === own.task.id)!;
    const counted = await servedOfTask(task, own, byTask.get(task.id) ?? [], context);
    served += counted.served;
    errors += counted.errors;
  }
  return {
    served,
    errors,
    coverage: served / later.length,
    deployed: met.filter(({ deployed }) => deployed).length,
    refusals: met.filter(({ outcome }) => outcome === 'refused').map(({ reason }) => reason),
    findings: report.tasks.flatMap(({ findings = [] }) => findings),
  };
}

/** The decision is that of the router on calls as they come. */
async function servedOfTask(
  task: Task,
  { specialist, deployed }: TaskReport,
  calls: readonly Call[],
  context: LearnContext,
): Promise<{ readonly served: number; readonly errors: number }> {
  const threshold = specialist?.evidence.gate.threshold ?? null;
  if (!deployed || specialist === null || threshold === null) return { served: 0, errors: 0 };
  const runtime = context.runtimes.find(({ rungs }) => rungs.includes(specialist.artefact.rung))!;
  const requests = new Map(calls.map(({ id, request }) => [id, request]));
  const examples = calls.flatMap((call): Example[] => {
    const input = distil(task, call.request);
    if (input === null || call.response === null) return [];
    const { id, sessionId, at } = call;
    return [{ id, callId: id, sessionId, at, input, weight: 1, answer: referenceOf(task, call.response) }];
  });
  const how = examination(task, requests, context, {
    proved: specialist.proved,
    isJudged: false,
  });
  const graded = await gradePredictions(examples, { ...how, runtime, artefact: specialist.artefact });
  const given = graded.filter((each) => servedConfidence(specialist.confidence, each) >= threshold);
  return { served: given.length, errors: given.filter(({ grade }) => grade.correct !== true).length };
}
