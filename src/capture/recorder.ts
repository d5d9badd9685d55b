/**
 * The Recorder: redacts, seals and journals each call before its response ends, and never makes the call fail. Small calls
 * are done at once, large ones in threads, so that none holds up another agent.
 * Does not: bring calls into the store (drain.ts).
 */
import type { Call } from '../core/call.ts';
import type { Config } from '../core/config.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { RawExchange, Recorder } from '../core/online.ts';
import { openCallWriter } from './call-writer.ts';
import { openExchangeThreads } from './exchange-threads.ts';
import { closeLeftovers } from './journal.ts';
import type { Piece, ReadPiece } from './live-redaction.ts';
import { tryLock } from './lock.ts';
import type { Losses, LossReason } from './losses.ts';
import { compilePolicy, redactText } from './redact/redact.ts';
import { dayOf, type Vault } from './vault.ts';

export interface JournalRecorder extends Omit<Recorder, 'record' | 'recordExchange'> {
  /** As Recorder.record; without `exchange` all work is done here. */
  record(
    call: Call,
    sender: string,
    exchange?: () => RawExchange,
    onCopied?: () => void,
    onBehind?: () => void,
  ): Promise<boolean>;
  /** As Recorder.recordExchange. */
  recordExchange(exchange: RawExchange, onCopied?: () => void, onBehind?: () => void): Promise<boolean>;
  /** Calls and feedback written, and those that could not be. */
  readonly counts: { readonly recorded: number; readonly failed: number };
  /** Reads a long piece of a live request in the thread. */
  read(piece: Piece, keep: readonly string[]): Promise<ReadPiece>;
  /** Ends the journal's segments, so that a drain can take and remove them. */
  rotate(): void;
  /** Where a day was erased in the store, what comes from now on is sealed under a new key. Never rejects. */
  refreshKeys(): Promise<void>;
  close(): Promise<void>;
}

export interface RecorderOptions {
  /** Folder of the journal; one recorder at a time. */
  readonly dir: string;
  /**
   * Its store should wait little for a lock (busyTimeoutMs 0): a new day's key is made while calls are under way.
   */
  readonly vault: Vault;
  readonly redaction: Config['redaction'];
  /** Of a request or response that is recorded. Default: 32 MiB. */
  readonly maxBodyBytes?: number;
  /** One line for the operator, at most one a minute; never holds a payload. */
  readonly log: (line: string) => void;
  readonly losses?: Losses;
  readonly segmentBytes?: number;
  /** How long to wait at opening for a drain elsewhere that holds the journal for a moment. Default: 3,000 ms. */
  readonly lockWaitMs?: number;
  readonly now?: () => number;
}

/**
 * A call with more characters that were not sealed before goes to the thread: redacting them might take more than a few
 * milliseconds (1 µs a character at the worst, where all is numbers and addresses; 0.05 in ordinary text).
 */
const MAX_FRESH_HERE = 12 * 1024;
/** How long closing waits for large calls; those that are left count as lost. */
const THREAD_GRACE_MS = 10_000;
const LOG_EVERY_MS = 60_000;
/** A day's key is made this long before the day, so that a store that is locked at midnight costs no call. */
const KEY_AHEAD_MS = 12 * 3600_000;

/**
 * Opens the journal in `dir`, taking over what a killed recorder has left there.
 * @throws UnderstudyError 'in-use' where another recorder has the journal open; as the store, for the day's key.
 */
