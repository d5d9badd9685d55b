/**
 * The program's few verbs over what a configuration names. Implementations are chosen here, in tools.ts (what learns and
 * answers) and in data-folder.ts (what keeps calls), and nowhere else.
 * Does not: hold the loop itself (learn/pipeline.ts) or the online path (online/serving.ts).
 */
import { availableParallelism } from 'node:os';
import { auditBook } from './api/figures/audit-book.ts';
import { explained } from './api/figures/explained.ts';
import { taskRecords, whyOfRecord } from './api/figures/tasks.ts';
import type { Explanation } from './api/schemas.ts';
import { lossesOf, trouble } from './capture/drain-loop.ts';
import { type EraseOptions, eraseDays } from './capture/erase.ts';
import { eraseSenders } from './capture/erase-sender.ts';
import { sealFeedback } from './capture/feedback.ts';
import { importFiles } from './capture/importers/import.ts';
import { drySink, journalSink } from './capture/importers/sink.ts';
import { openLosses } from './capture/losses.ts';
import { withMasterKey } from './capture/master-key-command.ts';
import { journalState } from './capture/quarantine.ts';
import { readCalls } from './capture/read.ts';
import { redactText } from './capture/redact/redact.ts';
import type { SecondStage } from './capture/second-stage.ts';
import { dayOf } from './capture/vault.ts';
import type { AssessReport } from './core/assessment.ts';
import type { Call, CallRequest, CallResponse } from './core/call.ts';
import type { Config } from './core/config.ts';
import type { EntityFinder } from './core/entity.ts';
import { messageOf } from './core/errors.ts';
import { type FeedbackInput, feedbackOf } from './core/feedback.ts';
import type {
  EraseReport,
  ImportReport,
  JournalState,
  LearnOptions,
  LearnReport,
  SenderEraseReport,
  StatusReport,
} from './core/learning.ts';
import { type OnProgress, progressOf } from './core/progress.ts';
import type { RetrievalReport } from './core/retrieval-report.ts';
import type { SavingsReport } from './core/savings.ts';
import type { Store } from './core/store.ts';
import type { NewTrailEntry } from './core/trail.ts';
import { coverageOf } from './deploy/alarms.ts';
import { policyFor } from './deploy/policy.ts';
import { readWatch } from './deploy/read-watch.ts';
import { outlookOf } from './deploy/stages.ts';
import { type LearningService, startLearning } from './learn/jobs/service.ts';
import { learn } from './learn/pipeline.ts';
import { checkRetrieval } from './learn/retrieval-check.ts';
import { type AdminProcess, adminConfig, startAdminProcess } from './online/admin-process.ts';
import { openCapture } from './online/capturing.ts';
import { type OnlineGateway, startOnline } from './online/serving.ts';
import { judgedByText } from './report/judge-text.ts';
import { openLedger } from './savings/ledger.ts';
import { type AssessOptions, assess } from './setup/assess.ts';
import {
  drainJournals,
  journalsOf,
  openFinder,
  openStorage,
  quarantineLimits,
  type Storage,
  stageOf,
} from './setup/data-folder.ts';
import { openEncoder } from './setup/encoder.ts';
import { judgeStatus, learningPart, openJudge } from './setup/judge.ts';
import { outcomesOf } from './setup/outcomes.ts';
import { person } from './setup/person.ts';
import { llmDollars, priceBook, readSavings } from './setup/savings.ts';
import { modelTools } from './setup/tools.ts';
import { readUpstreamStates } from './setup/upstream-states.ts';
import { version } from './setup/version.ts';
import { DIALECTS } from './wire/dialects.ts';

export interface UnderstudyOptions {
  readonly config: Config;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** One line for the operator; never holds a payload. */
  readonly log: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  /** Weights live in `weights/` below it. Default: the data folder. */
  readonly weightsDir?: string;
  /** Asks the LLM a held-back call again, for references by majority; the recorded answers stand without it. */
  readonly askAgain?: (request: CallRequest) => Promise<CallResponse | null>;
  /** Milliseconds that a call takes at the LLM, where a stand-in waits but a part of them. Default: as recorded. */
  readonly latencyOf?: (call: Call) => number;
  /** Whether only what is trained in seconds competes, and no language model is fetched. Default: false. */
  readonly quick?: boolean;
}

