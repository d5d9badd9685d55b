/**
 * The audit trail: who did or read what. Entries are sealed and numbered, and each holds the hash of the one before, so that
 * none can be changed, left out, moved or added without the master key. What is cut off at the end shows by the head, which
 * is kept beside them; that all was put back to an earlier state shows only by a head that was noted elsewhere.
 * (The audits of core/deployment.ts are something else: comparisons with the LLM.)
 * Does not: keep it (store/).
 */
import { contentHash } from './ids.ts';
import type { JsonObject } from './json.ts';

/** Noun-verb. */
export type TrailAction =
  | 'key-created'
  | 'key-rotated'
  | 'key-revoked'
  | 'payloads-opened'
  | 'dataset-exported'
  | 'specialist-exported'
  | 'days-erased'
  | 'senders-erased'
  | 'master-key-rotated'
  | 'configuration-reloaded'
  | 'deployment-changed'
  | 'task-decided'
  | 'calls-imported'
  | 'gateway-started';

/** Who acts: an access key, a person at the command line (their name on the machine), or the program by itself. */
export interface Actor {
  readonly kind: 'key' | 'user' | 'program';
  readonly name: string;
  readonly keyId?: string;
}

export interface NewTrailEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly actor: Actor;
  readonly action: TrailAction;
  /** What it was done to: a key's alias, a day, a task, a call. */
  readonly subject: string;
  /** Never a payload or a key. */
  readonly detail: JsonObject;
}

export interface TrailEntry extends NewTrailEntry {
  /** From 1 on, without gaps. */
  readonly no: number;
}

/** The newest entry, for notes kept elsewhere. The trail without entries has number 0 and the hash ''. */
export interface TrailHead {
  readonly no: number;
  /** SHA-256 of the sealed entry, in hex. */
  readonly hash: string;
}

export interface TrailCheck {
  readonly head: TrailHead;
  /** What is wrong, in order; empty where the trail is whole. */
  readonly faults: readonly string[];
}

export interface TrailStore {
  /** Adds an entry and moves the head, both or neither, on the disk itself before it resolves. */
  appendTrail(entry: NewTrailEntry): Promise<TrailEntry>;
  /** Oldest first, after this number; with a limit, the first of them. */
  trail(after: number, limit: number): Promise<TrailEntry[]>;
  /** Reads all of it and follows the hashes. @param noted A head that was noted earlier; it must still be there. */
  checkTrail(noted?: TrailHead): Promise<TrailCheck>;
}

/** What is sealed of an entry. */
export interface ChainedEntry extends TrailEntry {
  /** Hash of the entry before; '' for the first. */
  readonly previous: string;
}

/** A row as it lies in the store. */
export interface TrailRow {
  readonly no: number;
  readonly sealed: Uint8Array;
}

export const EMPTY_HEAD: TrailHead = { no: 0, hash: '' };

export function chained(entry: NewTrailEntry, head: TrailHead): ChainedEntry {
  return { ...entry, no: head.no + 1, previous: head.hash };
}

export function headOf({ no, sealed }: TrailRow): TrailHead {
  return { no, hash: contentHash(sealed) };
}

/** Follows the chain, row by row, in the order of their numbers. */
export interface ChainCheck {
  /** @param entry What the row holds; null where it cannot be opened under this number. */
  next(row: TrailRow, entry: ChainedEntry | null): void;
  /** @param head As it is kept beside the rows; null where it is missing or cannot be opened. */
  end(head: TrailHead | null): TrailCheck;
}

/** More faults than these are not listed. */
const MAX_FAULTS = 20;

export function chainCheck(noted?: TrailHead): ChainCheck {
  const faults: string[] = [];
  const fault = (text: string): void => {
    if (faults.length < MAX_FAULTS) faults.push(text);
  };
  let last = EMPTY_HEAD;
  let isNotedSeen = noted === undefined || noted.no === 0;
  return {
    next: (row, entry) => {
      if (row.no !== last.no + 1) {
        fault(
          row.no - last.no === 2
            ? `entry ${last.no + 1} is missing`
            : `entries ${last.no + 1} to ${row.no - 1} are missing`,
        );
      }
      if (entry === null || entry.no !== row.no) fault(`entry ${row.no} was changed`);
      else if (row.no === last.no + 1 && entry.previous !== last.hash) {
        fault(`entry ${row.no} does not follow on entry ${last.no}`);
      }
      last = headOf(row);
      if (noted !== undefined && row.no === noted.no) {
        isNotedSeen = true;
        if (last.hash !== noted.hash) fault(`entry ${row.no} is not the one that was noted`);
      }
    },
    end: (head) => {
      if (head === null) {
        if (last.no > 0) fault('the head is missing or was changed');
      } else if (head.no !== last.no) {
        fault(
          head.no > last.no
            ? `the last ${head.no - last.no} of ${head.no} entries are missing`
            : `there are entries after the last, which is ${head.no}`,
        );
      } else if (head.hash !== last.hash) fault(`entry ${head.no} is not the last one that was written`);
      if (!isNotedSeen) fault(`entry ${noted?.no}, which was noted, is missing`);
      return { head: last, faults };
    },
  };
}
