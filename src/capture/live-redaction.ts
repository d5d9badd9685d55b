/**
 * What a specialist reads of a live request: the same words that it was trained on. The recognisers of both stages run on
 * it (all but the model that finds people, which is too slow for a call's path), and what the answer copies is put back.
 * Each piece of a conversation is read once. Long ones are read in a thread, and the first call with one goes to the LLM.
 * Does not: decide who is asked (route/).
 */
import { hash } from 'node:crypto';
import type { OutputKind } from '../core/answer.ts';
import type { CallRequest, Message } from '../core/call.ts';
import type { Entity } from '../core/entity.ts';
import type { JsonObject } from '../core/json.ts';
import type { RedactedRequest } from '../core/online.ts';
import { recent } from './recent.ts';
import {
  holdsSurrogate,
  namesOfEntities,
  obviousNames,
  type RedactContext,
  redactEntities,
  redactText,
} from './redact/redact.ts';
import { redactJson, redactMessage, redactTools } from './redact/redact-call.ts';
import type { Sealing } from './vault.ts';
import { siteOf } from './vocabulary.ts';

/** What is read at once: a message, or all that a request says beside its messages. */
export type Piece =
  | { readonly kind: 'message'; readonly value: Message }
  | { readonly kind: 'frame'; readonly value: Pick<CallRequest, 'tools' | 'responseFormat'> };

/** A piece after the first stage. Plain data: a thread may have read it. */
export interface ReadPiece {
  readonly value: Piece['value'];
  /** What was replaced: surrogate and original. */
  readonly originals: readonly (readonly [surrogate: string, original: string])[];
  /** Of each of its texts, the names in obvious positions. */
  readonly entities: readonly (readonly Entity[])[];
  readonly names: readonly string[];
}

export interface LiveRedactionOptions {
  readonly sealing: Pick<Sealing, 'pseudonym'>;
  readonly context: RedactContext;
  /** The words by call site, which are left as they are; asked for each call. */
  readonly vocabulary: () => ReadonlyMap<string, readonly string[]>;
  /** Reads a piece elsewhere. Null: all is read here. */
  readonly readElsewhere: ((piece: Piece, keep: readonly string[]) => Promise<ReadPiece>) | null;
}

const REMEMBERED_BYTES = 16 * 1024 * 1024;
/** Characters that a call may have read here: some milliseconds at the worst. */
const MAX_READ_HERE = 12 * 1024;

/** A piece after the first stage, with the names in obvious positions. Pure. */
export function readPiece(piece: Piece, keep: ReadonlySet<string>, context: RedactContext): ReadPiece {
  const originals = new Map<string, string>();
  const first = { ...context, keep, onReplace: noting(originals) };
  const plain = (text: string): string => redactText(text, first);
  if (piece.kind === 'frame') {
    const { tools, responseFormat } = piece.value;
    const value = {
      tools: redactTools(tools, plain),
      ...(responseFormat ? { responseFormat: redactJson(responseFormat, plain) as JsonObject } : {}),
    };
    return { value, originals: [...originals], entities: [], names: [] };
  }
  const value = redactMessage(piece.value, plain);
  const texts = textsOf(value);
  const entities = texts.map(obviousNames);
  const names = texts.flatMap((text, i) => namesOfEntities(text, entities[i]!));
  return {
    ...{ value, originals: [...originals], entities },
    // Names in the agent's own words are not hunted for in the conversation.
    names: value.role === 'system' ? [] : names.filter((name) => !keep.has(name)),
  };
}

/** Gives null for a request of which too much has not been read before: this call is the LLM's. */
export function liveRedaction(
  options: LiveRedactionOptions,
): (request: CallRequest) => RedactedRequest | null {
  const { sealing, context, vocabulary, readElsewhere } = options;
  const readBefore = recent<ReadPiece | 'under way'>(REMEMBERED_BYTES, (read) =>
    read === 'under way' ? 200 : 500 + 2 * JSON.stringify(read.value).length,
  );
  const kept = new WeakMap<readonly string[], ReadonlySet<string>>();

  return (request) => {
    const site = siteOf(sealing, request);
    const words = vocabulary().get(site) ?? NONE;
    const keep = kept.get(words) ?? new Set(words);
    kept.set(words, keep);
    let here = 0;
    let waiting = false;
    const read = (piece: Piece): ReadPiece | null => {
      const raw = JSON.stringify(piece.value);
      const id = `${site} ${keep.size} ${hash('sha256', raw, 'base64')}`;
      const known = readBefore.get(id);
      if (known === 'under way') return null;
      if (known) return known;
      if (readElsewhere !== null && here + raw.length > MAX_READ_HERE) {
        readBefore.set(id, 'under way');
        readElsewhere(piece, words).then(
          (made) => readBefore.set(id, made),
          // It stays with the LLM until it is forgotten and tried again.
          () => {},
        );
        return null;
      }
      here += raw.length;
      const made = readPiece(piece, keep, context);
      readBefore.set(id, made);
      return made;
    };
    const pieces: Piece[] = [
      {
        kind: 'frame',
        value: {
          tools: request.tools,
          ...(request.responseFormat ? { responseFormat: request.responseFormat } : {}),
        },
      },
      ...request.messages.map((value): Piece => ({ kind: 'message', value })),
    ];
    const parts = pieces.map((piece) => {
      const part = read(piece);
      waiting ||= part === null;
      return part;
    });
    if (waiting) return null;
    return assembled(request, parts as ReadPiece[], keep, context);
  };
}

/** The second stage over all pieces: names of one message are replaced in the others. */
function assembled(
  request: CallRequest,
  [frame, ...messages]: readonly ReadPiece[],
  keep: ReadonlySet<string>,
  context: RedactContext,
): RedactedRequest {
  const names = [...new Set(messages.flatMap((part) => part.names))];
  const originals = new Map(messages.flatMap((part) => part.originals));
  const second = { ...context, keep, onReplace: noting(originals) };
  return {
    request: {
      ...request,
      ...(frame?.value as Pick<CallRequest, 'tools' | 'responseFormat'>),
      messages: messages.map(({ value, entities }) => {
        if (names.length === 0 && entities.every((each) => each.length === 0)) return value as Message;
        let i = 0;
        return redactMessage(value as Message, (text) =>
          redactEntities(text, entities[i++] ?? [], names, second),
        );
      }),
    },
    reveal: (answer, kind) => reveal(answer, kind, originals, keep),
  };
}

const NONE: readonly string[] = [];

function noting(originals: Map<string, string>): (original: string, surrogate: string) => void {
  return (original, surrogate) => {
    if (original !== surrogate) originals.set(surrogate, original);
  };
}

/** The texts of a message in the order in which redactMessage walks them. */
function textsOf(message: Message): string[] {
  const texts: string[] = [];
  redactMessage(message, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
}

/** The answer with the originals in the place of their surrogates; null where one stays that stands for nobody here. */
function reveal(
  answer: string,
  kind: OutputKind,
  originals: ReadonlyMap<string, string>,
  keep: ReadonlySet<string>,
): string | null {
  let revealed = answer;
  const inJson = kind === 'json' || kind === 'tool';
  // Longest first: a whole name before one of its words.
  for (const [surrogate, original] of [...originals].sort((a, b) => b[0].length - a[0].length)) {
    if (!revealed.includes(surrogate)) continue;
    revealed = revealed.replaceAll(surrogate, () =>
      inJson ? JSON.stringify(original).slice(1, -1) : original,
    );
  }
  return keep.has(revealed) || !holdsSurrogate(revealed) ? revealed : null;
}
