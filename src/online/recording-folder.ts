/**
 * The data folder that a running gateway records into. It is opened at the start, and tried again now and then where that
 * fails: meanwhile calls pass through, and count as lost.
 * Does not: open it itself (capturing.ts).
 */
import type { Losses, LossReason } from '../capture/losses.ts';
import type { CallRequest } from '../core/call.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Recorder, RedactedRequest } from '../core/online.ts';
import type { Store } from '../core/store.ts';

/** Where calls are written down, and where deployments and audits are. */
export interface Capture {
  readonly store: Store;
  readonly recorder: Recorder;
  /** A keyed hash. */
  pseudonym(text: string): string;
  /** Vault.approvalKey. */
  readonly approvalKey: Uint8Array;
  /** What specialists read of a request, given the words by call site. */
  redaction(vocabulary: () => Vocabulary): Redact;
  close(): Promise<void>;
}

export type Vocabulary = ReadonlyMap<string, readonly string[]>;
export type Redact = (request: CallRequest) => RedactedRequest | null;

export interface RecordingFolderOptions {
  /** Opens the data folder, or throws. */
  readonly open: (waits: { readonly lockWaitMs: number }) => Capture | Promise<Capture>;
  readonly vocabulary: () => Vocabulary;
  readonly losses: Losses;
  /** Called each time the folder has been opened. */
  readonly onOpen?: (capture: Capture) => unknown;
  readonly log: (line: string) => void;
}

export interface RecordingFolder {
  /** Null while the folder is not open. */
  store(): Store | null;
  /** Records while the folder is open; else calls are counted as lost. */
  readonly recorder: Recorder;
  /** What specialists read of a request; null (the LLM's) while the folder is not open. */
  readonly redact: Redact;
  /** A keyed hash; null while the folder is not open. */
  readonly pseudonym: (text: string) => string | null;
  /** Vault.approvalKey; null while the folder is not open. */
  readonly approvalKey: () => Uint8Array | null;
  /** For /health/readiness. */
  state(): JsonObject;
  /** Opens the folder if it is not open and was not tried lately. Never rejects. */
  retry(): Promise<void>;
  close(): Promise<void>;
}

/** How long after the data folder could not be opened it is tried again. */
const REOPEN_MS = 30_000;
/** How long a start waits for another gateway that is closing. */
const LOCK_WAIT_MS = 3000;

/** @throws UnderstudyError 'in-use' where another gateway records into the folder; anything else is tried again. */
export async function openRecordingFolder(options: RecordingFolderOptions): Promise<RecordingFolder> {
  const { losses, log } = options;
  let capture: Capture | null = null;
  let redact: Redact | null = null;
  let closedBecause = '';
  let triedAt = Number.NEGATIVE_INFINITY;
  let isTold = false;
  let retrying: Promise<void> = Promise.resolve();
  let isClosing = false;

  const open = async (lockWaitMs: number): Promise<void> => {
    triedAt = performance.now();
    capture = await options.open({ lockWaitMs });
    redact = capture.redaction(options.vocabulary);
    if (closedBecause !== '') log('calls are recorded again.');
    closedBecause = '';
    await tell(capture);
  };
  /** What follows the opening fails alone: calls are recorded, and it is tried again. */
  const tell = async (opened: Capture): Promise<void> => {
    isTold = false;
    try {
      await options.onOpen?.(opened);
      isTold = true;
    } catch (error) {
      log(`the data folder is open, and what follows is tried again: ${messageOf(error)}`);
    }
  };
  const failed = (error: unknown): void => {
    const reason = messageOf(error);
    // Once for each trouble, which may last.
    if (reason !== closedBecause) log(`calls pass through and are not recorded: ${reason}`);
    closedBecause = reason;
  };

  try {
    await open(LOCK_WAIT_MS);
  } catch (error) {
    // Two gateways on one folder are a mistake that its maker should see at once.
    if (error instanceof UnderstudyError && error.code === 'in-use') throw error;
    failed(error);
  }

  const lost = async (reason: LossReason = 'capture-closed'): Promise<boolean> => {
    losses.add(reason);
    throw new UnderstudyError('unavailable', 'The data folder is not open.', { hint: closedBecause });
  };
  return {
    store: () => capture?.store ?? null,
    recorder: {
      record: (...call) => capture?.recorder.record(...call) ?? lost(),
      recordExchange: (...exchange) => capture?.recorder.recordExchange(...exchange) ?? lost(),
      recordFeedback: (feedback, at) =>
        capture?.recorder.recordFeedback(feedback, at) ?? lost('feedback-not-recorded'),
    },
    redact: (request) => redact?.(request) ?? null,
    pseudonym: (text) => capture?.pseudonym(text) ?? null,
    approvalKey: () => capture?.approvalKey ?? null,
    state: () => (capture === null ? { state: 'closed', reason: closedBecause } : { state: 'open' }),
    retry: async () => {
      if (isClosing) return;
      if (capture !== null) {
        if (!isTold) await tell(capture);
        return;
      }
      if (performance.now() - triedAt < REOPEN_MS) return;
      // Calls are under way: nothing is waited for.
      retrying = open(0).catch(failed);
      await retrying;
    },
    close: async () => {
      isClosing = true;
      // What is being opened would stay open, and its lock be held.
      await retrying;
      await capture?.close();
    },
  };
}
