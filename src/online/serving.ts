/**
 * The online path, joined: gateway → route → specialists or upstream → capture → store, and the audits that move
 * deployments. The other half of the story is learn/pipeline.ts.
 * Does not: do any of the work itself; whatever fails here leaves the agent with the LLM.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createAccess } from '../access/access.ts';
import { assign } from '../callsite/assign.ts';
import type { Losses } from '../capture/losses.ts';
import type { Config } from '../core/config.ts';
import { severalOf, upstreamKeys, upstreamUrls } from '../core/config-upstreams.ts';
import type { JsonObject } from '../core/json.ts';
import type { Runtime } from '../core/runtime.ts';
import type { JournalState } from '../core/status-report.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../gateway/gateway.ts';
import { createRouter } from '../route/router.ts';
import type { RoutingPlan } from '../route/routes.ts';
import type { Ledger } from '../savings/ledger.ts';
import type { OpenJudge } from '../setup/judge.ts';
import { upstreamStates } from '../setup/upstream-states.ts';
import { providerOf } from '../wire/provider.ts';
import { accessUpdates } from './access-updates.ts';
import { answersAlike } from './alike.ts';
import { auditJudging } from './audit-judging.ts';
import { openCallPrices, type PriceBook } from './call-prices.ts';
import { changeAlarms } from './change-alarms.ts';
import { gatewayCondition } from './condition.ts';
import { eventAlerts } from './event-alerts.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { planUpdates } from './plan-updates.ts';
import { proposalLinks } from './proposal-links.ts';
import {
  openRecordingFolder,
  type RecordingFolder,
  type RecordingFolderOptions,
  type Vocabulary,
} from './recording-folder.ts';
import { applied, type Reloaded, reloaded } from './reload.ts';
import { openTelemetry } from './telemetry.ts';
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
  /** Default: the configuration's `prices` and the built-in table. */
  readonly priceBook?: PriceBook;
  /** Opens the judge that the configuration names, on what of the data folder is open at the time. Default: there is none. */
  readonly openJudge?: (folder: Pick<RecordingFolder, 'store' | 'pseudonym'>) => OpenJudge | null;
  /** What is paid to others. Default: nothing is. */
  readonly ledger?: Pick<Ledger, 'sync'>;
  /** How the processes and servers of models are, for /health/readiness. */
  readonly modelHealth: () => readonly JsonObject[];
  /** Where traces go (OTEL_EXPORTER_OTLP_ENDPOINT). */
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly log: (line: string) => void;
  readonly now?: () => number;
}

export interface OnlineGateway extends Gateway {
  /**
   * Takes over what can be taken over of a configuration that was read again; no connection is dropped.
   * @throws UnderstudyError 'bad-config' for a certificate that cannot be used; then nothing has changed.
   */
  reload(config: Config): Reloaded;
  /** Takes up now what was changed in the store, instead of within the next moment. Never rejects. */
  refresh(): Promise<void>;
}

/**
 * How often a running gateway looks for what another process has changed: what a learning run has deployed, and what a person
 * has stopped, which has to be out of service within a second. Where nothing has changed it is one number that is read.
 */
const REFRESH_MS = 400;
/** How often it looks for access keys that were made, changed or revoked. */
const KEYS_MS = 500;
/** How often it looks for events that a person should know. */
const NEWS_MS = 10_000;
/** How often it looks after the journal and, where that is closed, the data folder. */
const LOOK_MS = 2000;
/** How long closing waits for the store to take the last audits. */
const CLOSE_GRACE_MS = 5000;
/** Calls of one specialist at once: models answer a few together, the rest would only wait, and hold up comparisons. */
const MAX_IN_FLIGHT = 16;

const NOTHING: RoutingPlan = { tasks: [], deployments: [], specialists: [] };

/**
 * Starts the gateway on the store's present deployments and keeps them up to date. It starts whatever is wrong with the data
 * folder: then every call goes to the LLM, and what is wrong is logged and told by /health/readiness.
 * @throws UnderstudyError as startGateway, and 'in-use' where another gateway records into the data folder.
 */
