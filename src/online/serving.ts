/**
 * The online path, joined: gateway → route → specialists or upstream → capture → store, and the audits that move
 * deployments. The other half of the story is pipeline.ts.
 * Does not: do any of the work itself; whatever fails here leaves the agent with the LLM.
 */

import { assign } from '../callsite/assign.ts';
import type { Losses } from '../capture/losses.ts';
import { targetOf } from '../core/answer.ts';
import type { CallRequest } from '../core/call.ts';
import { compareAnswers, schemasOf } from '../core/compare.ts';
import type { Config } from '../core/config.ts';
import type { Audit } from '../core/deployment.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { JournalState } from '../core/learning.ts';
import type { Recorder, RedactedRequest } from '../core/online.ts';
import { referenceOf } from '../core/reference.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Store } from '../core/store.ts';
import { step } from '../deploy/stages.ts';
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import { createRouter, type RoutingPlan } from '../route/router.ts';

/** Where calls are written down, and where deployments and audits are. */
export interface Capture {
  readonly store: Store;
  readonly recorder: Recorder;
  /** What specialists read of a request, given the words by call site. */
  redaction(vocabulary: () => Vocabulary): (request: CallRequest) => RedactedRequest | null;
  close(): Promise<void>;
}

type Vocabulary = ReadonlyMap<string, readonly string[]>;

export interface OnlineParts {
  readonly config: Config;
  /** Opens the data folder. While it throws, calls pass through and are counted as lost; it is tried again. */
  readonly openCapture: (waits: { readonly lockWaitMs: number }) => Capture;
  readonly losses: Losses;
  /** What is recorded and not drained yet, and what was set aside. */
  readonly journal: () => Promise<JournalState>;
  /** Calls once, when the data folder is open, with what is in it. */
  readonly onOpen?: (capture: Capture) => void;
  readonly runtimes: readonly Runtime[];
  /** How the processes and servers of models are, for /health/readiness. */
  readonly modelHealth: () => readonly JsonObject[];
  readonly log: (line: string) => void;
  readonly now?: () => number;
}

/** How often a running gateway looks for what a learning run in another process has deployed. */
const REFRESH_MS = 2000;
/** How long after the data folder could not be opened it is tried again. */
const REOPEN_MS = 30_000;
/** How long a start waits for another gateway that is closing. */
const LOCK_WAIT_MS = 3000;
/** Audits that wait for the store; more are forgotten. */
const MAX_AUDITS = 10_000;
/** How long audits are collected before they are written down. */
const AUDIT_MS = 100;
/** Calls of one specialist at once: models answer a few together, the rest would only wait, and hold up comparisons. */
const MAX_IN_FLIGHT = 16;

const NOTHING: RoutingPlan = { tasks: [], deployments: [], specialists: [] };

/**
 * Starts the gateway on the store's present deployments and keeps them up to date. It starts whatever is wrong with the data
 * folder: then every call goes to the LLM, and what is wrong is logged and told by /health/readiness.
 * @throws UnderstudyError as startGateway, and 'in-use' where another gateway records into the data folder.
 */
