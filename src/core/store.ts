/**
 * The store: what has been captured, found, trained and decided, behind one interface per concern. Callers make ids and
 * times; the store keeps what it is given. Payloads come and go as sealed parts: the store never sees them open.
 * Every method is asynchronous and takes and gives data alone, so that a database over a network can implement it; each
 * call is one transaction. Nothing on the path of a live call waits for it.
 * Implementations: store/sqlite.
 */
import type { AccessStore } from './access.ts';
import type { Served } from './call.ts';
import type { ChargeStore } from './charge.ts';
import type { DatasetManifest } from './dataset.ts';
import type { Audit, Deployment } from './deployment.ts';
import type { FigureStore } from './figures.ts';
import type { JobStore, SwitchStore } from './job.ts';
import type { JsonObject } from './json.ts';
import type { VerdictStore } from './judge.ts';
import type { Specialist, Verdict } from './specialist.ts';
import type { Task } from './task.ts';
import type { DecisionStore } from './task-decision.ts';
import type { TrailStore } from './trail.ts';

/** A piece of payload (a message, a tool set, a response), sealed, stored once per content and day. */
export interface SealedPart {
  /** Keyed hash of the content and its day's data key. */
  readonly id: string;
  /** Which data key sealed it: the day, YYYY-MM-DD in UTC. */
  readonly day: string;
  readonly sealed: Uint8Array;
}

/**
 * A call as stored: times, counts and what was decided in the open; what a caller wrote as ids of sealed parts, or as a
 * keyed pseudonym.
 */
export interface StoredCall {
  readonly id: string;
  readonly at: number;
  /** Keyed pseudonym of the session's id. */
  readonly sessionId: string;
  readonly origin: string;
  readonly stream: boolean;
  readonly status: number;
  readonly latencyMs: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly served: Served;
  /** Id of the part with the model's name and the tags. */
  readonly aboutPart: string;
  /** Part ids: request settings, tool set, then one per message. */
  readonly requestParts: readonly string[];
  /** Null where there was no response. */
  readonly responsePart: string | null;
}

/** A data key, wrapped by the master key. Deleting it erases its day. */
export interface WrappedKey {
  readonly day: string;
  readonly wrapped: Uint8Array;
}

/** Something that happened, for the record: noun-verb, like 'specialist-deployed', 'payload-read'. */
export interface Event {
  readonly id: string;
  readonly at: number;
  readonly kind: string;
  readonly subject: string;
  readonly detail: JsonObject;
}

/** The last call that was read; reading resumes after it. */
export type CallCursor = Pick<StoredCall, 'at' | 'id'>;

export interface CallFilter {
  /** Epoch milliseconds, included. */
  readonly since?: number;
  /** Epoch milliseconds, included. */
  readonly until?: number;
  readonly taskId?: string;
  /** Keyed pseudonym of the sender. */
  readonly origin?: string;
  /** Only calls that come after this one in the order of reading. */
  readonly after?: CallCursor;
  readonly limit?: number;
}

/** Calls of a day that were sent by one sender to one model, and served by one for one reason. */
export interface UsageSum {
  /** YYYY-MM-DD in UTC. */
  readonly day: string;
  readonly origin: string;
  readonly taskId: string | null;
  readonly served: Pick<Served, 'by' | 'reason'>;
  /** The part with the model's name; calls to one model may have several. */
  readonly aboutPart: string;
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly latencyMs: number;
}