export interface Understudy {
  /** What is kept, by concern. */
  store(): Promise<Store>;
  /** Imports logs; with `dryRun` it only reads them. `fields` name where their session and time stand. */
  import(
    paths: readonly string[],
    options?: {
      readonly dryRun?: boolean;
      readonly fields?: { readonly session?: string; readonly time?: string };
    },
  ): Promise<ImportReport>;
  /** The six steps over all that has been captured. */
  learn(options?: LearnOptions): Promise<LearnReport>;
  /** What learning would come to, before it is tried: of the captured calls, or of log files, which are not stored then. */
  assess(options?: AssessOptions): Promise<AssessReport>;
  status(): Promise<StatusReport>;
  /** What specialists save, net; of the calls since then (epoch milliseconds). Default: all. */
  savings(since?: number): Promise<SavingsReport>;
  /** How well retrieval finds calls that were answered alike. */
  checkRetrieval(): Promise<RetrievalReport>;
  /** The captured calls with their payloads opened as they are asked for, oldest first. */
  calls(): AsyncIterable<Call>;
  /** Erases what was captured on some days; see capture/erase. */
  erase(days: Pick<EraseOptions, 'from' | 'to' | 'dryRun'>): Promise<EraseReport>;
  /** Erases the calls of some senders, by their pseudonyms; see capture/erase-sender. */
  eraseSenders(origins: readonly string[], dryRun: boolean): Promise<SenderEraseReport>;
  /** The pseudonym that stands for a sender on their calls. */
  pseudonym(sender: string): Promise<string>;
  /**
   * Says something of a call or a session, as `POST /v1/feedback` does, straight into the store; `added` is false for an id
   * that is there, and for a call of a day that was erased. @throws UnderstudyError 'bad-input' for what is no feedback.
   */
  feedback(input: FeedbackInput): Promise<{ readonly added: boolean }>;
  startGateway(): Promise<OnlineGateway>;
  /** The dashboard and the admin API, in a process of their own beside the gateway. Never rejects. */
  startAdmin(gateway: OnlineGateway): Promise<AdminProcess>;
  /** Why a call was served by whom, from the record alone. @throws UnderstudyError 'not-found'. */
  explain(callId: string): Promise<Explanation>;
  /** Learns by itself from now on, as the configuration's section `learn` says. */
  startLearning(): LearningService;
  /** Closes the gateways that are still open, and all else that a verb has opened. */
  close(): Promise<void>;
}

/**
 * Opens nothing yet: the data folder is opened by the first verb that needs it.
 * @throws Its verbs throw UnderstudyError 'bad-config' and what the store and the vault throw.
 */