export async function startOnline(parts: OnlineParts): Promise<Gateway> {
  const { config, losses, log } = parts;
  const now = parts.now ?? Date.now;
  let capture: Capture | null = null;
  let closedBecause = '';
  let starting = true;
  let triedAt = Number.NEGATIVE_INFINITY;
  let plan = NOTHING;
  let planVersion = Number.NaN;
  let vocabulary: Vocabulary = new Map();
  let redact: ((request: CallRequest) => RedactedRequest | null) | null = null;
  let audits: Audit[] = [];
  let soon: NodeJS.Timeout | undefined;
  let complaint = '';

  const router = createRouter(plan, {
    runtimes: parts.runtimes,
    canaryShare: config.serve.canaryShare,
    auditShare: config.serve.auditShare,
    timeoutMs: config.serve.timeoutMs,
    maxInFlight: MAX_IN_FLIGHT,
    redact: (request) => redact?.(request) ?? null,
    assign,
    right: (task, answer, llm) =>
      compareAnswers(task.kind, referenceOf(task, llm), targetOf(answer), schemasOf(task, config.equality))
        .right === true,
    onAudit: (audit) => {
      if (audits.length < MAX_AUDITS) audits.push(audit);
      soon ??= setTimeout(keepUp, AUDIT_MS).unref();
    },
    now,
  });

  /** Once for each trouble, which may last: this is tried every other second. */
  const complain = (line: string): void => {
    if (line !== complaint) log(line);
    complaint = line;
  };

  const tryOpen = (): void => {
    triedAt = performance.now();
    try {
      // Calls are under way once it has started: then nothing is waited for.
      capture = parts.openCapture({ lockWaitMs: starting ? LOCK_WAIT_MS : 0 });
      redact = capture.redaction(() => vocabulary);
      if (closedBecause !== '') log('calls are recorded again.');
      closedBecause = '';
      parts.onOpen?.(capture);
    } catch (error) {
      // Two gateways on one folder are a mistake that its maker should see at once.
      if (starting && error instanceof UnderstudyError && error.code === 'in-use') throw error;
      closedBecause = messageOf(error);
      complain(`calls pass through and are not recorded: ${closedBecause}`);
    }
  };
  tryOpen();
  starting = false;

  /** As it was a moment ago: health is asked often, and folders may be long. */
  let journal: JournalState | null = null;
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    journal = await parts.journal().catch(() => journal);
    looking = false;
  };

  // Store work waits for this turn of the clock: a slow or locked store must not hold up a call.
  const keepUp = (): void => {
    clearTimeout(soon);
    soon = undefined;
    void look();
    if (capture === null && performance.now() - triedAt >= REOPEN_MS) tryOpen();
    if (capture === null) return;
    const { store } = capture;
    const pending = audits;
    audits = [];
    try {
      for (const audit of pending) store.addAudit(audit);
      for (const id of new Set(pending.map((audit) => audit.deploymentId))) advance(store, id, config, now());
    } catch (error) {
      // What was written already is recognised by its call id when it is written again.
      audits = [...pending, ...audits];
      complain(`audits wait for the store: ${messageOf(error)}`);
      return;
    }
    try {
      const version = store.planVersion();
      complaint = '';
      if (version === planVersion) return;
      plan = readPlan(store);
      vocabulary = store.vocabulary();
      planVersion = version;
      router.update(plan);
    } catch (error) {
      complain(`deployments cannot be read, the present ones stay: ${messageOf(error)}`);
    }
  };
  const lost = async (): Promise<boolean> => {
    losses.add('capture-closed');
    throw new UnderstudyError('unavailable', 'The data folder is not open.', { hint: closedBecause });
  };
  const recorder: Recorder = {
    record: (call, sender, exchange, onCopied) =>
      capture?.recorder.record(call, sender, exchange, onCopied) ?? lost(),
    recordExchange: (exchange, onCopied) => capture?.recorder.recordExchange(exchange, onCopied) ?? lost(),
    close: async () => {},
  };
  keepUp();
  const gateway = await startGateway({
    gateway: config.gateway,
    upstreamUrl: config.upstream.baseUrl,
    serveTimeoutMs: config.serve.timeoutMs,
    router,
    recorder,
    onLost: (reason) => losses.add(reason),
    health: () => ({
      capture: capture === null ? { state: 'closed', reason: closedBecause } : { state: 'open' },
      lost: losses.counts(),
      ...(journal ? { journal: { ...journal } as unknown as JsonObject } : {}),
      models: [...parts.modelHealth()],
    }),
    log: (event, detail) => log(`${event} ${JSON.stringify(detail)}`),
    now,
  }).catch(async (error: unknown) => {
    await capture?.close();
    throw error;
  });
  const timer = setInterval(keepUp, REFRESH_MS);
  timer.unref();
  return {
    ...gateway,
    close: async () => {
      await gateway.close();
      clearInterval(timer);
      keepUp();
      await capture?.close();
    },
  };
}

/** Moves a deployment if its audits say so, and writes down that it moved. */
function advance(store: Store, id: string, config: Config, at: number): void {
  const deployment = store.deployments().find((each) => each.id === id);
  const specialist = store
    .specialists(deployment?.taskId)
    .find((each) => each.id === deployment?.specialistId);
  if (!deployment || !specialist) return;
  const { epsilon, delta } = specialist.evidence.gate;
  const slips = 1 - (specialist.evidence.selfAgreement?.share ?? 1);
  const policy = { bound: epsilon + slips, delta, stepAudits: config.serve.stepAudits };
  const moved = step(deployment, store.audits(id), policy, at);
  if (moved === deployment) return;
  store.putDeployment(moved);
  store.addEvent({
    id: newId('event', at),
    at,
    kind: 'deployment-moved',
    subject: id,
    detail: { from: deployment.stage, to: moved.stage, reason: moved.history.at(-1)?.reason ?? '' },
  });
}

function readPlan(store: Store): RoutingPlan {
  return { tasks: store.tasks(), deployments: store.deployments(), specialists: store.specialists() };
}