export interface CallStore {
  /**
   * Adds calls and their parts, all or none, and returns how many calls were new. Calls and parts already there are left
   * as they are.
   * @param sealedUnder The data keys that sealed the parts. Where the store has one of them no more, nothing is added: a
   *   day that was erased meanwhile does not come back.
   * @throws UnderstudyError 'not-found' for a key that is gone, 'bad-input' for a part that is neither given nor stored.
   */
  addCalls(
    calls: readonly StoredCall[],
    parts: readonly SealedPart[],
    sealedUnder?: readonly WrappedKey[],
  ): Promise<number>;
  /** Those of the ids whose calls are stored. */
  knownCalls(ids: readonly string[]): Promise<Set<string>>;
  /** When those of the calls arrived that are stored. */
  callTimes(ids: readonly string[]): Promise<Map<string, number>>;
  /**
   * Oldest first, by time and then id, in batches of bounded size, each of its own transaction: calls that are added or
   * deleted meanwhile are seen or not. Stopping early costs nothing; `after` resumes.
   */
  calls(filter?: CallFilter): AsyncIterable<readonly StoredCall[]>;
  /**
   * @param filter.audits false: without the LLM's answers to audits, which no agent called for. Default: true.
   * @param filter.byLlm true: only those that the LLM answered, from which can be learnt. Default: false.
   */
  countCalls(
    filter?: Pick<CallFilter, 'since' | 'until' | 'taskId' | 'origin'> & {
      readonly audits?: boolean;
      readonly byLlm?: boolean;
    },
  ): Promise<number>;
  /** How a task's latest calls were served: their number by reason. The LLM's answers to audits are left out. */
  countReasons(taskId: string, limit: number): Promise<ReadonlyMap<Served['reason'], number>>;
  /** Tokens and times of calls, added up by what they have in common. @param filter.since @param filter.until As in CallFilter. */
  usage(filter?: Pick<CallFilter, 'since' | 'until'>): Promise<readonly UsageSum[]>;
  /** When the latest call since then arrived; null where there is none. */
  latestCallAt(since: number): Promise<number | null>;
  parts(ids: readonly string[]): Promise<Map<string, SealedPart>>;
  /** What parts take, sealed, in bytes, by the day of their key. */
  partBytes(): Promise<ReadonlyMap<string, number>>;
  /** Deletes calls, feedback on them, and every part that no call holds any more; returns how many calls and parts went. */
  deleteCalls(ids: readonly string[]): Promise<{ readonly calls: number; readonly parts: number }>;
  /**
   * Removes what deleted rows and keys have left behind in files. False where somebody else is reading, so that some of
   * it may stay for now.
   */
  purge(): Promise<boolean>;

  /** Adds to a call site's words; those already there stay. `id` is a keyed hash of the text. */
  addVocabulary(
    site: string,
    words: readonly { readonly id: string; readonly text: string }[],
  ): Promise<void>;
  /** The words by call site. */
  vocabulary(): Promise<Map<string, readonly string[]>>;
}

/** Feedback as stored: which call or session it is about in the open, what was said sealed. */
export interface StoredFeedback {
  /** A random id of ours, or a keyed pseudonym of the caller's. */
  readonly id: string;
  readonly at: number;
  /** Null where it is about a session. */
  readonly callId: string | null;
  /** Keyed pseudonym, as on the call; null where it is about a call. */
  readonly sessionId: string | null;
  /** A FeedbackContent (core/feedback), under the key of its call's day; of its own, where the call is not known. */
  readonly content: SealedPart;
}

/** Feedback with the session that it is about, its own or its call's. */
export interface SessionFeedback extends StoredFeedback {
  readonly session: string;
  /** Whether a specialist served any of the session's calls. */
  readonly bySpecialist: boolean;
}

export interface FeedbackStore {
  /**
   * Adds feedback, all or none, and returns how much was new; what is there already stays. Its call need not be there.
   * @param sealedUnder As in CallStore.addCalls. @throws UnderstudyError 'not-found' for a key that is gone.
   */
  addFeedback(feedback: readonly StoredFeedback[], sealedUnder?: readonly WrappedKey[]): Promise<number>;
  /** Feedback on these calls, oldest first, by time and then id. CallStore.deleteCalls takes it away with its call. */
  feedbackOn(callIds: readonly string[]): Promise<readonly StoredFeedback[]>;
  /** Feedback on sessions that have calls in the store, in batches, in any order that does not change. */
  sessionFeedback(): AsyncIterable<readonly SessionFeedback[]>;
  /** @param filter.taskId On calls of this task. @param filter.since Given since then, epoch milliseconds, included. */
  countFeedback(filter?: { readonly taskId?: string; readonly since?: number }): Promise<number>;
  /** Deletes what was sealed on these days; returns how much. */
  deleteFeedback(days: readonly string[]): Promise<number>;
}

export interface KeyStore {
  /** The keys of those days that have one. */
  keys(days: readonly string[]): Promise<readonly WrappedKey[]>;
  /** The days that have a key, in order. */
  keyDays(): Promise<readonly string[]>;
  /**
   * Keeps the key on the disk itself before it resolves. The first key of a day stays: another process may have been
   * quicker, and has sealed with it.
   */
  addKey(key: WrappedKey): Promise<void>;
  /** Erases a day: without its key its parts cannot be opened. */
  deleteKey(day: string): Promise<void>;
}