export async function openUnderstudy(options: UnderstudyOptions): Promise<Understudy> {
  const { config, log, onProgress, signal } = options;
  const { dataDir } = config;
  const given = options.env ?? process.env;
  // Where its command fails, whatever needs the key says so and tries again; calls pass meanwhile.
  const env = await withMasterKey(given).catch(() => given);
  const weightsDir = options.weightsDir ?? dataDir;
  const progress = {
    ...(onProgress ? { onProgress } : {}),
    ...(signal ? { signal } : {}),
  };
  let opened: Promise<Storage> | null = null;
  const storage = (): Promise<Storage> => {
    opened ??= openStorage(config, { env }).catch((error: unknown) => {
      // Tried again by the next verb.
      opened = null;
      throw error;
    });
    return opened;
  };
  let finder: Promise<EntityFinder | null> | null = null;

  /** The store that charges are booked in: of whichever verb opened one. */
  let book: Store | null = null;
  const ledger = openLedger({ store: () => book });
  const { quick = false } = options;
  const tools = modelTools({ config, env, weightsDir, log, ledger, quick, ...progress });
  const openStage = async (): Promise<SecondStage> => {
    finder ??= openFinder(config, { weightsDir, env, log, threads: availableParallelism(), ...progress });
    return stageOf(await storage(), await finder);
  };
  /** What was recorded and imported goes into the store. */
  const drainAll = async (): Promise<void> => {
    const { store } = await storage();
    const report = progressOf(onProgress, 'capture', 100, 'people and addresses');
    const drained = await drainJournals(dataDir, store, openStage, {
      onProgress: (done, total) => report((100 * done) / total),
      quarantine: quarantineLimits(config),
      ...(signal ? { signal } : {}),
    });
    for (const [reason, count] of lossesOf(drained)) losses.add(reason, count);
    trouble(drained).forEach(log);
  };
  /** On record before it is done: what cannot be written down is not done. */
  const note = async ({ action, subject, detail }: Omit<NewTrailEntry, 'at' | 'actor'>): Promise<void> => {
    const { store } = await storage();
    await store.appendTrail({ at: Date.now(), actor: person(), action, subject, detail });
  };
  async function* calls(): AsyncGenerator<Call> {
    await drainAll();
    const { store, vault, context } = await storage();
    await note({
      action: 'payloads-opened',
      subject: 'all calls',
      detail: { calls: await store.countCalls() },
    });
    yield* readCalls(store, vault, context, undefined, (count) =>
      log(`${count} calls are erased with their day's key`),
    );
  }
  const losses = openLosses(dataDir);
  const gateways = new Set<OnlineGateway>();
  const journal = (): Promise<JournalState> => journalState(Object.values(journalsOf(dataDir)), Date.now());

  return {
    store: async () => (await storage()).store,
    calls,
    erase: async (days) => {
      const { from, to, dryRun = false } = days;
      if (!dryRun)
        await note({ action: 'days-erased', subject: `${from ?? 'the first'} to ${to}`, detail: {} });
      return eraseDays({
        ...days,
        store: (await storage()).store,
        journals: Object.values(journalsOf(dataDir)),
      });
    },
    eraseSenders: async (origins, dryRun) => {
      // What waits in the journals is theirs as well.
      if (!dryRun) await drainAll();
      if (!dryRun) await note({ action: 'senders-erased', subject: origins.join(' '), detail: {} });
      return eraseSenders({ origins, dryRun, store: (await storage()).store });
    },
    pseudonym: async (sender) => (await storage()).vault.pseudonym(sender),
    import: async (paths, { dryRun = false, fields = {} } = {}) => {
      const { store, vault, context } = await storage();
      // What a killed import left behind counts as there.
      if (!dryRun) await drainAll();
      const sink = dryRun
        ? drySink()
        : journalSink({ dir: journalsOf(dataDir).imports, store, vault, context });
      try {
        return await importFiles(paths, { sink, dryRun, fields, ...progress });
      } finally {
        sink.close();
        if (!dryRun) await drainAll();
      }
    },
    learn: async (learnOptions = {}) => {
      const { store, vault } = await storage();
      book ??= store;
      await ledger.sync();
      const { pseudonym } = vault;
      // What deploys nothing spends nothing.
      const part = learnOptions.dryRun ? 0 : await learningPart(store);
      const judge = openJudge({ config, env, ledger, store: () => store, pseudonym, part });
      try {
        return await learn(
          calls(),
          {
            config,
            store,
            ...(await tools.open()),
            ...progress,
            ...(options.askAgain ? { askAgain: options.askAgain } : {}),
            ...(options.latencyOf ? { latencyOf: options.latencyOf } : {}),
            ...(judge ? { judge } : {}),
          },
          learnOptions,
        );
      } finally {
        await judge?.close();
        // Before the gateway's, or this process's, end.
        await ledger.sync().catch(() => {});
      }
    },
    assess: (assessOptions = {}) =>
      assess({ config, env, weightsDir, calls, storage, ...progress }, assessOptions),
    checkRetrieval: async () => {
      const known = await (await storage()).store.tasks();
      const opened = await openEncoder({
        env,
        weightsDir,
        name: config.train.encoder,
        threads: config.serve.threads,
      });
      try {
        return await checkRetrieval(calls(), { config, known, ...opened, ...progress });
      } finally {
        await opened.close();
      }
    },
    status: async () =>
      statusOf(await storage(), config, {
        lost: losses.counts(),
        journal: await journal(),
        upstreams: readUpstreamStates(dataDir, Date.now()),
      }),
    savings: async (since) => readSavings(await storage(), config, since),
    feedback: async (input) => {
      const feedback = feedbackOf(input);
      const { store, vault, context } = await storage();
      const at = Date.now();
      await vault.prepare(dayOf(at));
      const sealed = sealFeedback(feedback, at, vault, (text) => redactText(text, context));
      const { refineFeedback } = await openStage();
      const { feedback: refined, keys } = await refineFeedback([sealed]);
      return { added: (await store.addFeedback(refined, keys)) > 0 };
    },
    startGateway: async () => {
      const runtime = tools.onDemand();
      const started = await startOnline({
        config,
        losses,
        journal,
        openCapture: (waits) => openCapture({ config, env, weightsDir, losses, log, ...waits }),
        // Those that are in service need not wait for their first call.
        onOpen: async ({ store }) => {
          book = store;
          await ledger.sync();
          if ((await store.deployments()).some(({ stage }) => stage !== 'retired')) runtime.open();
        },
        runtimes: [runtime],
        priceBook,
        dialects: DIALECTS,
        modelHealth: tools.health,
        openJudge: ({ store, pseudonym }) => {
          try {
            return openJudge({ config, env, ledger, store, pseudonym });
          } catch (error) {
            // Calls come first: comparisons go by equality meanwhile.
            log(`audits are not judged: ${messageOf(error)}`);
            return null;
          }
        },
        ledger,
        env,
        log,
        version: version(),
      });
      const gateway: OnlineGateway = {
        ...started,
        close: async () => {
          gateways.delete(gateway);
          await started.close();
          book = (await opened?.catch(() => null))?.store ?? null;
        },
      };
      gateways.add(gateway);
      return gateway;
    },
    startAdmin: async (gateway) => {
      if (!config.admin.enabled) return { url: null, reload: () => {}, close: async () => {} };
      return startAdminProcess(
        {
          config: adminConfig(config),
          weightsDir,
          about: { version: version(), upstream: config.upstream.baseUrl, gateway: gateway.url },
        },
        { env, log, apply: gateway.refresh },
      );
    },
    explain: async (callId) => {
      // What was recorded a moment ago is still in the journal.
      await drainAll();
      return explained((await storage()).store, callId, config.serve.canaryShare);
    },
    startLearning: () =>
      startLearning({
        config,
        env,
        weightsDir,
        log,
        // Beside the gateway: its thread waits for no lock.
        open: async () => {
          const opened = await openStorage(config, { env, busyTimeoutMs: 0, durable: false });
          return { ...opened, llmDollars: (since) => llmDollars(opened, config, since) };
        },
      }),
    close: async () => {
      await Promise.all([...gateways].map((gateway) => gateway.close()));
      await tools.close();
      await ledger.close();
      await (await finder?.catch(() => null))?.close();
      await losses.close();
      await (await opened?.catch(() => null))?.close();
    },
  };
}

