/**
 * One quarter, played: the world's calls through the real router, audits, stages, alarms, store (SQLite in memory), scheduler
 * and learning pipeline, by a virtual clock. Only the specialist is a table (table-model.ts), and jobs take no time.
 * Does not: judge (figures.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assign } from '../../src/callsite/assign.ts';
import { targetOf } from '../../src/core/answer.ts';
import { AUDITED, type Call } from '../../src/core/call.ts';
import { compareAnswers } from '../../src/core/compare.ts';
import { configSchema } from '../../src/core/config.ts';
import type { Audit, Deployment } from '../../src/core/deployment.ts';
import { contentHash } from '../../src/core/ids.ts';
import type { Job } from '../../src/core/job.ts';
import { referenceOf } from '../../src/core/reference.ts';
import type { SavingsReport } from '../../src/core/savings.ts';
import type { Event, Store, StoredCall } from '../../src/core/store.ts';
import { queueJob } from '../../src/learn/jobs/control.ts';
import { whatIsDue } from '../../src/learn/jobs/due.ts';
import { readFacts } from '../../src/learn/jobs/facts.ts';
import { workOn } from '../../src/learn/jobs/work.ts';
import { learn } from '../../src/learn/pipeline.ts';
import { changeAlarms } from '../../src/online/change-alarms.ts';
import { watchDeployments } from '../../src/online/watching.ts';
import { createRouter } from '../../src/route/router.ts';
import type { RoutingPlan } from '../../src/route/routes.ts';
import { savingsOf } from '../../src/savings/account.ts';
import { priceOf } from '../../src/savings/prices.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { tableModel } from './table-model.ts';
import { DAY_MS, makeWorld, START, type World, type WorldCall } from './world.ts';

/** How often the scheduler looks, in place of every half minute. */
const LOOK_MS = DAY_MS / 4;
/** What a learning run is counted for in the account: as one of linear models on some thousand calls takes. */
const RUN_MINUTES = 2;

/** What became of one call. */
export interface Played {
  readonly at: number;
  /** The deployment whose answer the caller got; null: the LLM's. */
  readonly deployment: string | null;
  /** The answer was not what the LLM mostly says at the time. */
  readonly wrong: boolean;
  readonly isAudited: boolean;
}

export interface Quarter {
  readonly world: World;
  readonly played: readonly Played[];
  readonly deployments: readonly Deployment[];
  readonly events: readonly Event[];
  readonly jobs: readonly Job[];
  readonly savings: SavingsReport;
}

const CONFIG = configSchema.parse({ learn: { mode: 'auto' } });
export const { epsilon: EPSILON } = CONFIG.gate;

/** Nothing here is a secret, and sealing would be half the time. */
const OPEN = {
  seal: (text: string): Uint8Array => Buffer.from(text),
  open: (sealed: Uint8Array): string => Buffer.from(sealed).toString(),
};

