/**
 * Feedback: what a caller says about a call, or about a whole session, afterwards. Reads it from JSON.
 * Does not: store it (capture/), or say what it is worth (curate/, evaluate/truth).
 */
import type { Message, ToolCall } from './call.ts';
import { UnderstudyError } from './errors.ts';
import { isSafeJson } from './exact-json.ts';
import { contentHash } from './ids.ts';
import { isObject, type Json, type JsonObject, parseJson } from './json.ts';

/** Name of the feedback whose value is the output that would have been correct. */
export const CORRECTION = 'correction';
/** Name of the feedback whose value, true or false, says whether the output was correct. */
export const CORRECT = 'correct';

/** What was said: a metric, or a correction. */
export interface FeedbackContent {
  readonly name: string;
  /** The corrected output as the message that the model should have given; anything else is a metric. */
  readonly value: number | boolean | Message;
  /** '' where there is none. */
  readonly comment: string;
}

/** Feedback as it came. */
export interface Feedback {
  /** The caller's own; null where it gave none. */
  readonly id: string | null;
  /** What it is about: a call (x-understudy-call-id), or a session as the caller names it. */
  readonly about: { readonly callId: string } | { readonly session: string };
  readonly content: FeedbackContent;
}

/** What is known about the output of a call. */
export interface CallFeedback {
  /** The output that would have been correct. */
  readonly correction?: Message;
  /** Whether the output that was served is correct. */
  readonly correct?: boolean;
}

/** As a library's caller gives it; the gateway takes the same as JSON, with names in snake case. */
export interface FeedbackInput {
  readonly callId?: string;
  readonly sessionId?: string;
  readonly name: string;
  readonly value: Json;
  readonly comment?: string;
  /** Makes it safe to send twice: the first stays. */
  readonly id?: string;
}

/** Bytes of a feedback as JSON. */
export const MAX_FEEDBACK_BYTES = 64 * 1024;
const MAX_ID_CHARS = 128;
const MAX_COMMENT_CHARS = 4096;
const FIELDS = ['call_id', 'session_id', 'name', 'value', 'comment', 'id'];

/**
 * Reads a feedback from the text of its JSON.
 * @throws UnderstudyError 'bad-input' (400; 413 for one that is too long) with the field that is wrong.
 */
export function parseFeedback(text: string): Feedback {
  if (Buffer.byteLength(text) > MAX_FEEDBACK_BYTES) throw tooLong();
  const body = parseJson(text);
  if (!isObject(body)) throw refused('The body is not a JSON object.', 'body');
  // Reading it would change them unseen: a correction with another id than was meant teaches the wrong thing.
  if (!isSafeJson(text))
    throw refused(
      'A number in it has more digits than a double holds.',
      'value',
      'Give the corrected output as a string that holds its JSON.',
    );
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    throw refused('It has a field that is not known.', 'body', `The fields are ${FIELDS.join(', ')}.`);
  const name = textIn(body, 'name', 64);
  if (name === null || !/^[\w.-]+$/.test(name))
    throw refused("'name' must be 1 to 64 letters, digits, '_', '-' or '.'.", 'name');
  const comment = textIn(body, 'comment', MAX_COMMENT_CHARS) ?? '';
  return {
    id: textIn(body, 'id', MAX_ID_CHARS),
    about: aboutOf(body, name),
    content: { name, value: metricOrOutput(name, body.value), comment },
  };
}

/** As parseFeedback, of what a program gives. @throws the same. */
export function feedbackOf(input: FeedbackInput): Feedback {
  const { callId, sessionId, ...rest } = input;
  const named = {
    ...rest,
    ...(callId === undefined ? {} : { call_id: callId }),
    ...(sessionId === undefined ? {} : { session_id: sessionId }),
  };
  return parseFeedback(JSON.stringify(named));
}

function aboutOf(body: JsonObject, name: string): Feedback['about'] {
  const callId = textIn(body, 'call_id', MAX_ID_CHARS);
  const session = textIn(body, 'session_id', MAX_ID_CHARS);
  if ((callId === null) === (session === null))
    throw refused("Give 'call_id' or 'session_id', and one of them.", 'call_id');
  if (session !== null) {
    if (name === CORRECTION || name === CORRECT)
      throw refused(`'${name}' is about one call: give 'call_id'.`, 'call_id');
    return { session: sessionName(session) };
  }
  // Ids of ours stand in the open, so nothing else may be in their place.
  if (callId === null || !/^(?:[a-z]+_)?[0-9a-f]{8,64}$/.test(callId))
    throw refused(
      "'call_id' is no id of a call.",
      'call_id',
      'It is the value of the response header x-understudy-call-id.',
    );
  return { callId };
}

function metricOrOutput(name: string, value: Json | undefined): FeedbackContent['value'] {
  if (name === CORRECTION) return outputOf(value);
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value) && name !== CORRECT))
    return value;
  throw name === CORRECT
    ? refused("The value of 'correct' must be true or false.", 'value')
    : refused(
        "'value' must be a number, true or false.",
        'value',
        "Words go into 'comment', a corrected output under the name 'correction'.",
      );
}

/** The corrected output: a text as it is, `{tool_calls: [{name, arguments}]}` as tool calls, other JSON as its text. */
function outputOf(value: Json | undefined): Message {
  if (typeof value === 'string') return { role: 'assistant', content: value };
  if (isObject(value) && Array.isArray(value.tool_calls) && Object.keys(value).length === 1)
    return { role: 'assistant', content: '', toolCalls: value.tool_calls.map(toolCallOf) };
  if (isObject(value) || Array.isArray(value)) return { role: 'assistant', content: JSON.stringify(value) };
  throw refused(
    "The value of 'correction' must be the corrected output.",
    'value',
    'Give a text, the JSON of the answer, or {"tool_calls": [{"name": …, "arguments": …}]}.',
  );
}

/** `{name, arguments}`, or with both in `function`, as OpenAI writes them. */
function toolCallOf(value: Json): ToolCall {
  const use = isObject(value) && isObject(value.function) ? value.function : value;
  if (!isObject(use) || typeof use.name !== 'string' || use.name === '')
    throw refused('A corrected tool call has no name.', 'value', 'Write {"name": …, "arguments": {…}}.');
  const given = use.arguments ?? {};
  return { id: '', name: use.name, arguments: typeof given === 'string' ? given : JSON.stringify(given) };
}

/** Null where the field is absent or null. @throws where it is not a text, empty or too long. */
function textIn(body: JsonObject, name: string, most: number): string | null {
  const value = body[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value === '' || value.length > most)
    throw refused(`'${name}' must be a text of 1 to ${most} characters.`, name);
  return value;
}

function tooLong(): UnderstudyError {
  return new UnderstudyError('bad-input', `The feedback is larger than ${MAX_FEEDBACK_BYTES} bytes.`, {
    hint: 'Shorten the comment; an output as long as this cannot be learnt.',
    data: { limit: MAX_FEEDBACK_BYTES },
    status: 413,
  });
}

function refused(message: string, field: string, hint = 'docs/feedback.md has examples.'): UnderstudyError {
  return new UnderstudyError('bad-input', message, { hint, data: { field }, status: 400 });
}

/** An id of a session stays as it is; anything else (it may be an address or a name) becomes a hash of itself. */
export function sessionName(session: string): string {
  return /^[\w.:-]{1,128}$/.test(session) ? session : contentHash(session, 32);
}
