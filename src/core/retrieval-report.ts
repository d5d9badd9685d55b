/** What `understudy doctor retrieval` reports. */
import type { OutputKind } from './answer.ts';
import type { Rate } from './specialist.ts';

export interface RetrievalReport {
  readonly kind: 'doctor retrieval';
  /** Catalogue name; null where there is no encoder: words alone are then compared. */
  readonly encoder: string | null;
  readonly tasks: readonly RetrievalTask[];
  readonly notes: readonly string[];
}

export interface RetrievalTask {
  readonly name: string;
  readonly kind: OutputKind;
  /** Distinct inputs that were tried, each against all others of another session. */
  readonly tried: number;
  /** Share of the task's calls that repeat an input word for word: those are found by anything, and tried once. */
  readonly repeats: number;
  /** How many different answers they have, copied values aside. */
  readonly answers: number;
  /** By retriever: how often the nearest other call has the same answer, and how often any of the five nearest. */
  readonly retrievers: readonly {
    readonly name: string;
    readonly nearest: Rate;
    readonly amongFive: Rate;
  }[];
}