async function statusOf(
  { store, vault }: Storage,
  { serve, judge }: Pick<Config, 'serve' | 'judge'>,
  folder: Pick<StatusReport, 'lost' | 'journal' | 'upstreams'>,
): Promise<StatusReport> {
  const deployments = await store.deployments();
  const stopped = new Set((await store.stoppedTasks()).map(({ taskId }) => taskId));
  const why = new Map<string, string>();
  for (const record of await taskRecords({ store, audits: auditBook(store, serve) }, 0))
    why.set(record.task.id, await whyOfRecord(store, record));
  const tasks: StatusReport['tasks'][number][] = [];
  for (const task of await store.tasks()) {
    const specialists = await store.specialists(task.id);
    const own = deployments.filter((each) => each.taskId === task.id && each.stage !== 'retired');
    // What serves says more than what waits for approval beside it.
    const deployment = own.findLast(({ stage }) => stage !== 'proposed') ?? own.at(-1);
    const specialist = specialists.find((each) => each.id === deployment?.specialistId);
    const policy = specialist && deployment && policyFor(specialist, deployment, serve);
    const shown = deployment && specialist && policy ? { deployment, specialist, policy } : null;
    const outlook =
      shown &&
      outlookOf(
        shown.deployment,
        (await readWatch(store, shown.deployment.id, shown.policy)).watch,
        shown.policy,
      );
    tasks.push({
      id: task.id,
      name: task.name,
      kind: task.kind,
      calls: task.calls,
      specialists: specialists.length,
      isStopped: stopped.has(task.id),
      why: why.get(task.id) ?? '',
      isProposed: own.some(({ stage }) => stage === 'proposed'),
      deployment: shown &&
        outlook && {
          id: shown.deployment.id,
          specialistId: shown.specialist.id,
          rung: shown.specialist.artefact.rung,
          stage: shown.deployment.stage,
          threshold: shown.deployment.threshold,
          coverage: shown.specialist.evidence.exam.coverage.share,
          judgedBy: shown.specialist.evidence.judge ? judgedByText(shown.specialist.evidence.judge) : null,
          audits: outlook.comparisons,
          auditErrors: outlook.errors,
          margin: outlook.margin,
          servedError: outlook.servedError,
          moreComparisons: outlook.moreComparisons,
          lately: latelyOf(await store.countReasons(task.id, LATELY)),
          history: shown.deployment.history,
        },
    });
  }
  return {
    kind: 'status',
    calls: await store.countCalls({ audits: false }),
    ...folder,
    tasks,
    feedback: await store.countFeedback(),
    outcomes: await outcomesOf(store, vault),
    ...(judge ? { judge: await judgeStatus(store, judge) } : {}),
  };
}

/** Calls of a task that its status is about. */
const LATELY = 500;

type Lately = NonNullable<StatusReport['tasks'][number]['deployment']>['lately'];

function latelyOf(reasons: Awaited<ReturnType<Store['countReasons']>>): Lately {
  const counts = { calls: 0, recognised: 0, served: 0, escalated: 0 };
  for (const [reason, n] of reasons) {
    const outcome = coverageOf({ reason });
    if (outcome === null) continue;
    counts.calls += n;
    if (outcome !== 'unfamiliar') counts.recognised += n;
    if (outcome === 'served') counts.served += n;
    if (outcome === 'escalated') counts.escalated += n;
  }
  return counts;
}