export async function startOnline(parts: OnlineParts): Promise<OnlineGateway> {
  const { config, losses, log, now = Date.now } = parts;
  /** With what has been taken over since the start. */
  let current = config;
  let vocabulary: Vocabulary = new Map();
  /** Deployments by stage. */
  const stages = new Map<string, number>();
  const folder = await openRecordingFolder({
    open: parts.openCapture,
    vocabulary: () => vocabulary,
    losses,
    log,
    ...(parts.onOpen ? { onOpen: parts.onOpen } : {}),
  });
  const prices = await openCallPrices(config, parts.priceBook);
  let providerKeys = upstreamKeys(config);
  const watching = watchDeployments(config.serve, log, now, config.gate.deltaFor);
  const alarms = changeAlarms(log, now, config.equality);
  const settleBudget = dailyBudget(config.serve.settleAudits, now);
  const updates = planUpdates({
    store: folder.store,
    watching,
    alarms,
    onPlan: (plan, words) => {
      vocabulary = words;
      router.update(plan);
      alarms.update(plan);
      stages.clear();
      for (const { stage } of plan.deployments) stages.set(stage, (stages.get(stage) ?? 0) + 1);
    },
    log,
    now,
  });
  const judge = parts.openJudge?.(folder) ?? null;
  const judgeDown = (why: string): void => {
    const message = `The judge ${judge?.name} does not judge audits: ${why}. Until it does they count by equality, or not at all.`;
    telemetry.alerts.raise({ kind: 'judge-down', subject: judge?.name ?? '', message, at: now() });
  };
  const alike = answersAlike(config.equality);
  const router = createRouter(NOTHING, {
    runtimes: parts.runtimes,
    canaryShare: config.serve.canaryShare,
    auditProbability: watching.probability,
    pseudonym: folder.pseudonym,
    settling: {
      isAllowed: settleBudget.left,
      onAsked: settleBudget.spend,
      same: alike.isSame,
    },
    ...(judge
      ? { judging: auditJudging({ judge, config, redact: folder.redact, log, now, onDown: judgeDown }) }
      : {}),
    timeoutMs: config.serve.timeoutMs,
    maxInFlight: MAX_IN_FLIGHT,
    redact: folder.redact,
    assign,
    right: alike.isRight,
    onAudit: (audit) => {
      telemetry.metrics.audited(audit.deploymentId, audit.correct);
      updates.add(audit);
    },
    onUnused: updates.addUnused,
    onHeard: alarms.hear,
    now,
  });
  const access = createAccess({
    ...config.access,
    costOf: prices.costOf,
    now,
    upstreamKey: (head) => providerKeys[providerOf(head)],
    onRefused: (code) => telemetry.metrics.refused(code),
  });
  const keys = accessUpdates({ access, store: folder.store, log, now });
  const condition = gatewayCondition({
    dataDir: config.dataDir,
    capture: folder.state,
    lost: losses.counts,
    journal: parts.journal,
    now,
    access: () => ({ isOn: access.isOn(), trouble: keys.trouble() }),
    models: parts.modelHealth,
    onAlert: (alert) => telemetry.alerts.raise(alert),
  });
  const telemetry = openTelemetry({
    config: () => current,
    env: parts.env,
    version: parts.version,
    costOf: prices.costOf,
    log,
    now,
    sources: {
      lost: losses.counts,
      deployments: () => stages,
      journalBytes: condition.journalBytes,
      diskFreeBytes: condition.diskFreeBytes,
      inFlight: () => gateway.stats().inFlight,
      bodyBytes: () => gateway.stats().bodies.bytes,
      isWell: () => condition.health().isWell,
    },
  });
  const news = eventAlerts(telemetry.alerts.raise, proposalLinks(config.admin, folder, now));
  const tellNews = oneAtATime(async () => {
    const store = folder.store();
    // What cannot be read now is told the next time.
    if (store !== null) await news.read(store).catch(() => undefined);
  });
  void condition.look();
  await keys.refresh();
  await updates.run();
  const gateway = await startGateway({
    gateway: config.gateway,
    access,
    upstreamUrl: config.upstream.baseUrl,
    upstreamUrls: upstreamUrls(config),
    several: severalOf(config),
    onUpstream: telemetry.upstream,
    maxConnections: config.upstreams.maxConnections,
    dialects: parts.dialects,
    costOf: prices.answerCost,
    router: alarms.counted(router),
    recorder: folder.recorder,
    onLost: losses.add,
    health: condition.health,
    observer: telemetry.observer,
    metrics: telemetry.metrics.text,
    log: (event, detail) => log(`${event} ${JSON.stringify(detail)}`),
    now,
  }).catch(async (error: unknown) => {
    await folder.close();
    throw error;
  });
  const servers = upstreamStates(config.dataDir, now);
  const every = (ms: number, work: () => void) => setInterval(work, ms).unref();
  const timers = [
    every(REFRESH_MS, () => void updates.run()),
    every(LOOK_MS, () => {
      void condition.look();
      void folder.retry();
      void keys.flush();
      void servers.tell(gateway.upstreams());
    }),
    every(NEWS_MS, tellNews),
    every(KEYS_MS, () => void keys.refresh()),
  ];
  return {
    ...gateway,
    refresh: updates.run,
    reload: (next) => {
      const result = reloaded(current, next);
      const settings = applied(current, next);
      // It reads a file, and may fail.
      const takePrices = prices.read(settings);
      access.configure(settings.access);
      try {
        gateway.takeOver({
          gateway: settings.gateway,
          upstreamUrl: settings.upstream.baseUrl,
          upstreamUrls: upstreamUrls(settings),
          several: severalOf(settings),
        });
      } catch (error) {
        access.configure(current.access);
        throw error;
      }
      current = settings;
      providerKeys = upstreamKeys(settings);
      takePrices();
      return result;
    },
    close: async () => {
      await gateway.close();
      for (const timer of timers) clearInterval(timer);
      // A store that answers no more must not keep the program alive.
      const last = Promise.all([keys.flush(), updates.run(), parts.ledger?.sync().catch(() => undefined)]);
      await Promise.race([last, sleep(CLOSE_GRACE_MS, undefined, { ref: false })]);
      await servers.close();
      await folder.close();
      await judge?.close();
      await telemetry.close();
    },
  };
}
