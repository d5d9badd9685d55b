/**
 * The online path, joined: gateway → route → specialists or upstream → capture → store, and the audits that move
 * deployments. The other half of the story is learn/pipeline.ts.
 * Does not: do any of the work itself; whatever fails here leaves the agent with the LLM.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAccess } from '../access/access.ts';
import { assign } from '../callsite/assign.ts';
import type { Losses } from '../capture/losses.ts';
import { targetOf } from '../core/answer.ts';
import { compareAnswers, schemasOf } from '../core/compare.ts';
import type { Config } from '../core/config.ts';
import { upstreamKeys, upstreamUrls } from '../core/config-upstreams.ts';
import type { JsonObject } from '../core/json.ts';
import type { JournalState, PriceUsed } from '../core/learning.ts';
import { referenceOf } from '../core/reference.ts';
import type { Runtime } from '../core/runtime.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../gateway/gateway.ts';
import { createRouter, type RoutingPlan } from '../route/router.ts';
import { answerCost } from '../savings/answer-cost.ts';
import { machineCost } from '../savings/energy.ts';
import { cost, priceOf } from '../savings/prices.ts';
import { providerOf } from '../wire/provider.ts';
import { accessUpdates } from './access-updates.ts';
import { coverageAlarms } from './coverage-alarms.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { planUpdates } from './plan-updates.ts';
import { openRecordingFolder, type RecordingFolderOptions, type Vocabulary } from './recording-folder.ts';
import { dailyBudget, watchDeployments } from './watching.ts';

export interface OnlineParts {
  readonly config: Config;
  /** Opens the data folder. While it throws, calls pass through and are counted as lost; it is tried again. */
  readonly openCapture: RecordingFolderOptions['open'];
  readonly losses: Losses;
  /** What is recorded and not drained yet, and what was set aside. */
  readonly journal: () => Promise<JournalState>;
  /** Called each time the data folder has been opened, with what is in it. */
  readonly onOpen?: RecordingFolderOptions['onOpen'];
  readonly runtimes: readonly Runtime[];
  readonly dialects: GatewayOptions['dialects'];
  /** The LLM's price of a model; null where it is not known. Default: by `prices` of the configuration and the built-in table. */
  readonly priceOf?: (model: string) => PriceUsed | null;
  /** How the processes and servers of models are, for /health/readiness. */
  readonly modelHealth: () => readonly JsonObject[];
  readonly log: (line: string) => void;
  readonly now?: () => number;
}

/**
 * How often a running gateway looks for what another process has changed: what a learning run has deployed, and what a person
 * has stopped, which has to be out of service within a second. Where nothing has changed it is one number that is read.
 */
const REFRESH_MS = 400;
/** How often it looks for access keys that were made, changed or revoked. */
const KEYS_MS = 500;
/** How often it looks after the journal and, where that is closed, the data folder. */
const LOOK_MS = 2000;
/** How long closing waits for the store to take the last audits. */
const CLOSE_GRACE_MS = 5000;
/** Calls of one specialist at once: models answer a few together, the rest would only wait, and hold up comparisons. */
const MAX_IN_FLIGHT = 16;

const NOTHING: RoutingPlan = { tasks: [], deployments: [], specialists: [] };

/** A gateway with what it serves by. */
export interface OnlineGateway extends Gateway {
  /** Takes up now what was changed in the store, instead of within the next moment. Never rejects. */
  refresh(): Promise<void>;
}

/**
 * Starts the gateway on the store's present deployments and keeps them up to date. It starts whatever is wrong with the data
 * folder: then every call goes to the LLM, and what is wrong is logged and told by /health/readiness.
 * @throws UnderstudyError as startGateway, and 'in-use' where another gateway records into the data folder.
 */
