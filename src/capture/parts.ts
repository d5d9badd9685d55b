/** What the parts of a stored call hold, once they are opened. */
import type { CallResponse, Message, Tool } from '../core/call.ts';
import type { Json, JsonObject } from '../core/json.ts';

/** What is said about a call beside its request and response. */
export interface CallAbout {
  readonly model: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The call's site, for its words (vocabulary.ts); none in calls of older versions. */
  readonly site?: string;
  /** Words of the call's site that were found with this call; in the journal only. */
  readonly vocabulary?: readonly string[];
}

/** The first part of a request. */
export interface RequestSettings {
  readonly toolChoice?: Json;
  readonly responseFormat?: JsonObject;
  readonly params: JsonObject;
}

/** The kinds of parts, and what each holds. */
export interface PartValues {
  readonly about: CallAbout;
  readonly settings: RequestSettings;
  readonly tools: readonly Tool[];
  readonly message: Message;
  readonly response: CallResponse;
}

export type PartKind = keyof PartValues;