export async function playQuarter(seed: number): Promise<Quarter> {
  const world = makeWorld(seed);
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-drift-'));
  const store = openSqliteStore(':memory:', OPEN);
  const realNow = Date.now;
  let now = START;
  // Learning asks the clock itself.
  Date.now = () => now;
  try {
    return await play(world, store, dataDir, (at) => {
      now = at;
    });
  } finally {
    Date.now = realNow;
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function play(
  world: World,
  store: Store,
  dataDir: string,
  setClock: (at: number) => void,
): Promise<Quarter> {
  const config = { ...CONFIG, dataDir };
  const { trainer, runtime } = tableModel();
  const watching = watchDeployments(config.serve, () => {}, Date.now);
  const alarms = changeAlarms(() => {}, Date.now);
  const audits: Audit[] = [];
  const plan: RoutingPlan = { tasks: [], deployments: [], specialists: [] };
  const router = createRouter(plan, {
    runtimes: [runtime],
    canaryShare: config.serve.canaryShare,
    auditProbability: watching.probability,
    timeoutMs: 10_000,
    maxInFlight: 16,
    now: Date.now,
    assign,
    pseudonym: (text) => contentHash(text, 16),
    right: (task, answer, llm) =>
      compareAnswers(task.kind, referenceOf(task, llm), targetOf(answer)).right === true,
    onAudit: (audit) => audits.push(audit),
    onHeard: alarms.hear,
  });
  const counted = alarms.counted(router);
  const { signal } = new AbortController();

  let version = Number.NaN;
  let deployments: readonly Deployment[] = [];
  /** As plan-updates.ts does. */
  const refresh = async (): Promise<void> => {
    const current = await store.planVersion();
    if (current === version) return;
    version = current;
    const next = {
      tasks: await store.tasks(),
      deployments: await store.deployments(),
      specialists: await store.specialists(),
    };
    deployments = next.deployments;
    await watching.update(store, next);
    router.update(next);
    alarms.update(next);
  };

  const known: Call[] = [];
  const waiting: StoredCall[] = [];
  const keep = (call: Call): void => {
    if (call.served.by === 'llm') known.push(call);
    waiting.push(storedOf(call));
  };
  const flush = async (): Promise<void> => {
    await store.addCalls(waiting.splice(0), [ABOUT]);
    await alarms.write(store);
  };
  const lookAndLearn = async (): Promise<void> => {
    await flush();
    const facts = await readFacts(store, config, Date.now(), async () => ({
      trainingBytes: 0,
      freeBytes: 1e12,
    }));
    const { job } = whatIsDue(facts, config.learn, Date.now());
    if (job === null) return;
    const queued = await queueJob(store, { ...job, mode: 'auto', estimate: facts.estimate }, Date.now());
    await workOn(queued.id, {
      config,
      store,
      learn: (options) =>
        learn(
          known,
          { config, store, trainers: [trainer], runtimes: [runtime], models: new Set(), notes: [] },
          options,
        ),
    });
    await refresh();
  };

  const played: Played[] = [];
  let lookAt = START + LOOK_MS;
  for (const call of world.calls) {
    for (; lookAt <= call.at; lookAt += LOOK_MS) {
      setClock(lookAt);
      await lookAndLearn();
    }
    setClock(call.at);
    const decision = await counted.route({ id: call.id, request: call.request, llmAskedFor: false }, signal);
    const { served, answer } = decision;
    const given = answer === null ? null : targetOf(answer);
    played.push({
      at: call.at,
      deployment:
        given === null
          ? null
          : (deployments.find(({ specialistId }) => specialistId === served.by)?.id ?? ''),
      wrong: given !== null && given !== call.truth,
      isAudited: given !== null && decision.compare !== null,
    });
    keep(callOf(call, served));
    if (call.junk !== null) await store.addFeedback([feedbackOn(call)]);
    if (given === null || decision.compare !== null) decision.hear?.(call.llm);
    if (alarms.isRaised()) {
      await alarms.write(store);
      await refresh();
    }
    if (decision.compare === null) continue;
    await decision.compare(call.llm, signal);
    if (given !== null) keep(auditOf(call, served.taskId, decision.auditProbability ?? 1));
    const written = audits.splice(0);
    if (written.length === 0) continue;
    await store.addAudits(written);
    for (const { deploymentId } of written) await watching.advance(store, deploymentId, Date.now());
    await refresh();
  }
  await flush();
  const jobs = await store.jobs();
  return {
    world,
    played,
    jobs,
    deployments: await store.deployments(),
    events: await store.events(),
    savings: savingsOf({
      usage: await store.usage(),
      modelOf: () => 'gpt-4o-mini',
      priceOf: (model) => priceOf(model),
      machine: { dollarsPerCoreSecond: (8 / 1000 / 3600) * 0.3, wattsPerCore: 8, watts: 'estimated' },
      names: new Map(),
      charges: [],
      jobs: jobs.map(({ createdAt }) => ({
        spent: {
          [new Date(createdAt).toISOString().slice(0, 10)]: {
            cpuMinutes: RUN_MINUTES,
            diskBytes: 0,
            dollars: 0,
          },
        },
      })),
    }),
  };
}

const ABOUT = { id: 'about', day: '2026-01-01', sealed: new Uint8Array(1) };

function callOf({ id, at, request, llm, junk }: WorldCall, served: Call['served']): Call {
  return {
    id,
    at,
    sessionId: id,
    origin: junk === null ? 'k1' : 'k2',
    tags: {},
    request,
    response: llm,
    status: 200,
    latencyMs: served.by === 'llm' ? 800 : 2,
    served,
    ...(junk === null ? {} : { feedback: { correction: { role: 'assistant' as const, content: junk } } }),
  };
}

/** The LLM's answer to a call that the specialist served, on record as the gateway records it. */
function auditOf(call: WorldCall, taskId: string | undefined, probability: number): Call {
  return {
    ...callOf(call, { by: 'llm', reason: 'audit', ...(taskId === undefined ? {} : { taskId }) }),
    id: `${call.id}a`,
    sessionId: call.id,
    tags: { [AUDITED]: String(probability) },
  };
}

function storedOf({ id, at, sessionId, origin, response, latencyMs, served }: Call): StoredCall {
  return {
    id,
    at,
    sessionId,
    origin,
    stream: false,
    status: 200,
    latencyMs,
    served,
    ...(response?.usage ?? { promptTokens: 0, completionTokens: 0, cachedTokens: 0 }),
    aboutPart: ABOUT.id,
    requestParts: [],
    responsePart: null,
  };
}

const feedbackOn = ({ id, at }: WorldCall) => ({
  id: `feedback ${id}`,
  at,
  callId: id,
  sessionId: null,
  content: { id: `feedback ${id}`, day: '2026-01-01', sealed: new Uint8Array(1) },
});
