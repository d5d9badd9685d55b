/**
 * The store: what has been captured, found, trained and decided. Callers make ids and times; the store keeps
 * what it is given. Payloads come and go as sealed parts: the store never sees them open.
 * Implementations: store/sqlite.
 */
import type { Served } from './call.ts';
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

/** A call as stored: everything but the payload in the open, the payload as part ids. */
export interface StoredCall {
  readonly id: string;
  readonly at: number;
  readonly sessionId: string;
  readonly origin: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly model: string;
  readonly stream: boolean;
  readonly status: number;
  readonly latencyMs: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly served: Served;
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
  /** Inserts calls and their parts in one transaction. Calls and parts already there are left as they are. */
  addCalls(calls: readonly StoredCall[], parts: readonly SealedPart[]): void;
  /** Oldest first. */
  calls(filter?: CallFilter): StoredCall[];
  countCalls(): number;
  parts(ids: readonly string[]): Map<string, SealedPart>;
  /** Deletes calls and every part that no call holds any more; returns how many calls went. */
  deleteCalls(ids: readonly string[]): number;

  key(day: string): WrappedKey | null;
  addKey(key: WrappedKey): void;
  /** Erases a day: without its key its parts cannot be opened. */
  deleteKey(day: string): void;

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

  putDeployment(deployment: Deployment): void;
  deployments(): Deployment[];
  addAudit(audit: Audit): void;
  /** Oldest first. */
  audits(deploymentId: string): Audit[];

  addEvent(event: Event): void;
  events(filter?: { readonly kind?: string; readonly subject?: string; readonly limit?: number }): Event[];

  close(): void;
}
