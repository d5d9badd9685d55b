/**
 * The demo: a working day of the help desk, with the loop closed between its two halves.
 * Morning: every call goes to the LLM and is recorded. Noon: the six steps. Afternoon: the specialists that passed
 * serve. Then the report. Killed, it goes on from the end of the morning, or starts clean; never half.
 * Does not: work out the figures (figures.ts), or show them (report/).
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assign } from '../../../src/callsite/assign.ts';
import type { Config } from '../../../src/core/config.ts';
import type { DemoReport } from '../../../src/core/demo-report.ts';
import { UnderstudyError } from '../../../src/core/errors.ts';
import { type OnProgress, progressOf } from '../../../src/core/progress.ts';
import { connectLlm } from '../../../src/evaluate/llm.ts';
import { priceOf } from '../../../src/savings/prices.ts';
import { openUnderstudy, type Understudy } from '../../../src/understudy.ts';
import type { CallRecord } from '../agent.ts';
import { type DayLog, playDay } from '../day.ts';
import type { Work } from '../mailbox/mail.ts';
import { writeDay } from '../mailbox/mailbox.ts';
import { type StandIn, startStandIn, usualMs } from '../stand-in.ts';
import { type CallFacts, figuresOf } from './figures.ts';

export interface DemoOptions {
  readonly config: Config;
  /** The demo's own data folder. */
  readonly dir: string;
  /** Throw away what an unfinished run has left. */
  readonly fresh: boolean;
  /** Fewer calls, and only what is trained in seconds: a few minutes on two cores. */
  readonly fast: boolean;
  /** The user's own LLM; null: the stand-in. */
  readonly upstream: { readonly baseUrl: string; readonly apiKey: string } | null;
  readonly model: string;
  /** The stand-in waits this share of the time that an LLM takes. */
  readonly timeScale: number;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Share of the stand-in's answers that are wrong. */
const MISTAKES = 0.01;
/** A short day has to pass all stages: earlier steps, and wider margins, than a team would take. */
const SERVE = { canaryShare: 0.5, stepAudits: 15, shadowMargin: 6, canaryMargin: 4 };
/** Mails in hand at once, and how often one comes in: small models that answer on this machine have to keep up. */
const PACE = { morning: { concurrency: 8, everyMs: 0 }, afternoon: { concurrency: 3, everyMs: 80 } };
/** Mails of the fast demo: enough that a proof can pass for what comes with every mail. */
const FAST_DAY = { morning: 1300, afternoon: 300 };
/** For training language models at noon. */
const MINUTES = 3.6;