export async function openRecorder(options: RecorderOptions): Promise<JournalRecorder> {
  const { dir, vault, log, now = Date.now } = options;
  await vault.prepare(dayOf(now()));
  const lock = tryLock(dir, options.lockWaitMs ?? 3000);
  if (lock === null) {
    throw new UnderstudyError('in-use', `Another process records into ${dir}.`, {
      hint: 'Stop the other gateway, or give this one a data folder of its own.',
    });
  }
  closeLeftovers(dir);
  const context = { key: vault.surrogateKey, policy: compilePolicy(options.redaction) };
  const { segmentBytes } = options;
  const writer = openCallWriter({
    dir,
    sealing: vault,
    redact: (text) => redactText(text, context),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  });
  const threads = openExchangeThreads({
    dir,
    redaction: options.redaction,
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
    segmentBytes: segmentBytes ?? null,
    // What it sealed is known here from now on: a conversation goes to the thread with its long messages only.
    onSealed: (contentId, part) => writer.remember(contentId, part),
  });
  const counts = { recorded: 0, failed: 0 };
  let lastLog = Number.NEGATIVE_INFINITY;
  let failedSinceLog = 0;
  let keyTriedAt = Number.NEGATIVE_INFINITY;
  let keyReadyFor = '';

  /** Beside the calls: none waits for it. */
  const prepareAhead = async (): Promise<void> => {
    const time = now();
    const day = dayOf(time + KEY_AHEAD_MS);
    if (day === keyReadyFor || (time - keyTriedAt < LOG_EVERY_MS && time >= keyTriedAt)) return;
    keyTriedAt = time;
    try {
      await vault.prepare(day);
      keyReadyFor = day;
    } catch {
      // Hours are left to try again; sealing reports it should they not do.
    }
  };

  const failed = (error: unknown, reason: LossReason): void => {
    counts.failed++;
    options.losses?.add(reason);
    failedSinceLog++;
    const time = now();
    // A clock that was set back must not silence it.
    if (time - lastLog < LOG_EVERY_MS && time >= lastLog) return;
    lastLog = time;
    const code = error instanceof UnderstudyError ? rootMessage(error) : 'unexpected error';
    log(`capture: ${failedSinceLog} call(s) not recorded, ${counts.failed} in all: ${code}`);
    failedSinceLog = 0;
  };

  const kept = async (
    at: number,
    work: () => Promise<void>,
    reason: LossReason = 'not-recorded',
  ): Promise<boolean> => {
    try {
      void prepareAhead();
      // Nearly always ready: a call waits for the store only where its day's key could not be made ahead.
      if (!vault.isReady(dayOf(at))) await vault.prepare(dayOf(at));
      await work();
      counts.recorded++;
      return true;
    } catch (error) {
      failed(error, reason);
      return false;
    }
  };
  const large = (exchange: RawExchange, onCopied?: () => void, onBehind?: () => void): Promise<void> =>
    threads.record(exchange, vault.sealingKeys(dayOf(exchange.at)), { onCopied, onBehind });
  return {
    counts,
    rotate: () => {
      writer.rotate();
      threads.rotate();
    },
    record: (call, sender, exchange, onCopied, onBehind) =>
      kept(call.at, async () => {
        const most = exchange === undefined ? undefined : MAX_FRESH_HERE;
        if (!(await writer.write(call, sender, most)) && exchange)
          await large(exchange(), onCopied, onBehind);
      }),
    read: (piece, keep) => threads.read(piece, keep, vault.surrogateKey),
    recordExchange: (exchange, onCopied, onBehind) =>
      kept(exchange.at, () => large(exchange, onCopied, onBehind)),
    recordFeedback: (feedback, at) => {
      const work = async (): Promise<void> => {
        if (!(await writer.writeFeedback(feedback, at, MAX_FRESH_HERE)))
          await threads.feedback(feedback, at, vault.sealingKeys(dayOf(at)));
      };
      return kept(at, work, 'feedback-not-recorded');
    },
    refreshKeys: async () => {
      try {
        await vault.refresh(dayOf(now()));
      } catch {
        // The store is locked or gone: the keys stay, and are looked for again.
      }
    },
    async close(): Promise<void> {
      writer.close();
      await threads.close(THREAD_GRACE_MS);
      lock.release();
    },
  };
}

/** Our own message, with the system's reason; anything else might quote a payload. */
function rootMessage(error: UnderstudyError): string {
  return error.cause instanceof Error && 'code' in error.cause
    ? `${error.message} ${messageOf(error.cause)}`
    : error.message;
}
