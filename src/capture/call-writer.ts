/**
 * Calls into the journal: sealed, and each part once a segment. The recorder has one on the event loop for small calls,
 * and one in a thread for large ones; each writes segments of its own.
 * Does not: hold the journal's lock or count failures (recorder.ts).
 */
import { boundedCache } from '../core/bounded-cache.ts';
import type { Call } from '../core/call.ts';
import type { Feedback } from '../core/feedback.ts';
import type { SealedPart } from '../core/store.ts';
import { charactersOf, sealFeedback } from './feedback.ts';
import { encodeFrame } from './frames.ts';
import { type JournalOptions, openJournal } from './journal.ts';
import { createSealer, type SealerOptions } from './sealer.ts';
import type { Sealing } from './vault.ts';

export interface CallWriter {
  /**
   * Resolves with true when the call is in the journal.
   * @param mostFresh With more characters that were not sealed before, nothing is done, and it resolves with false.
   * @throws as PreparedCall.seal and Journal.append.
   */
  write(call: Call, sender: string, mostFresh?: number): Promise<boolean>;
  /** The same for feedback that came at `at`. */
  writeFeedback(feedback: Feedback, at: number, mostFresh?: number): Promise<boolean>;
  /** As Sealer.remember. */
  remember(contentId: string, part: SealedPart): void;
  rotate(): void;
  close(): void;
}

export interface CallWriterOptions extends SealerOptions, JournalOptions {}

export function openCallWriter(options: CallWriterOptions): CallWriter {
  const { sealing } = options;
  const journal = openJournal(options);
  const sealer = createSealer(options);
  const origins = rememberedPseudonyms(sealing);
  /** Ids of the parts that are in the journal's present segment. */
  const written = { generation: -1, ids: new Set<string>() };
  return {
    remember: (contentId, part) => sealer.remember(contentId, part),
    async write(call, sender, mostFresh = Number.POSITIVE_INFINITY) {
      const origin = sender === '' ? '' : origins(sender);
      const prepared = sealer.prepare({ ...call, origin });
      if (prepared.fresh > mostFresh) return false;
      const sealed = prepared.seal();
      await journal.append((generation) => {
        if (written.generation !== generation) {
          written.generation = generation;
          written.ids.clear();
        }
        const frames: Uint8Array[] = [];
        for (const part of sealed.parts) {
          if (written.ids.has(part.id)) continue;
          written.ids.add(part.id);
          frames.push(encodeFrame({ kind: 'part', part }));
        }
        frames.push(encodeFrame({ kind: 'call', call: sealed.call }));
        return frames;
      });
      // Only now: a call that could not be written has given nothing away, and what came with it comes with the next.
      sealed.kept();
      return true;
    },
    async writeFeedback(feedback, at, mostFresh = Number.POSITIVE_INFINITY) {
      if (charactersOf(feedback) > mostFresh) return false;
      const sealed = sealFeedback(feedback, at, sealing, options.redact);
      await journal.append(() => [encodeFrame({ kind: 'feedback', feedback: sealed })]);
      return true;
    },
    rotate: () => journal.rotate(),
    close: () => journal.close(),
  };
}

/** Few senders make most calls. */
const MAX_SENDERS = 1000;

function rememberedPseudonyms(sealing: Pick<Sealing, 'pseudonym'>): (sender: string) => string {
  const before = boundedCache<string>(MAX_SENDERS, () => 1);
  return (sender) => {
    const known = before.get(sender);
    if (known !== undefined) return known;
    const pseudonym = sealing.pseudonym(sender);
    before.set(sender, pseudonym);
    return pseudonym;
  };
}