/** @throws UnderstudyError 'cancelled' on ctrl-C; the next run goes on or starts clean. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { config, dir, fast, model, timeScale, onProgress, signal, log } = options;
  const startedAt = Date.now();
  const seed = config.train.seed;
  const steps: { name: string; seconds: number }[] = [];
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    steps.push({ name, seconds: (performance.now() - start) / 1000 });
    if (signal.aborted) throw cancelled();
    return result;
  };

  const day = writeDay({ seed, ...(fast ? FAST_DAY : {}) });
  const all = [...day.morning, ...day.afternoon];
  const standIn = options.upstream
    ? null
    : await startStandIn({ mailbox: all, mistakes: MISTAKES, timeScale, seed });
  const llm = options.upstream ?? { baseUrl: standIn!.url, apiKey: 'stand-in' };
  const kept = keptMorning(dir, { seed, fast, model, timeScale, standIn: standIn !== null }, options.fresh);
  if (kept.morning) log('Going on after the morning that an earlier run has recorded.');

  const examiner = connectLlm(llm);
  const understudy = await openUnderstudy({
    config: {
      ...config,
      dataDir: dir,
      gateway: { ...config.gateway, port: 0 },
      upstream: { baseUrl: llm.baseUrl },
      serve: { ...config.serve, ...SERVE },
      train: { ...config.train, minutes: Math.min(config.train.minutes, MINUTES) },
    },
    weightsDir: config.dataDir,
    onProgress,
    signal,
    log,
    askAgain: examiner.ask,
    quick: fast,
    // A small model contends with an LLM, not with a stand-in that waits a part of its time.
    ...(standIn
      ? {
          latencyOf: ({ latencyMs, response }) =>
            latencyMs + (1 - timeScale) * usualMs(response?.usage?.completionTokens ?? 0),
        }
      : {}),
  });
  const play = async (half: keyof typeof PACE, works: readonly Work[]): Promise<DayLog> => {
    const gateway = await understudy.startGateway();
    try {
      const report = progressOf(onProgress, half, works.length);
      return await playDay(works, {
        baseURL: gateway.url,
        apiKey: llm.apiKey,
        model,
        ...PACE[half],
        signal,
        onProgress: (done) => report(done),
      });
    } finally {
      await gateway.close();
    }
  };

  try {
    const { log: morning, pace } =
      kept.morning ??
      (await timed('morning: every call goes to the LLM', async () => {
        const log = await play('morning', day.morning);
        const morning = { log, pace: standIn?.stats() ?? {} };
        if (!signal.aborted) kept.keep(morning);
        return morning;
      }));
    const learn = await timed('learn: the six steps', () => understudy.learn());
    // From here on an interrupted run starts clean: half an afternoon proves nothing.
    kept.forget();
    const simulated = standIn ? { stats: pace, timeScale } : null;
    const afternoon = await timed('afternoon: the specialists serve what they are sure of', () =>
      play('afternoon', day.afternoon),
    );
    const price = priceOf(model, config.prices);
    const figures = figuresOf({
      morning: morning.calls,
      afternoon: afternoon.calls,
      works: new Map(all.map((work) => [work.id, work])),
      calls: await callFacts(understudy),
      learn,
      deployments: await (await understudy.store()).deployments(),
      extraLlmCalls: await auditedAnswers(understudy, afternoon.calls),
      askedAgain: new Map(learn.tasks.map((task) => [task.task.id, task.askedAgain])),
      price,
      simulated,
    });
    return {
      kind: 'demo',
      startedAt,
      seconds: (Date.now() - startedAt) / 1000,
      seed,
      fast,
      upstream: {
        standIn: standIn !== null,
        model,
        mistakeShare: standIn ? MISTAKES : null,
        timeScale: standIn ? timeScale : 1,
      },
      mailbox: { messages: all.length, firstHalf: day.morning.length, secondHalf: day.afternoon.length },
      learn,
      prices: price ? [price] : [],
      steps,
      ...figures,
    };
  } finally {
    await understudy.close();
    await examiner.close();
    await standIn?.close();
  }
}

interface Morning {
  readonly log: DayLog;
  /** The stand-in's figures of it: a later run's stand-in has not answered these calls. */
  readonly pace: ReturnType<StandIn['stats']>;
}

interface KeptMorning {
  /** A morning that an interrupted run with the same settings has recorded; null: to be played. */
  readonly morning: Morning | null;
  keep(morning: Morning): void;
  forget(): void;
}

/** Looks for a recorded morning in `dir`; where there is none, empties the folder. */
function keptMorning(dir: string, settings: Readonly<Record<string, unknown>>, fresh: boolean): KeptMorning {
  const path = join(dir, 'morning.json');
  const read = (): Morning | null => {
    if (fresh || !existsSync(path)) return null;
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { settings: unknown; morning?: Morning };
    return JSON.stringify(kept.settings) === JSON.stringify(settings) ? (kept.morning ?? null) : null;
  };
  const morning = read();
  if (morning === null) rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return {
    morning,
    keep: (recorded) => {
      // Renamed into place, so that a kill leaves the whole file or none.
      writeFileSync(`${path}.part`, JSON.stringify({ settings, morning: recorded }), { mode: 0o600 });
      renameSync(`${path}.part`, path);
    },
    forget: () => rmSync(path, { force: true }),
  };
}

async function callFacts(understudy: Understudy): Promise<Map<string, CallFacts>> {
  const tasks = await (await understudy.store()).tasks();
  const facts = new Map<string, CallFacts>();
  for await (const { id, request, response } of understudy.calls())
    facts.set(id, { taskId: assign(tasks, request)?.id ?? null, usage: response?.usage ?? null });
  return facts;
}

/** How many of the answers that specialists served were sent to the LLM as well, by task id. */
async function auditedAnswers(
  understudy: Understudy,
  afternoon: readonly CallRecord[],
): Promise<Map<string, number>> {
  const served = new Set(
    afternoon.flatMap((record) => (record.callId && record.servedBy !== 'llm' ? [record.callId] : [])),
  );
  const store = await understudy.store();
  const counts = new Map<string, number>();
  for (const { id, taskId } of await store.deployments()) {
    const { audits } = await store.auditsSince(id, 0, Number.MAX_SAFE_INTEGER);
    counts.set(taskId, audits.filter(({ callId }) => served.has(callId)).length);
  }
  return counts;
}

function cancelled(): UnderstudyError {
  return new UnderstudyError('cancelled', 'The demo was interrupted.', {
    hint: 'The same command goes on where that makes sense, or starts clean.',
  });
}
