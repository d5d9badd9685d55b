/**
 * The store: what has been captured, found, trained and decided. Callers make ids and times; the store keeps
 * what it is given. Payloads come and go as sealed parts: the store never sees them open.
 * Implementations: store/sqlite.
 */
import type { Call, Served } from './call.ts';
import type { DatasetManifest } from './dataset.ts';
import type { Audit, Deployment } from './deployment.ts';
import type { JsonObject } from './json.ts';
import type { Specialist, Verdict } from './specialist.ts';
import type { Task } from './task.ts';

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

export interface CallFilter {
  readonly since?: number;
  readonly until?: number;
  readonly taskId?: string;
  readonly limit?: number;
}

export interface Store {
  /**
   * Inserts calls and their parts in one transaction, and returns how many calls were new. Calls and parts already there
   * are left as they are.
   */
  addCalls(calls: readonly StoredCall[], parts: readonly SealedPart[]): number;
  /** Those of the ids whose calls are stored. */
  knownCalls(ids: readonly string[]): Set<string>;
  /** Oldest first. */
  calls(filter?: CallFilter): StoredCall[];
  countCalls(): number;
  parts(ids: readonly string[]): Map<string, SealedPart>;
  /** Deletes calls and every part that no call holds any more; returns how many calls went. */
  deleteCalls(ids: readonly string[]): number;

  /**
   * Seals what an earlier version stored in the clear about calls; returns how many calls that were.
   * @param seal Gives the session's pseudonym and the part that holds model and tags.
   */
  sealCallsInClear(
    seal: (call: Pick<Call, 'at' | 'sessionId' | 'tags'> & { readonly model: string }) => {
      readonly sessionId: string;
      readonly about: SealedPart;
    },
  ): number;

  /** Adds to a call site's words; those already there stay. `id` is a keyed hash of the text. */
  addVocabulary(site: string, words: readonly { readonly id: string; readonly text: string }[]): void;
  /** The words by call site. */
  vocabulary(): Map<string, readonly string[]>;

  key(day: string): WrappedKey | null;
  addKey(key: WrappedKey): void;
  /** Erases a day: without its key its parts cannot be opened. */
  deleteKey(day: string): void;

  /** Another number whenever tasks, specialists, deployments or vocabulary have changed; cheap. */
  planVersion(): number;
  tasks(): Task[];
  /** Replaces tasks with the same id, keeps the others. */
  putTasks(tasks: readonly Task[]): void;

  /** Examples are payload, so only the manifest is kept. */
  addDataset(manifest: DatasetManifest): void;
  dataset(id: string): DatasetManifest | null;

  addSpecialist(specialist: Specialist): void;
  specialists(taskId?: string): Specialist[];
  addVerdicts(taskId: string, at: number, verdicts: readonly Verdict[]): void;
  /** The newest set of verdicts for the task. */
  verdicts(taskId: string): Verdict[];
  /** Counts one more use of the exam of this task; returns the count, this one included. */
  useExam(taskId: string, datasetId: string): number;
  /** Counts one more try of the task at the gate. */
  useGate(taskId: string, datasetId: string): void;
  /** Tries at the gate so far: of the task, or of all tasks. */
  gateTries(taskId?: string): number;

  putDeployment(deployment: Deployment): void;
  deployments(): Deployment[];
  addAudit(audit: Audit): void;
  /** Oldest first. */
  audits(deploymentId: string): Audit[];

  addEvent(event: Event): void;
  events(filter?: { readonly kind?: string; readonly subject?: string; readonly limit?: number }): Event[];

  close(): void;
}
