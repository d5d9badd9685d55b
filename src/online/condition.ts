/**
 * How a running gateway's parts are: store, keys, journal, disk, models, losses. For readiness, for metrics, and for alerts when one of them
 * gets worse. As they were a moment ago: health is asked often, and folders may be long.
 * Does not: repair anything.
 */
import { statfs } from 'node:fs/promises';
import type { JsonObject } from '../core/json.ts';
import type { JournalState } from '../core/status-report.ts';
import type { GatewayHealth } from '../gateway/own-routes.ts';
import type { Alert } from '../telemetry/alerts.ts';
import { oneAtATime } from './one-at-a-time.ts';

export interface ConditionSources {
  readonly dataDir: string;
  readonly capture: () => JsonObject;
  readonly access: () => { readonly isOn: boolean; readonly trouble: string | null };
  readonly lost: () => Readonly<Record<string, number>>;
  readonly journal: () => Promise<JournalState>;
  readonly models: () => readonly JsonObject[];
  readonly onAlert: (alert: Alert) => void;
  readonly now: () => number;
  /** Free and all bytes of the disk that the folder is on. Default: those of the system. */
  readonly disk?: (dir: string) => Promise<{ readonly free: number; readonly size: number }>;
}

export interface Condition {
  /** Looks again, and raises alerts for what is newly wrong. Never rejects. */
  look(): Promise<void>;
  health(): GatewayHealth;
  readonly journalBytes: () => number | null;
  readonly diskFreeBytes: () => number | null;
}

/** Below this the disk counts as low: recording stops when it is full. */
const DISK_LOW_BYTES = 512 * 1024 * 1024;
/** A journal that waits longer than this is not being drained. */
const JOURNAL_LATE_SECONDS = 900;

export function gatewayCondition(sources: ConditionSources): Condition {
  const { now, disk = systemDisk } = sources;
  let journal: JournalState | null = null;
  let diskState: { readonly free: number; readonly size: number } | null = null;
  let known = new Set<string>();
  let lostBefore: Readonly<Record<string, number>> | null = null;

  /** What is wrong, by kind. */
  const problems = (): Map<string, string> => {
    const found = new Map<string, string>();
    const capture = sources.capture();
    if (capture.state !== 'open')
      found.set('capture-closed', `Calls pass through and are not recorded: ${String(capture.reason)}`);
    const { trouble } = sources.access();
    if (trouble !== null) found.set('keys-unread', `Access keys cannot be read: ${trouble}`);
    if (diskState !== null && diskState.free < DISK_LOW_BYTES)
      found.set('disk-low', `The disk of the data folder has ${Math.round(diskState.free / 1e6)} MB left.`);
    const oldest = journal?.waiting.oldestSeconds ?? 0;
    if (oldest > JOURNAL_LATE_SECONDS)
      found.set(
        'journal-late',
        `Recorded calls have waited ${Math.round(oldest / 60)} minutes to enter the store.`,
      );
    if (sources.models().some(({ state }) => state === 'open'))
      found.set('models-down', 'A model does not answer; its calls go to the LLM.');
    return found;
  };
  const alert = (): void => {
    const found = problems();
    for (const [kind, message] of found) {
      if (!known.has(kind)) sources.onAlert({ kind, subject: kind, message, at: now() });
    }
    known = new Set(found.keys());
    const lost = sources.lost();
    for (const [reason, count] of Object.entries(lost)) {
      const more = count - (lostBefore?.[reason] ?? 0);
      if (lostBefore === null || more <= 0) continue;
      const message = `${more} calls were not recorded (${reason}); agents got their answers.`;
      sources.onAlert({ kind: 'calls-lost', subject: reason, message, at: now() });
    }
    lostBefore = { ...lost };
  };
  return {
    look: oneAtATime(async () => {
      journal = await sources.journal().catch(() => journal);
      diskState = await disk(sources.dataDir).catch(() => diskState);
      alert();
    }),
    health: () => {
      const { isOn, trouble } = sources.access();
      const found = problems();
      return {
        isWell: found.size === 0,
        detail: {
          problems: [...found.keys()],
          capture: sources.capture(),
          access: { state: isOn ? 'on' : 'off', ...(trouble === null ? {} : { trouble }) },
          lost: { ...sources.lost() },
          ...(journal ? { journal: { ...journal } as unknown as JsonObject } : {}),
          ...(diskState ? { disk: { ...diskState } } : {}),
          models: [...sources.models()],
        },
      };
    },
    journalBytes: () => journal?.waiting.bytes ?? null,
    diskFreeBytes: () => diskState?.free ?? null,
  };
}

async function systemDisk(dir: string): Promise<{ free: number; size: number }> {
  const { bavail, blocks, bsize } = await statfs(dir);
  return { free: bavail * bsize, size: blocks * bsize };
}
