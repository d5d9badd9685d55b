/**
 * A judge of texts as the stages see it: what it is asked, what it says, what its own errors are, and where its verdicts are
 * kept. Does not: ask a model (evaluate/judge) or say what it costs (core/charge).
 */
import { UnderstudyError } from './errors.ts';
import type { Rate } from './specialist.ts';

/** A text, and the one that the LLM gave to the same request. */
export interface TextToJudge {
  readonly input: string;
  readonly reference: string;
  readonly answer: string;
}

/** What it says of two answers in one order. */
export type PlaceVerdict = 'first' | 'second' | 'tie' | 'unreadable';

/**
 * What both orders come to. worse: in both, the judge prefers the other answer. unreadable: a verdict that could decide it
 * could not be read. byPlace: both orders preferred the same place, which says something about the judge.
 */
export interface Judgement {
  readonly outcome: 'worse' | 'as-good' | 'unreadable';
  readonly byPlace: 'first' | 'second' | null;
}

/**
 * Whether the judge could not be asked: whatever needs it waits. That it says nothing of one text, while it speaks of others, is no
 * failure, and nor is it that whoever asked broke off.
 */
export const isJudgeFailure = (error: unknown): error is UnderstudyError =>
  error instanceof UnderstudyError && error.data.judge !== undefined && error.code !== 'cancelled';

/** What judging would take. */
export interface JudgeCost {
  readonly requests: number;
  readonly tokens: number;
  readonly dollars: number;
}

export interface Judge {
  /** As reports name it. */
  readonly name: string;
  /** Changes with whatever changes verdicts: model, server, prompt. */
  readonly identity: string;
  /** Whether a pair can be paid for now: its cost is agreed to, and the day's budget has what one typically may take. */
  readonly isReady: () => boolean;
  /** Why it may not be asked at all; null where it may. */
  readonly refusal: string | null;
  /**
   * What judging these would take, those known already included, where each order gets a verdict at once. One that gets none takes up
   * to three requests more, the first time: one or two with a text of ours, and itself again.
   */
  readonly estimate: (pairs: readonly TextToJudge[]) => JudgeCost;
  /**
   * A verdict that was paid for is kept, and not paid for again. Where the first order settles it the second is not asked.
   * What the server gives no verdict on (too long, filtered, noise), while it gives one on others, is unreadable, and kept as well.
   * @param options.both Ask it all the same, to see whether the judge goes by places. Default: false.
   * @throws UnderstudyError 'budget-spent', 'unavailable', 'timed-out', 'overloaded', 'cancelled', 'not-found', 'bad-input'
   *   (a refusal of everything: 401, 403).
   */
  readonly judge: (
    pair: TextToJudge,
    options?: { readonly signal?: AbortSignal | undefined; readonly both?: boolean },
  ) => Promise<Judgement>;
}

/** How a known answer was made worse. */
export type SpoiltBy = 'another-call' | 'cut-short' | 'changed' | 'with-instruction';

/** The judge's own errors on a task's known pairs. */
export interface JudgeQuality {
  readonly judge: string;
  /** Judge.identity: another one has other errors. */
  readonly identity: string;
  /** Of the answers spoilt in each way, those that it found worse. */
  readonly caught: Readonly<Partial<Record<SpoiltBy, Rate>>>;
  /** Of all known pairs, those in which both orders preferred the first place, or both the second. */
  readonly byPlace: { readonly first: Rate; readonly second: Rate };
  readonly unreadable: Rate;
}

/** What a proof by a judge rests on. */
export interface JudgeEvidence extends JudgeQuality {
  /** What holds of its errors with all but the part of delta that is spent on them. */
  readonly limits: {
    /** At least this share of worse answers is found worse, however they are worse. */
    readonly sensitivity: number;
  };
  /** Of the calibration calls that would be served, those in which it found the specialist's answer worse. */
  readonly worse: Rate;
  /** And those in which the texts differ, though the answer is not worse: what equality alone would call an error. */
  readonly differing: Rate;
}

/** What a judge does for a task in a learning run. */
export interface JudgeReport {
  readonly judge: string;
  /** Calls of the task that the LLM answers with a text. */
  readonly texts: number;
  /** What judging them would take in all, verdicts that are known already included. */
  readonly cost: JudgeCost;
  /** Its own errors; null where they were not measured. */
  readonly quality: JudgeQuality | null;
  /** Why it decides nothing here; null where it does. */
  readonly refusal: string | null;
}

/** Verdicts that were paid for, under keyed hashes of what was asked. No payload. */
export interface VerdictStore {
  /** Null where there is none. */
  paidVerdict(id: string): Promise<string | null>;
  /** One that is there already stays. @param at Epoch milliseconds. */
  keepVerdict(id: string, verdict: string, at: number): Promise<void>;
}
