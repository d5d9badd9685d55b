/**
 * Where a call comes from: session, tags and sender, out of the headers and body fields that neighbouring tools
 * already use (LiteLLM, Portkey, Helicone, W3C Trace Context). Pure.
 * Does not: make pseudonyms (capture/ does, from `sender`).
 */
import type { CallRequest } from '../core/call.ts';
import { sessionName } from '../core/feedback.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';

/** Header values by name in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Source {
  /** Null where nothing tells the session. */
  readonly sessionId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** The key or address, and the end user where told: for a keyed hash only, never stored or logged. */
  readonly sender: string;
  /** The client asked that this call not be kept. */
  readonly omit: boolean;
}

const MAX_TAGS = 32;
const MAX_TAG_CHARS = 256;
const SESSION_FIELDS = ['session_id', 'sessionId', 'conversation_id', 'thread_id'];
const USER_FIELDS = ['user', 'user_id', 'userId', '_user'];
/** Body fields that name a person or a run: read here, and not kept with the request. */
const SENDER_PARAMS = ['user', 'safety_identifier', 'metadata'];

/** Reads the source of a call. `address` is the peer's, used where no key was sent. */
export function sourceOf(headers: RequestHeaders, address: string, params: JsonObject): Source {
  const metadata = isObject(params.metadata) ? params.metadata : {};
  const portkey = objectIn(one(headers, 'x-portkey-metadata'));
  const claude = claudeCode(text(metadata.user_id));
  const user =
    claude?.user ??
    text(params.user) ??
    text(params.safety_identifier) ??
    one(headers, 'x-litellm-end-user-id') ??
    one(headers, 'helicone-user-id') ??
    field(portkey, USER_FIELDS) ??
    field(metadata, USER_FIELDS) ??
    '';
  const key =
    one(headers, 'authorization') ?? one(headers, 'x-api-key') ?? one(headers, 'api-key') ?? address;
  const session =
    one(headers, 'x-understudy-session') ??
    one(headers, 'helicone-session-id') ??
    one(headers, 'x-claude-code-session-id') ??
    claude?.session ??
    field(metadata, SESSION_FIELDS) ??
    field(portkey, SESSION_FIELDS) ??
    one(headers, 'x-litellm-trace-id') ??
    one(headers, 'x-portkey-trace-id') ??
    traceId(one(headers, 'traceparent'));
  return {
    sessionId: session === null ? null : sessionName(session),
    tags: tagsOf(headers, [portkey, metadata]),
    sender: user === '' ? key : `${key}\n${user}`,
    omit: one(headers, 'helicone-omit-request') === 'true',
  };
}

/**
 * Claude Code puts a run's session beside the user, into `metadata.user_id`: `user_…_account_…_session_…`, or JSON of the
 * three. Null for any other name of a user.
 */
function claudeCode(userId: string | null): { readonly user: string; readonly session: string } | null {
  if (userId === null) return null;
  const [, user, session] = /^(user_.*)_session_([\da-f-]{36})$/.exec(userId) ?? [];
  if (user !== undefined && session !== undefined) return { user, session };
  const { session_id: id, ...others } = objectIn(userId);
  return typeof id === 'string' && id !== '' ? { user: JSON.stringify(others), session: id } : null;
}

/** The request without the body fields that say who sent it: their place is the pseudonym. */
export function withoutSender(request: CallRequest): CallRequest {
  const params = Object.entries(request.params).filter(([name]) => !SENDER_PARAMS.includes(name));
  return { ...request, params: Object.fromEntries(params) };
}

/** The trace id of a traceparent header (W3C Trace Context, section 3.2.2). */
function traceId(header: string | null): string | null {
  const match = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/.exec(header ?? '');
  const id = match?.[1];
  return id === undefined || /^0+$/.test(id) ? null : id;
}

function tagsOf(headers: RequestHeaders, objects: readonly JsonObject[]): Record<string, string> {
  const tags: Record<string, string> = {};
  let count = 0;
  const add = (name: string, value: string): void => {
    const key = name.trim().slice(0, MAX_TAG_CHARS);
    if (key === '' || key in tags || count >= MAX_TAGS) return;
    tags[key] = value.trim().slice(0, MAX_TAG_CHARS);
    count++;
  };
  for (const header of ['x-understudy-tags', 'x-litellm-tags']) {
    for (const tag of (one(headers, header) ?? '').split(',')) {
      const colon = tag.indexOf(':');
      if (colon < 0) add(tag, 'true');
      else add(tag.slice(0, colon), tag.slice(colon + 1));
    }
  }
  const property = 'helicone-property-';
  for (const name of Object.keys(headers)) {
    if (name.startsWith(property)) add(name.slice(property.length), one(headers, name) ?? '');
  }
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) {
      if (SESSION_FIELDS.includes(name) || USER_FIELDS.includes(name)) continue;
      if (typeof value === 'string') add(name, value);
      else if (typeof value === 'number' || typeof value === 'boolean') add(name, String(value));
    }
  }
  return tags;
}

function one(headers: RequestHeaders, name: string): string | null {
  const value = headers[name];
  const first = typeof value === 'object' ? value[0] : value;
  return first === undefined || first === '' ? null : first;
}

function field(object: JsonObject, names: readonly string[]): string | null {
  for (const name of names) {
    const found = text(object[name]);
    if (found !== null) return found;
  }
  return null;
}

function text(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function objectIn(header: string | null): JsonObject {
  const value = header === null ? undefined : parseJson(header);
  return isObject(value) ? value : {};
}
