/** Redaction of the pieces of a call: which of their texts are redacted, and how. */
import { AUDITED, type CallRequest, type CallResponse, type Message, type Tool } from '../../core/call.ts';
import type { FeedbackContent } from '../../core/feedback.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import type { PartKind, PartValues } from '../parts.ts';
import { type RedactText, redactSchema } from './redact-schema.ts';

/** Fields of a request that say who sent it; they become pseudonyms. */
const SENDER_FIELDS: ReadonlySet<string> = new Set(['user', 'safety_identifier']);

/**
 * The part with each of its texts passed through `redact`, always in the same order. The first stage, which seals what came
 * with a call, and the second, which opens it again, walk the same texts.
 * @param pseudonym For the fields that say who sent the request; without it they are taken for pseudonyms already.
 */
export function redactPart<K extends PartKind>(
  kind: K,
  value: PartValues[K],
  redact: RedactText,
  pseudonym?: (text: string) => string,
): PartValues[K] {
  const redacted = REDACTED[kind] as (
    value: PartValues[K],
    redact: RedactText,
    pseudonym?: (text: string) => string,
  ) => PartValues[K];
  return redacted(value, redact, pseudonym);
}

const REDACTED: {
  readonly [K in PartKind]: (
    value: PartValues[K],
    redact: RedactText,
    pseudonym?: (text: string) => string,
  ) => PartValues[K];
} = {
  about: (about, redact) => {
    const { [AUDITED]: probability, ...tags } = about.tags;
    const redacted = redactJson(tags, redact) as Record<string, string>;
    // A number of our own: changed, it would count calls wrongly.
    const share = Number(probability);
    const isOurs = share > 0 && share <= 1 && String(share) === probability;
    return {
      ...about,
      tags: probability === undefined ? redacted : { ...redacted, [AUDITED]: isOurs ? probability : '' },
    };
  },
  settings: (settings, redact, pseudonym) => ({
    ...settings,
    // Its names are those of the tools.
    ...(settings.toolChoice === undefined
      ? {}
      : { toolChoice: redactJson(settings.toolChoice, (text) => redact(text, true)) }),
    ...(settings.responseFormat
      ? { responseFormat: redactSchema(settings.responseFormat, redact) as JsonObject }
      : {}),
    params: redactJson(settings.params, redact, pseudonym) as JsonObject,
  }),
  tools: redactTools,
  message: redactMessage,
  response: (response, redact) => ({ ...response, message: redactMessage(response.message, redact) }),
};

/** The feedback with each of its texts passed through `redact`. */
export function redactFeedback(
  { name, value, comment }: FeedbackContent,
  redact: (text: string) => string,
): FeedbackContent {
  return {
    name: redact(name),
    value: typeof value === 'object' ? redactMessage(value, redact) : value,
    comment: redact(comment),
  };
}

/** The message with each of its texts passed through `redact`, names and ids of tool calls included. */
export function redactMessage(message: Message, redact: RedactText): Message {
  return {
    ...message,
    content: redact(message.content),
    ...(message.toolCalls
      ? {
          toolCalls: message.toolCalls.map(({ id, name, arguments: given, ...kind }) => ({
            ...kind,
            id: redact(id, true),
            name: redact(name, true),
            arguments: redact(given),
          })),
        }
      : {}),
    ...(message.toolCallId === undefined ? {} : { toolCallId: redact(message.toolCallId, true) }),
  };
}

/**
 * The response with only those alternatives that tell nothing of what is redacted. They break off anywhere, so half a
 * number or a name may be in them that only the whole would be recognised by: besides what `redact` would change, those
 * with a word go that stands in the request only where something is redacted, and all where the answer is redacted.
 */
export function withSafeAlternatives(
  { alternatives = [], ...response }: CallResponse,
  { messages, tools, responseFormat }: CallRequest,
  redact: RedactText,
): CallResponse {
  if (redact(response.message.content) !== response.message.content) return response;
  const seen = { messages, tools, responseFormat } as unknown as Json;
  const before = JSON.stringify(seen).toLowerCase();
  const after = JSON.stringify(redactJson(seen, redact)).toLowerCase();
  const safe = alternatives.filter(
    ({ start }) =>
      redact(start) === start &&
      wordsOf(start).every((word) => after.includes(word) || !before.includes(word)),
  );
  return safe.length > 0 ? { ...response, alternatives: safe } : response;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Tools with their names, descriptions and schemas passed through `redact`. */
export function redactTools(tools: readonly Tool[], redact: RedactText): Tool[] {
  return tools.map((tool) => ({
    name: redact(tool.name, true),
    description: redact(tool.description),
    parameters: redactSchema(tool.parameters, redact),
  }));
}

/** A JSON value with its strings and keys passed through `redact`, and the sender's fields through `pseudonym`. */
export function redactJson(value: Json, redact: RedactText, pseudonym?: (text: string) => string): Json {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactJson(item, redact));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      redact(name),
      pseudonym && SENDER_FIELDS.has(name) && typeof item === 'string' && item !== ''
        ? pseudonym(item)
        : redactJson(item, redact),
    ]),
  );
}
