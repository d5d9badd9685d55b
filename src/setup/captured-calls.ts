/**
 * The captured calls as the program's verbs use them: brought in from the journals, opened, imported, told apart by feedback, and
 * erased. What opens or erases is on record before it is done.
 * Does not: record live calls (online/capturing.ts).
 */
import { lossesOf, trouble } from '../capture/drain-loop.ts';
import { type EraseOptions, eraseDays } from '../capture/erase.ts';
import { eraseSenders } from '../capture/erase-sender.ts';
import { sealFeedback } from '../capture/feedback.ts';
import { importFiles } from '../capture/importers/import.ts';
import { drySink, journalSink } from '../capture/importers/sink.ts';
import type { Losses } from '../capture/losses.ts';
import { readCalls } from '../capture/read.ts';
import { redactText } from '../capture/redact/redact.ts';
import type { SecondStage } from '../capture/second-stage.ts';
import { dayOf } from '../capture/vault.ts';
import type { Call } from '../core/call.ts';
import type { Config } from '../core/config.ts';
import type { EraseReport, SenderEraseReport } from '../core/erase-report.ts';
import { type FeedbackInput, feedbackOf } from '../core/feedback.ts';
import type { ImportReport } from '../core/import-report.ts';
import { type OnProgress, progressOf } from '../core/progress.ts';
import type { NewTrailEntry } from '../core/trail.ts';
import { drainJournals, journalsOf, quarantineLimits, type Storage } from './data-folder.ts';
import { person } from './person.ts';

export interface ImportOptions {
  /** Only reads. */
  readonly dryRun?: boolean;
  /** Where the records' session and time stand. */
  readonly fields?: { readonly session?: string; readonly time?: string };
}

export interface CapturedCalls {
  /** What was recorded and imported goes into the store. */
  drain(): Promise<void>;
  /** The captured calls with their payloads opened as they are asked for, oldest first. */
  calls(): AsyncIterable<Call>;
  /** Imports logs. */
  import(paths: readonly string[], options?: ImportOptions): Promise<ImportReport>;
  /** Erases what was captured on some days; see capture/erase. */
  erase(days: Pick<EraseOptions, 'from' | 'to' | 'dryRun'>): Promise<EraseReport>;
  /** Erases the calls of some senders, by their pseudonyms; see capture/erase-sender. */
  eraseSenders(origins: readonly string[], dryRun: boolean): Promise<SenderEraseReport>;
  /**
   * Says something of a call or a session, as `POST /v1/feedback` does, straight into the store; `added` is false for an id
   * that is there, and for a call of a day that was erased. @throws UnderstudyError 'bad-input' for what is no feedback.
   */
  feedback(input: FeedbackInput): Promise<{ readonly added: boolean }>;
}

export interface CapturedCallsOptions {
  readonly config: Config;
  readonly storage: () => Promise<Storage>;
  readonly openStage: () => Promise<SecondStage>;
  readonly losses: Losses;
  readonly log: (line: string) => void;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export function capturedCalls(options: CapturedCallsOptions): CapturedCalls {
  const { config, storage, openStage, losses, log, onProgress, signal } = options;
  const { dataDir } = config;
  const progress = { ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}) };
  /** What was recorded and imported goes into the store. */
  const drain = async (): Promise<void> => {
    const { store } = await storage();
    const report = progressOf(onProgress, 'capture', 100, 'people and addresses');
    const drained = await drainJournals(dataDir, store, openStage, {
      onProgress: (done, total) => report((100 * done) / total),
      quarantine: quarantineLimits(config),
      ...(signal ? { signal } : {}),
    });
    for (const [reason, count] of lossesOf(drained)) losses.add(reason, count);
    trouble(drained).forEach(log);
  };
  /** On record before it is done: what cannot be written down is not done. */
  const note = async ({ action, subject, detail }: Omit<NewTrailEntry, 'at' | 'actor'>): Promise<void> => {
    const { store } = await storage();
    await store.appendTrail({ at: Date.now(), actor: person(), action, subject, detail });
  };
  async function* calls(): AsyncGenerator<Call> {
    await drain();
    const { store, vault, context } = await storage();
    await note({
      action: 'payloads-opened',
      subject: 'all calls',
      detail: { calls: await store.countCalls() },
    });
    yield* readCalls(store, vault, context, undefined, (count) =>
      log(`${count} calls are erased with their day's key`),
    );
  }

  return {
    drain,
    calls,
    erase: async (days) => {
      const { from, to, dryRun = false } = days;
      if (!dryRun)
        await note({ action: 'days-erased', subject: `${from ?? 'the first'} to ${to}`, detail: {} });
      return eraseDays({
        ...days,
        store: (await storage()).store,
        journals: Object.values(journalsOf(dataDir)),
      });
    },
    eraseSenders: async (origins, dryRun) => {
      // What waits in the journals is theirs as well.
      if (!dryRun) await drain();
      if (!dryRun) await note({ action: 'senders-erased', subject: origins.join(' '), detail: {} });
      return eraseSenders({ origins, dryRun, store: (await storage()).store });
    },
    import: async (paths, { dryRun = false, fields = {} } = {}) => {
      const { store, vault, context } = await storage();
      // What a killed import left behind counts as there.
      if (!dryRun) await drain();
      const sink = dryRun
        ? drySink()
        : journalSink({ dir: journalsOf(dataDir).imports, store, vault, context });
      try {
        return await importFiles(paths, { sink, dryRun, fields, ...progress });
      } finally {
        sink.close();
        if (!dryRun) await drain();
      }
    },
    feedback: async (input) => {
      const feedback = feedbackOf(input);
      const { store, vault, context } = await storage();
      const at = Date.now();
      await vault.prepare(dayOf(at));
      const sealed = sealFeedback(feedback, at, vault, (text) => redactText(text, context));
      const { refineFeedback } = await openStage();
      const { feedback: refined, keys } = await refineFeedback([sealed]);
      return { added: (await store.addFeedback(refined, keys)) > 0 };
    },
  };
}
