/** A task: a cluster of calls that one small model can learn. */
import type { AnswerKind, OutputKind } from './answer.ts';
import type { Tool } from './call.ts';
import type { JsonObject } from './json.ts';

/**
 * A text with its variable parts left out: `pieces` are the constant stretches in order, a slot stands between
 * each two. One piece and no slot: the text is constant. ['', '']: nothing is constant.
 */
export interface Template {
  readonly pieces: readonly string[];
}

/** What stood in a slot when its call site was learnt. */
export interface SlotShape {
  /** Of the longest text. */
  readonly chars: number;
  /** Of the text with most lines. */
  readonly lines: number;
  /** Nothing but times, ids and addresses stood in it. */
  readonly volatile: boolean;
}

/** The place in an agent's code that makes a kind of call. */
export interface CallSite {
  readonly id: string;
  /** Null where the calls have no system prompt. */
  readonly system: Template | null;
  /** Template of the first user message; ['', ''] where it is free. */
  readonly user: Template;
  /** Names of the tools, sorted; part of the signature. ['*']: any tools (a pool of sites with few calls each). */
  readonly toolNames: readonly string[];
  /** Hash of the response format's structure (core/format); '' for free text. */
  readonly formatHash: string;
  /** Which kind of message the model answers: a user's, or the result of a tool (by its name; '*' for any). */
  readonly turn: 'user' | `tool:${string}`;
  /** For each slot of the two templates; absent where an earlier version learnt the site. No part of its id. */
  readonly shapes?: { readonly system: readonly SlotShape[]; readonly user: readonly SlotShape[] };
}

export interface Task {
  /** Stable as data grows. */
  readonly id: string;
  /** For people: made from the prompt or the tools. */
  readonly name: string;
  /** The call sites whose calls belong to it; more than one only where each alone is too small. */
  readonly sites: readonly CallSite[];
  readonly kind: OutputKind;
  /** Share of its calls by the kind of their answer; absent where an earlier version found it. */
  readonly kinds?: Readonly<Partial<Record<AnswerKind, number>>>;
  /** The distinct answers of a label task, each in its most frequent spelling, most frequent first; '' where nothing was
   * said. Empty for other kinds. */
  readonly labels: readonly string[];
  /**
   * For each label the fewest tokens that a call allowed which was answered with it; null where none had a limit.
   * Absent: not known.
   */
  readonly labelLimits?: readonly (number | null)[];
  /**
   * For texts that are longer by estimate than a call allowed which was answered with them, the fewest tokens that one did:
   * by a hash of the text. Absent where there are none.
   */
  readonly textLimits?: Readonly<Record<string, number>>;
  /** The `logit_bias` that each of its calls had; absent where there was none, or not the same. */
  readonly logitBias?: JsonObject;
  /** Calls that look like its calls continue answers that the provider has stored; absent where none was seen. */
  readonly isContinued?: true;
  /** The tools, where all calls have the same; else empty, and the tools are part of the input. */
  readonly tools: readonly Tool[];
  /** The newest call's response format, where those of all calls allow the same answers. */
  readonly responseFormat: JsonObject | null;
  /** How many calls were assigned to it when it was last clustered. */
  readonly calls: number;
  /**
   * The decision of a person (TaskDecision) that last said which call sites belong to it: they stay together, and what was
   * proved under another decision is not proved for it. Absent where nobody has.
   */
  readonly shapedBy?: string;
  /** Its calls have not been looked at since then: its kind is to be found anew. */
  readonly isReshaped?: true;
  /** A person wants it left alone: it is neither learnt nor served. Absent where nobody does. */
  readonly excluded?: { readonly at: number; readonly by: string; readonly reason: string };
}
