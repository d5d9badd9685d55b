/**
 * The program's few verbs over what a configuration names. Implementations are chosen here, in tools.ts (what learns and
 * answers) and in data-folder.ts (what keeps calls), and nowhere else.
 * Does not: hold the loop itself (learn/pipeline.ts) or the online path (online/serving.ts).
 */
import { availableParallelism } from 'node:os';
import { explained } from './api/figures/explained.ts';
import type { Explanation } from './api/schemas/calls.ts';
import { openLosses } from './capture/losses.ts';
import { withMasterKey } from './capture/master-key-command.ts';
import { journalState } from './capture/quarantine.ts';
import type { SecondStage } from './capture/second-stage.ts';
import type { AssessReport } from './core/assessment.ts';
import type { Call, CallRequest, CallResponse } from './core/call.ts';
import type { Config } from './core/config.ts';
import type { EntityFinder } from './core/entity.ts';
import { messageOf } from './core/errors.ts';
import type { LearnOptions, LearnReport } from './core/learning.ts';
import type { OnProgress } from './core/progress.ts';
import type { RetrievalReport } from './core/retrieval-report.ts';
import type { SavingsReport } from './core/savings.ts';
import type { JournalState, StatusReport } from './core/status-report.ts';
import type { Store } from './core/store.ts';
import { type LearningService, startLearning } from './learn/jobs/service.ts';
import { learn } from './learn/pipeline.ts';
import { checkRetrieval } from './learn/retrieval-check.ts';
import { type AdminProcess, adminConfig, startAdminProcess } from './online/admin-process.ts';
import { openCapture } from './online/capturing.ts';
import { type OnlineGateway, startOnline } from './online/serving.ts';
import { openLedger } from './savings/ledger.ts';
import { type AssessOptions, assess } from './setup/assess.ts';
import { type CapturedCalls, capturedCalls } from './setup/captured-calls.ts';
import { journalsOf, openFinder, openStorage, type Storage, stageOf } from './setup/data-folder.ts';
import { openEncoder } from './setup/encoder.ts';
import { learningPart, openJudge } from './setup/judge.ts';
import { llmDollars, priceBook, readSavings } from './setup/savings.ts';
import { statusOf } from './setup/status.ts';
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

export interface Understudy extends Omit<CapturedCalls, 'drain'> {
  /** What is kept, by concern. */
  store(): Promise<Store>;
  /** The six steps over all that has been captured. */
  learn(options?: LearnOptions): Promise<LearnReport>;
  /** What learning would come to, before it is tried: of the captured calls, or of log files, which are not stored then. */
  assess(options?: AssessOptions): Promise<AssessReport>;
  status(): Promise<StatusReport>;
  /** What specialists save, net; of the calls since then (epoch milliseconds). Default: all. */
  savings(since?: number): Promise<SavingsReport>;
  /** How well retrieval finds calls that were answered alike. */
  checkRetrieval(): Promise<RetrievalReport>;
  /** The pseudonym that stands for a sender on their calls. */
  pseudonym(sender: string): Promise<string>;
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
  const losses = openLosses(dataDir);
  const captured = capturedCalls({ config, storage, openStage, losses, log, ...progress });
  const gateways = new Set<OnlineGateway>();
  const journal = (): Promise<JournalState> => journalState(Object.values(journalsOf(dataDir)), Date.now());

  const { drain, calls } = captured;

  return {
    ...captured,
    store: async () => (await storage()).store,
    pseudonym: async (sender) => (await storage()).vault.pseudonym(sender),
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
      await drain();
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
