/**
 * OpenAI chat completions, tools and tool calls, whole or in the pieces of a stream: `tool_calls`, the older
 * `function_call` and `functions`, and custom tools, whose input is free text.
 * Providers disagree about indices and ids: what is one call and what is two is decided here.
 */
import type { Tool, ToolCall } from '../core/call.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';

/** The older function calls have no id: they get this and the function's name, and lose it where they are written. */
export const LEGACY_ID = 'function:';

/** The calls of a whole message. One that cannot be read stays, without a name: it is not nothing. */
export function toolCallsFromJson(message: JsonObject): ToolCall[] {
  const calls = (Array.isArray(message.tool_calls) ? message.tool_calls : []).map((item): ToolCall => {
    const { id, name, text, custom } = pieceFromJson(item);
    return { id, name: name ?? '', arguments: text, ...(custom ? { custom } : {}) };
  });
  if (calls.length > 0 || !isObject(message.function_call)) return calls;
  const { name, text } = pieceOf(message.function_call, 'arguments');
  return [{ id: `${LEGACY_ID}${name ?? ''}`, name: name ?? '', arguments: text }];
}

/** A call or a piece of one, as a stream has it. */
interface Piece {
  readonly id: string;
  readonly index: number | null;
  readonly name: string | null;
  readonly text: string;
  readonly custom: boolean;
  /** Its arguments came as an object, so there are no more to come. */
  readonly whole: boolean;
}

function pieceFromJson(raw: Json): Piece {
  if (!isObject(raw)) return { id: '', index: null, name: null, text: '', custom: false, whole: false };
  const custom = isObject(raw.custom);
  const own = isObject(raw.custom)
    ? pieceOf(raw.custom, 'input')
    : pieceOf(isObject(raw.function) ? raw.function : {}, 'arguments');
  return {
    ...own,
    id: typeof raw.id === 'string' ? raw.id : '',
    index: typeof raw.index === 'number' ? raw.index : null,
    custom,
  };
}

function pieceOf(raw: JsonObject, key: 'arguments' | 'input'): Pick<Piece, 'name' | 'text' | 'whole'> {
  return {
    name: typeof raw.name === 'string' && raw.name !== '' ? raw.name : null,
    text: argumentsText(raw[key]),
    whole: typeof raw[key] === 'object' && raw[key] !== null,
  };
}

/** The arguments as text: some providers send an object, and null or nothing for none. */
function argumentsText(raw: Json | undefined): string {
  if (raw === undefined || raw === null) return '';
  return typeof raw === 'string' ? raw : JSON.stringify(raw);
}

/** A call in the making. */
interface Draft {
  id: string;
  name: string;
  custom: boolean;
  readonly index: number;
  readonly texts: string[];
  readonly end: (text: string) => boolean;
  whole: boolean;
  /** The last event that had a piece of it. */
  event: number;
}

/** A call as far as it has come. */
export interface ToolCallDraft {
  readonly id: string;
  readonly name: string;
  /** The pieces of its arguments. */
  readonly texts: readonly string[];
  /** Whether its arguments are a whole object. */
  readonly whole: boolean;
}

export interface ToolCallCollector {
  /** The `tool_calls` and `function_call` of one delta. */
  add(delta: JsonObject): void;
  /** By index, then as they came. */
  calls(): ToolCall[];
  /** Those that have begun, as they came, without the older `function_call`; each stays the same object. */
  drafts(): readonly ToolCallDraft[];
}

