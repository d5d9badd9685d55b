/**
 * Calls into the journal: sealed, and each part once a segment. The recorder has one on the event loop for small calls,
 * and one in a thread for large ones; each writes segments of its own.
 * Does not: hold the journal's lock or count failures (recorder.ts).
 */
import type { Call } from '../core/call.ts';
import { encodeFrame } from './frames.ts';
import { openJournal } from './journal.ts';
import { createSealer } from './sealer.ts';
import type { Sealing } from './vault.ts';

export interface CallWriter {
  /** Resolves when the call is in the journal. @throws as Sealer.seal and Journal.append. */
  write(call: Call, sender: string): Promise<void>;
  rotate(): void;
  close(): void;
}

export interface CallWriterOptions {
  readonly dir: string;
  readonly sealing: Sealing;
  /** The first stage of redaction. */
  readonly redact: (text: string) => string;
  readonly segmentBytes?: number;
}

export function openCallWriter({ dir, sealing, redact, segmentBytes }: CallWriterOptions): CallWriter {
  const journal = openJournal(dir, segmentBytes);
  const sealer = createSealer(sealing, redact);
  /** Ids of the parts that are in the journal's present segment. */
  const written = { generation: -1, ids: new Set<string>() };
  return {
    async write(call, sender) {
      const sealed = sealer.seal({ ...call, origin: sender === '' ? '' : sealing.pseudonym(sender) });
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
    },
    rotate: () => journal.rotate(),
    close: () => journal.close(),
  };
}
