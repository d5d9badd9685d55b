/**
 * What must be known of a request's body to choose among servers, and the one change that a server may need: read and made in
 * the bytes, whatever their number, so that all else stays as the caller wrote it. Pure.
 * Does not: understand the request (the dialects do).
 */
import { hash } from 'node:crypto';
import { isObject, parseJson } from '../core/json.ts';
import { bufferOf, fieldsOf, itemsOf, type Range, textOf } from './json-bytes.ts';

/** What a conversation is known by, and whether this request continues one. */
export interface Conversation {
  /** A hash of its first user message. */
  readonly key: string;
  /** Whether anything stands after that message. */
  readonly isBegun: boolean;
}

export interface RequestFacts {
  /** Null where the request names none, or several. */
  readonly model: string | null;
  readonly conversation: Conversation | null;
  /**
   * Whether it may be sent again, or to another server: it refers to nothing that a provider has stored, and asks for nothing
   * to be stored, or to be done elsewhere (tools that the provider runs, but for searches of the web).
   */
  readonly isFree: boolean;
}

/** Fields of a request that mean something to one provider's account alone. */
const STORED: ReadonlySet<string> = new Set([
  'previous_response_id',
  'conversation',
  'prompt',
  'container',
  'background',
  'mcp_servers',
]);
/**
 * Kinds of tools that change nothing outside the answer: the caller runs them, or they search the web. A tool of any other
 * kind may act twice, or need what a provider has stored.
 */
const HARMLESS_TOOL =
  /^(function|custom|local_shell|apply_patch|(web_search|web_fetch|bash|text_editor|memory|computer)(_[a-z_\d]+)?)$/;
/** Messages longer than this are known by their bytes. */
const MAX_READ_BYTES = 64 * 1024;

/**
 * @param body JSON, not compressed.
 * @param isStoredByDefault As OpenAI's Responses are.
 */
export function requestFacts(body: Uint8Array, isStoredByDefault: boolean): RequestFacts {
  const bytes = bufferOf(body);
  const models: (string | null)[] = [];
  let conversation: Conversation | null = null;
  let isStored = isStoredByDefault;
  let refers = STORED_ANYWHERE.some((name) => bytes.includes(name));
  for (const [name, [start, end]] of fieldsOf(bytes)) {
    if (name === 'model') models.push(textOf(bytes, start, end));
    else if (name === 'messages' || name === 'input') {
      conversation ??= conversationIn(bytes, [start, end]);
      // An earlier answer that was spoken, by its id; what a user says is `input_audio`.
      refers ||= bytes.subarray(start, end).includes('"audio"');
    } else if (name === 'tools') refers ||= !areHarmless(bytes, start);
    else if (name === 'store') {
      // Of two such fields, which counts is the provider's to say.
      isStored = false;
      refers ||= word(bytes, start, end) !== 'false';
    } else if (STORED.has(name) && !EMPTY.has(word(bytes, start, end))) refers = true;
  }
  return {
    model: models.length === 1 ? (models[0] ?? null) : null,
    conversation,
    isFree: !isStored && !refers,
  };
}

const EMPTY: ReadonlySet<string> = new Set(['null', 'false', '[]']);
/** What is named in the midst of a request and stands at the provider. */
const STORED_ANYWHERE = ['"file_id"', '"item_reference"', '"vector_store_ids"'];

function areHarmless(bytes: Buffer, start: number): boolean {
  for (const [from] of itemsOf(bytes, start)) {
    for (const [name, [at, end]] of fieldsOf(bytes, from))
      if (name === 'type' && !HARMLESS_TOOL.test(textOf(bytes, at, end) ?? '')) return false;
  }
  return true;
}

/** The first few characters of a value. */
const word = (bytes: Buffer, start: number, end: number): string =>
  bytes.toString('latin1', start, Math.min(end, start + 8));

function conversationIn(bytes: Buffer, [start, end]: Range): Conversation | null {
  let key: string | null = null;
  for (const [from, to] of itemsOf(bytes, start)) {
    if (key !== null) return { key, isBegun: true };
    key = keyOfUserMessage(bytes, [from, to]);
  }
  if (key === null && bytes[start] === 0x22) key = keyOf(textOf(bytes, start, end) ?? '');
  return key === null ? null : { key, isBegun: false };
}

/** Null where the message is none of a user. Only its texts count: clients move marks for caches from message to message. */
function keyOfUserMessage(bytes: Buffer, [start, end]: Range): string | null {
  if (end - start > MAX_READ_BYTES) {
    for (const [name, [from, to]] of fieldsOf(bytes, start))
      if (name === 'role' && textOf(bytes, from, to) !== 'user') return null;
    return keyOf(bytes.subarray(start, start + MAX_READ_BYTES).toString('latin1'));
  }
  const message = parseJson(bytes.toString('utf8', start, end));
  if (!isObject(message) || message.role !== 'user') return null;
  const { content } = message;
  if (typeof content === 'string') return keyOf(content);
  const parts = Array.isArray(content) ? content : [];
  const texts = parts.flatMap((part) => (isObject(part) && typeof part.text === 'string' ? [part.text] : []));
  return keyOf(texts.join('\n'));
}

const keyOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);

/** The body with another model, all other bytes as they were; null where it does not name exactly one. */
export function withModel(body: Uint8Array, model: string): Uint8Array | null {
  const bytes = bufferOf(body);
  const found: Range[] = [];
  for (const [name, range] of fieldsOf(bytes)) if (name === 'model') found.push(range);
  const [range] = found;
  if (range === undefined || found.length > 1) return null;
  return Buffer.concat([
    bytes.subarray(0, range[0]),
    Buffer.from(JSON.stringify(model)),
    bytes.subarray(range[1]),
  ]);
}