/** Puts streamed calls together; work is linear in what is added. */
export function toolCallCollector(): ToolCallCollector {
  const drafts: Draft[] = [];
  const byIndex = new Map<number, Draft>();
  const byId = new Map<string, Draft>();
  let highest = -1;
  let events = 0;

  const begin = (index: number): Draft => {
    const draft: Draft = {
      id: '',
      name: '',
      custom: false,
      index,
      texts: [],
      whole: false,
      event: -1,
      end: objectEnd(),
    };
    drafts.push(draft);
    byIndex.set(index, draft);
    highest = Math.max(highest, index);
    return draft;
  };

  /** Whether the piece cannot be more of this call, which stands where it would have to go on. */
  const isAnother = (draft: Draft, { id, index, name, text, whole }: Piece): boolean => {
    // Without a name nothing can be called. Some servers make up an id for every piece.
    if (name === null || draft.name === '') return false;
    if (id !== '' && draft.id !== '') return id !== draft.id;
    if (name !== draft.name || whole) return true;
    // The same name, and no ids to tell: servers that repeat the name with every piece, or the same tool twice.
    return (draft.event === events && index === null) || (draft.whole && text !== '');
  };

  const draftFor = (piece: Piece): Draft => {
    const { id, index } = piece;
    const known = id === '' ? undefined : byId.get(id);
    if (known && (index === null || known.index === index)) return known;
    if (index === null && id !== '' && piece.name !== null) return begin(highest + 1);
    const latest = index === null ? drafts.at(-1) : byIndex.get(index);
    return latest && !isAnother(latest, piece) ? latest : begin(index ?? highest + 1);
  };

  const add = (piece: Piece): void => {
    const draft = draftFor(piece);
    draft.event = events;
    draft.custom ||= piece.custom;
    if (draft.name === '' && piece.name !== null) draft.name = piece.name;
    if (draft.id === '' && piece.id !== '') {
      draft.id = piece.id;
      byId.set(piece.id, draft);
    }
    draft.texts.push(piece.text);
    draft.whole = draft.end(piece.text) || piece.whole;
  };

  return {
    add: (delta) => {
      events++;
      if (Array.isArray(delta.tool_calls))
        for (const raw of delta.tool_calls) if (isObject(raw)) add(pieceFromJson(raw));
      if (!isObject(delta.function_call)) return;
      // There is one such call to a message, and some servers send it beside the same in tool_calls.
      if (drafts.some(({ index }) => index >= 0)) return;
      add({ id: '', index: LEGACY_INDEX, custom: false, ...pieceOf(delta.function_call, 'arguments') });
    },
    drafts: () => (byIndex.has(LEGACY_INDEX) ? drafts.filter(({ index }) => index !== LEGACY_INDEX) : drafts),
    calls: () =>
      drafts
        .filter(({ index }) => index !== LEGACY_INDEX || highest < 0)
        .filter(({ name, texts }) => name !== '' || texts.some((text) => text !== ''))
        .sort((a, b) => a.index - b.index)
        .map(({ id, name, texts, custom, index }) => ({
          id: index === LEGACY_INDEX ? `${LEGACY_ID}${name}` : id,
          name,
          arguments: texts.join(''),
          ...(custom ? { custom } : {}),
        })),
  };
}

/** No provider counts from here. */
const LEGACY_INDEX = -1_000_000;

/** Tells, of a text that is given in pieces, whether the object or array that it began has ended. */
function objectEnd(): (text: string) => boolean {
  let depth = 0;
  let began = false;
  let inString = false;
  let escaped = false;
  return (text) => {
    for (let i = 0; i < text.length; i++) {
      const mark = text[i];
      if (escaped) escaped = false;
      else if (inString) {
        if (mark === '\\') escaped = true;
        else if (mark === '"') inString = false;
      } else if (mark === '"') inString = true;
      else if (mark === '{' || mark === '[') {
        depth++;
        began = true;
      } else if (mark === '}' || mark === ']') depth--;
    }
    return began && depth <= 0;
  };
}

/** The tools of a request, and what in `tools` is none of ours: built-in tools of a provider, custom tools. */
export function toolsFromJson(request: JsonObject): {
  readonly tools: readonly Tool[];
  readonly others: readonly Json[];
} {
  const tools: Tool[] = [];
  const others: Json[] = [];
  for (const raw of Array.isArray(request.tools) ? request.tools : []) {
    const tool = isObject(raw) && raw.type === 'function' ? functionFromJson(raw.function) : null;
    if (tool === null) others.push(raw);
    else tools.push(tool);
  }
  if (tools.length === 0)
    for (const raw of Array.isArray(request.functions) ? request.functions : []) {
      const tool = functionFromJson(raw);
      if (tool !== null) tools.push(tool);
    }
  return { tools, others };
}

function functionFromJson(raw: Json | undefined): Tool | null {
  if (!isObject(raw) || typeof raw.name !== 'string') return null;
  return {
    name: raw.name,
    description: typeof raw.description === 'string' ? raw.description : '',
    parameters: raw.parameters ?? null,
  };
}

/** `function_call` of a request as `tool_choice` says the same. */
export function toolChoiceFromJson({ tool_choice, function_call }: JsonObject): Json | undefined {
  if (tool_choice !== undefined && tool_choice !== null) return tool_choice;
  if (typeof function_call === 'string') return function_call;
  if (!isObject(function_call) || typeof function_call.name !== 'string') return undefined;
  return { type: 'function', function: { name: function_call.name } };
}

/** The calls as OpenAI writes them. */
export function toolCallsToJson(calls: readonly ToolCall[]): WireToolCall[] {
  return calls.map(({ id, name, arguments: text, custom }) =>
    custom
      ? { id, type: 'custom', custom: { name, input: text } }
      : { id, type: 'function', function: { name, arguments: text } },
  );
}

export type WireToolCall =
  | {
      readonly id: string;
      readonly type: 'function';
      readonly function: { readonly name: string; readonly arguments: string };
    }
  | {
      readonly id: string;
      readonly type: 'custom';
      readonly custom: { readonly name: string; readonly input: string };
    };
