/** Examples and datasets: what a small model learns from, and what it is compared with. */
import type { OutputKind } from './answer.ts';

/** Another answer that the LLM might have given, with its probability in (0, 1). */
export interface SoftTarget {
  readonly answer: string;
  readonly probability: number;
}

/** What is known of a call beyond the LLM's answer. Answers are written as `Example.answer` is. */
export interface Truth {
  /** The correct answer; '' where it is only known that the LLM's is wrong, or no specialist can give it. */
  readonly correct: string;
  /** What the LLM had answered; null where a specialist served the call. */
  readonly llm: string | null;
}

/** A curated call. */
export interface Example {
  readonly id: string;
  readonly callId: string;
  readonly sessionId: string;
  /** When the call was made, epoch milliseconds. */
  readonly at: number;
  /** The variable part of the prompt: what the specialist will see (see callsite/variable-part). */
  readonly input: string;
  /**
   * The target, as core/reference gives it: in train the truth where it is known, else the LLM's answer; held back the LLM's
   * answer, unless the truth of all calls is known (gate.truth). '': none that a specialist can give; never in train.
   */
  readonly answer: string;
  /**
   * Other labels of the task, likeliest first; the answer has what is left to 1. Only on examples to train on, of a
   * label task whose caller asked for log-probabilities.
   */
  readonly soft?: readonly SoftTarget[];
  /** How many calls it stands for: in train, duplicates are collapsed and counted; held back, each call stands for itself. */
  readonly weight: number;
  /** Known where feedback tells it (core/feedback). */
  readonly truth?: Truth;
  /** Held back: an example to learn from (train, or validation) has the same input. Absent: none has. */
  readonly seen?: true;
}

/** How often the LLM contradicts itself: over calls whose input came more than once. */
export interface Contradictions {
  /** Calls whose input another call of the task has. */
  readonly repeated: number;
  /** Those of them whose answer is not the most frequent one to their input. */
  readonly differing: number;
}

/**
 * train: fitted on. validation: competition between candidates, fitting the confidence.
 * calibration: the gate's threshold. exam: the evidence, once per candidate.
 */
export type SplitName = 'train' | 'validation' | 'calibration' | 'exam';
export const SPLITS: readonly SplitName[] = ['train', 'validation', 'calibration', 'exam'];

/** Which calls a dataset was made of, without their text: with the calls and the same program it can be made again. */
export interface DatasetManifest extends Omit<Dataset, 'splits'> {
  readonly splits: Readonly<
    Record<SplitName, readonly { readonly callId: string; readonly weight: number }[]>
  >;
}

export function manifestOf(dataset: Dataset): DatasetManifest {
  const { train, validation, calibration, exam } = dataset.splits;
  const bare = (examples: readonly Example[]) => examples.map(({ callId, weight }) => ({ callId, weight }));
  return {
    ...dataset,
    splits: {
      train: bare(train),
      validation: bare(validation),
      calibration: bare(calibration),
      exam: bare(exam),
    },
  };
}

/** A change of a task that was found: what was recorded before proves nothing of what comes after it. */
export interface Epoch {
  /** When the change began, as far as can be told, epoch milliseconds. */
  readonly since: number;
  /** When it was found; until then calls have been looked at to find it. */
  readonly found: number;
  /** In plain words. */
  readonly reason: string;
}

export type SplitOrder = 'time' | 'shuffle-sessions';

/** Immutable: the id is a hash of the content, so the same examples give the same dataset. */
export interface Dataset {
  readonly id: string;
  readonly taskId: string;
  readonly kind: OutputKind;
  /** What the splits follow. shuffle-sessions: the calls' times mean nothing, so sessions were shuffled. */
  readonly order: SplitOrder;
  readonly splits: Readonly<Record<SplitName, readonly Example[]>>;
  /** Calls left out, by reason: 'unfamiliar', 'thinned', 'policy', 'broken-tool-call', … */
  readonly dropped: Readonly<Record<string, number>>;
  /** One call's id for each reason. Absent in datasets of earlier versions. */
  readonly droppedExamples?: Readonly<Record<string, string>>;
  readonly contradictions: Contradictions;
  /**
   * Calls of each session in train, counted as if they were held back: each stands for itself, repeats included. Default:
   * as many as it has examples.
   */
  readonly trainSessions?: readonly number[];
  /** The task's latest epoch: what is held back for the gate and the exam came after it was found. Absent: no change was found. */
  readonly epoch?: Epoch;
}