/** A deployment as it was seen, and as it is to be, with what is told of it. */
export interface DeploymentMove {
  /** Null: there was none. */
  readonly before: Deployment | null;
  readonly after: Deployment;
  readonly events: readonly Event[];
}

/** What is learnt from calls. */
export interface LearningStore {
  tasks(): Promise<Task[]>;
  /**
   * Replaces tasks with the same id, keeps the others.
   * @param decisions How many decisions of people (DecisionStore) the tasks respect. False, and nothing is changed, where there
   *   are others by now. Default: it does not matter.
   * @param moves Of deployments whose proof does not hold for the tasks: kept with them, or neither is. False, and nothing is
   *   changed, where one of them is not as it was any more. Default: none.
   */
  putTasks(tasks: readonly Task[], decisions?: number, moves?: readonly DeploymentMove[]): Promise<boolean>;

  /** Examples are payload, so only the manifest is kept. */
  addDataset(manifest: DatasetManifest): Promise<void>;
  dataset(id: string): Promise<DatasetManifest | null>;

  /** @param events What its proof has found: kept with it, or neither is. Default: none. */
  addSpecialist(specialist: Specialist, events?: readonly Event[]): Promise<void>;
  specialists(taskId?: string): Promise<Specialist[]>;
  addVerdicts(taskId: string, at: number, verdicts: readonly Verdict[]): Promise<void>;
  /** The newest set of verdicts for the task. */
  verdicts(taskId: string): Promise<Verdict[]>;
  /** Counts one more use of the exam of this task; returns the count, this one included. */
  useExam(taskId: string, datasetId: string): Promise<number>;
  /** Counts one more try of the task at the gate. */
  useGate(taskId: string, datasetId: string): Promise<void>;
  /** Tries at the gate so far: of the task, or of all tasks. */
  gateTries(taskId?: string): Promise<number>;
}

/**
 * Audits in the order in which they were added, and where reading resumes. No cursor goes beyond an audit that may still be
 * added before it, as by a transaction that is not committed yet.
 */
export interface AuditPage {
  readonly audits: readonly Audit[];
  /** Opaque; the cursor that was given where there were none. */
  readonly cursor: number;
}

/** What serves, and how it fares. */
export interface DeploymentStore {
  /** Another number whenever tasks, specialists, deployments or vocabulary have changed; cheap. */
  planVersion(): Promise<number>;
  /**
   * Adds a deployment (`before` null), or replaces the one that is still as `before`, told by its stage and by how many
   * changes its history has. False, and nothing is changed, where another process was quicker: a gateway moves deployments
   * while a learning run or a person does. deploy/change.ts reads again and retries.
   * @param events What is told of it: kept with the deployment, or neither is. Default: none.
   */
  putDeployment(
    deployment: Deployment,
    before: Deployment | null,
    events?: readonly Event[],
  ): Promise<boolean>;
  deployments(): Promise<Deployment[]>;
  /** A call's audit is kept once for a deployment; the first stays. */
  addAudits(audits: readonly Audit[]): Promise<void>;
  /** At most `limit` audits of the deployment that were added after the cursor. @param cursor 0 is the beginning. */
  auditsSince(deploymentId: string, cursor: number, limit: number): Promise<AuditPage>;
  countAudits(deploymentId: string): Promise<{ readonly audits: number; readonly errors: number }>;
}

/** The record of what happened. */
export interface EventStore {
  addEvent(event: Event): Promise<void>;
  /** Oldest first; with a limit, the newest of them. */
  events(filter?: {
    readonly kind?: string;
    readonly subject?: string;
    readonly limit?: number;
  }): Promise<Event[]>;
}

/** All of it, as one database has it. Those who need a part of it name that part. */
export interface Store
  extends CallStore,
    FeedbackStore,
    KeyStore,
    LearningStore,
    DeploymentStore,
    JobStore,
    SwitchStore,
    EventStore,
    FigureStore,
    AccessStore,
    TrailStore,
    ChargeStore,
    VerdictStore,
    DecisionStore {
  close(): Promise<void>;
}