export async function startOnline(parts: OnlineParts): Promise<OnlineGateway> {
  const { config, losses, log, now = Date.now } = parts;
  let vocabulary: Vocabulary = new Map();
  const folder = await openRecordingFolder({
    open: parts.openCapture,
    vocabulary: () => vocabulary,
    losses,
    log,
    ...(parts.onOpen ? { onOpen: parts.onOpen } : {}),
  });
  const listPrice = parts.priceOf ?? ((model: string) => priceOf(model, config.prices));
  let machine = await machineCost(config.costs, availableParallelism(), async () => null);
  // Measured beside the start, which waits for nothing.
  void machineCost(config.costs, availableParallelism()).then((measured) => {
    machine = measured;
  });
  const watching = watchDeployments(config.serve, log);
  const coverage = coverageAlarms(log, now);
  const settleBudget = dailyBudget(config.serve.settleAudits, now);
  const updates = planUpdates({
    store: folder.store,
    watching,
    coverage,
    onPlan: (plan, words) => {
      vocabulary = words;
      router.update(plan);
      coverage.update(plan);
    },
    log,
    now,
  });
  const router = createRouter(NOTHING, {
    runtimes: parts.runtimes,
    canaryShare: config.serve.canaryShare,
    auditProbability: watching.probability,
    pseudonym: folder.pseudonym,
    settling: {
      isAllowed: settleBudget.left,
      onAsked: settleBudget.spend,
      same: (task, a, b) =>
        compareAnswers(
          task.kind,
          referenceOf(task, a),
          referenceOf(task, b),
          schemasOf(task, config.equality),
        ).right === true,
    },
    timeoutMs: config.serve.timeoutMs,
    maxInFlight: MAX_IN_FLIGHT,
    redact: folder.redact,
    assign,
    right: (task, answer, llm) =>
      compareAnswers(task.kind, referenceOf(task, llm), targetOf(answer), schemasOf(task, config.equality))
        .right === true,
    onAudit: updates.add,
    onUnused: updates.addUnused,
    now,
  });
  /** As it was a moment ago: health is asked often, and folders may be long. */
  let journal: JournalState | null = null;
  const look = oneAtATime(async () => {
    journal = await parts.journal().catch(() => journal);
  });
  void look();
  const keysUpstream = upstreamKeys(config);
  const access = createAccess({
    ...config.access,
    ...(Object.keys(keysUpstream).length > 0
      ? { upstreamKey: (head) => keysUpstream[providerOf(head)] }
      : {}),
    costOf: (use) => {
      const price = listPrice(use.model);
      return price && cost(use, price);
    },
    now,
  });
  const keys = accessUpdates({ access, store: folder.store, log, now });
  await keys.refresh();
  await updates.run();
  const gateway = await startGateway({
    gateway: config.gateway,
    access,
    upstreamUrl: config.upstream.baseUrl,
    upstreamUrls: upstreamUrls(config),
    dialects: parts.dialects,
    costOf: answerCost(listPrice, () => machine),
    router: coverage.counted(router),
    recorder: folder.recorder,
    onLost: losses.add,
    health: () => ({
      capture: folder.state(),
      access: { state: access.isOn() ? 'on' : 'off', ...(keys.trouble() ? { trouble: keys.trouble() } : {}) },
      lost: losses.counts(),
      ...(journal ? { journal: { ...journal } as unknown as JsonObject } : {}),
      models: [...parts.modelHealth()],
    }),
    log: (event, detail) => log(`${event} ${JSON.stringify(detail)}`),
    now,
  }).catch(async (error: unknown) => {
    await folder.close();
    throw error;
  });
  const refreshing = setInterval(() => void updates.run(), REFRESH_MS).unref();
  const looking = setInterval(() => {
    void look();
    void folder.retry();
    void keys.flush();
  }, LOOK_MS).unref();
  const refreshingKeys = setInterval(() => void keys.refresh(), KEYS_MS).unref();
  return {
    ...gateway,
    refresh: updates.run,
    close: async () => {
      await gateway.close();
      for (const timer of [refreshing, looking, refreshingKeys]) clearInterval(timer);
      await keys.flush();
      // A store that answers no more must not keep the program alive.
      await Promise.race([updates.run(), sleep(CLOSE_GRACE_MS, undefined, { ref: false })]);
      await folder.close();
    },
  };
}
