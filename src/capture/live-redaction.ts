/**
 * What a specialist reads of a live request: the same words that it was trained on. The recognisers of both stages run on
 * it, then, where a specialist is to be asked, the model that finds people; what the answer copies is put back.
 * Each piece of a conversation is read once. Long ones are read in a thread, and the first call with one goes to the LLM.
 * Does not: decide who is asked (route/).
 */
import { hash } from 'node:crypto';
import { answerKindOf, type OutputKind } from '../core/answer.ts';
import { boundedCache } from '../core/bounded-cache.ts';
import type { CallRequest, Message } from '../core/call.ts';
import type { Entity, EntityFinder } from '../core/entity.ts';
import type { JsonObject } from '../core/json.ts';
import type { RedactedRequest } from '../core/online.ts';
import { findEntities } from './find-entities.ts';
import {
  holdsSurrogate,
  namesOfEntities,
  obviousNames,
  type RedactContext,
  redactText,
} from './redact/redact.ts';
import { redactMessage, redactTools } from './redact/redact-call.ts';
import { redactSchema } from './redact/redact-schema.ts';
import { noting, type Second, type SiteWords, secondOf, textsIn } from './second-reading.ts';
import { placeFinder, placesOf, withTheirWords } from './site-words.ts';
import type { Sealing } from './vault.ts';
import { siteFinder } from './vocabulary.ts';
import { wholeWords } from './whole-words.ts';

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
  /** In small letters. */
  readonly words: ReadonlySet<string>;
}

type KnownPiece = ReadPiece & { readonly id: string };

/** A piece that is being read elsewhere; or was, and failed. */
interface Elsewhere {
  /** As performance.now() tells it. */
  readonly askedAt: number;
}

/**
 * As EntityFinder.find; null where the texts could not be read now.
 * @param isPatient Waits until it is open.
 */
export type FindIfItCan = (
  texts: readonly string[],
  isPatient?: boolean,
) => Promise<Awaited<ReturnType<EntityFinder['find']>> | null>;

export interface LiveRedactionOptions {
  readonly sealing: Pick<Sealing, 'pseudonym'>;
  readonly context: RedactContext;
  /** The words by call site, which are left as they are; asked for each call. */
  readonly vocabulary: () => ReadonlyMap<string, readonly string[]>;
  /** Finds people and places off the event loop; null: names in obvious positions alone, as in what was recorded. */
  readonly find: FindIfItCan | null;
  /** Reads a piece elsewhere. Null: all is read here. */
  readonly readElsewhere: ((piece: Piece, keep: readonly string[]) => Promise<ReadPiece>) | null;
  /** How long after texts could not be read none is tried again, milliseconds. Default: 10,000. */
  readonly readAgainMs?: number;
}

const REMEMBERED_BYTES = 16 * 1024 * 1024;
/** Characters that a call may have read here: some milliseconds at the worst. */
const MAX_READ_HERE = 12 * 1024;
/** How long after a piece was asked for elsewhere it is asked for again, milliseconds. */
const ASK_AGAIN_MS = 10_000;

const READ_AGAIN_MS = 10_000;

/** A piece after the first stage, with the names in obvious positions. Pure. */
export function readPiece(piece: Piece, keep: ReadonlySet<string>, context: RedactContext): ReadPiece {
  const originals = new Map<string, string>();
  const first = { ...context, keep, onReplace: noting(originals) };
  const plain = (text: string): string => redactText(text, first);
  if (piece.kind === 'frame') {
    const { tools, responseFormat } = piece.value;
    const value = {
      tools: redactTools(tools, plain),
      ...(responseFormat ? { responseFormat: redactSchema(responseFormat, plain) as JsonObject } : {}),
    };
    return { value, originals: [...originals], entities: [], names: [], words: new Set() };
  }
  const value = redactMessage(piece.value, plain);
  const texts = textsIn(value);
  const entities = texts.map(({ text, isWord }) => (isWord ? [] : obviousNames(text)));
  return {
    value,
    originals: [...originals],
    entities,
    names: namesIn(value, entities, keep),
    words: new Set(texts.flatMap(({ text }) => wordsOf(text))),
  };
}

/** The names of people in a message. Those in the agent's own words are not hunted for in the conversation. */
function namesIn(
  message: Message,
  entities: readonly (readonly Entity[])[],
  keep: ReadonlySet<string>,
): string[] {
  if (message.role === 'system') return [];
  return textsIn(message)
    .flatMap(({ text }, i) => namesOfEntities(text, entities[i]!))
    .filter((name) => !keep.has(name));
}

/** Gives null for a request of which too much has not been read before: this call is the LLM's. */
export function liveRedaction(
  options: LiveRedactionOptions,
): (request: CallRequest) => RedactedRequest | null {
  const { sealing, context, vocabulary, find, readElsewhere, readAgainMs = READ_AGAIN_MS } = options;
  const readBefore = boundedCache<ReadPiece | Elsewhere>(REMEMBERED_BYTES, (read) =>
    'askedAt' in read ? 200 : 500 + 2 * JSON.stringify(read.value).length,
  );
  /** Of messages, what the model found with the rest; by the piece's id. */
  const foundBefore = boundedCache<readonly (readonly Entity[])[]>(
    REMEMBERED_BYTES,
    (found) => 200 + 60 * found.flat().length,
  );
  const seconds = boundedCache<Second>(REMEMBERED_BYTES, ({ message }) => 500 + 2 * message.content.length);
  const sites = siteFinder(sealing);
  const contents = contentFinder();
  let unreadAt = Number.NEGATIVE_INFINITY;
  const kept = new WeakMap<readonly string[], SiteWords>();

  return (request) => {
    const site = sites(request);
    const words = vocabulary().get(site) ?? NONE;
    const own = kept.get(words) ?? { keep: withTheirWords(words), from: placeFinder(placesOf(words)) };
    kept.set(words, own);
    const { keep } = own;
    let here = 0;
    let waiting = false;
    const read = (piece: Piece): KnownPiece | null => {
      const { digest, characters } = contents(piece.kind === 'message' ? piece.value : null, piece);
      const id = `${site} ${keep.size} ${digest}`;
      const known = readBefore.get(id);
      if (known && !('askedAt' in known)) return { id, ...known };
      if (readElsewhere !== null && here + characters > MAX_READ_HERE) {
        // What failed, or was forgotten on the way, is asked for again.
        if (known && performance.now() - known.askedAt < ASK_AGAIN_MS) return null;
        readBefore.set(id, { askedAt: performance.now() });
        readElsewhere(piece, [...keep]).then(
          (made) => readBefore.set(id, made),
          () => {},
        );
        return null;
      }
      here += characters;
      const made = readPiece(piece, keep, context);
      readBefore.set(id, made);
      return { id, ...made };
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
    const [frame, ...messages] = parts as [KnownPiece, ...KnownPiece[]];
    const obvious = assembled(request, frame, messages, own);
    if (obvious === null || find === null) return obvious;
    return {
      ...obvious,
      complete: async (isPatient = false) =>
        assembled(request, frame, await looked(messages, keep, (texts) => find(texts, isPatient)), own),
    };
  };

  /** The messages with what the model finds in them; each is read once. */
  async function looked(
    messages: readonly KnownPiece[],
    keep: ReadonlySet<string>,
    find: FindIfItCan,
  ): Promise<readonly KnownPiece[]> {
    const fresh = messages.filter(({ id }) => foundBefore.get(id) === undefined);
    // What it could not read is not taken as read: it comes again with the conversation's next call.
    if (fresh.length > 0 && performance.now() - unreadAt < readAgainMs) return messages;
    const texts = fresh.map(({ value }) => textsIn(value as Message));
    let isRead = true;
    const all = await findEntities(texts.flat(), async (each) => {
      const found = await find(each);
      isRead = found !== null;
      return found ?? each.map(() => []);
    });
    if (!isRead) {
      unreadAt = performance.now();
      return messages;
    }
    let at = 0;
    const found = new Map<string, readonly (readonly Entity[])[]>();
    fresh.forEach(({ id }, i) => {
      const own = all.slice(at, at + texts[i]!.length);
      at += own.length;
      found.set(id, own);
      foundBefore.set(id, own);
    });
    return messages.map((message) => {
      const entities = found.get(message.id) ?? foundBefore.get(message.id) ?? message.entities;
      const names = namesIn(message.value as Message, entities, keep);
      return { ...message, entities, names, id: `${message.id} looked` };
    });
  }

  /** The second stage over all pieces: names of one message are replaced in the others. */
  function assembled(
    request: CallRequest,
    frame: KnownPiece,
    messages: readonly KnownPiece[],
    own: SiteWords,
  ): RedactedRequest | null {
    const names = [...new Set(messages.flatMap((part) => part.names))];
    const originals = new Map(messages.flatMap((part) => part.originals));
    let here = 0;
    const redacted: Message[] = [];
    for (const part of messages) {
      const relevant = names.filter((name) => wordsOf(name).some((word) => part.words.has(word)));
      const message = part.value as Message;
      const isRead = relevant.length === 0 && part.entities.every((each) => each.length === 0);
      // What the first stage has taken may be of the site's words, too.
      if (isRead && own.from(part.originals.map(([, original]) => original)).length === 0) {
        redacted.push(message);
        continue;
      }
      const id = `${part.id} ${relevant.join('\0')}`;
      let second = seconds.get(id);
      if (second === undefined) {
        here += message.content.length;
        if (readElsewhere !== null && here > MAX_READ_HERE) return null;
        second = secondOf({ ...part, message }, relevant, own, context);
        seconds.set(id, second);
      }
      for (const [surrogate, original] of second.originals) originals.set(surrogate, original);
      redacted.push(second.message);
    }
    return {
      request: {
        ...request,
        ...(frame.value as Pick<CallRequest, 'tools' | 'responseFormat'>),
        messages: redacted,
      },
      reveal: (answer, kind) => reveal(answer, kind, originals, own.keep),
    };
  }
}

/** The digest and the size of a piece; of a message once, which is the same object with each call of a conversation. */
function contentFinder(): (
  once: object | null,
  piece: Piece,
) => { readonly digest: string; readonly characters: number } {
  const before = new WeakMap<object, { readonly digest: string; readonly characters: number }>();
  return (once, piece) => {
    const known = once && before.get(once);
    if (known) return known;
    const raw = JSON.stringify(piece.value);
    const made = { digest: hash('sha256', raw, 'base64'), characters: raw.length };
    if (once) before.set(once, made);
    return made;
  };
}

const NONE: readonly string[] = [];

/** Shorter surrogates (an age, a house number) may stand in an answer by chance. */
const MIN_REVEALED = 5;

/** The answer with the originals in the place of their surrogates; null where it cannot be said what stands for whom. */
function reveal(
  answer: string,
  kind: OutputKind,
  originals: ReadonlyMap<string, string>,
  keep: ReadonlySet<string>,
): string | null {
  if (keep.has(answer)) return answer;
  const known = withNumbersApart(originals);
  const here = [...known.keys()].filter((surrogate) => answer.includes(surrogate));
  if (here.length === 0) return holdsSurrogate(answer) ? null : answer;
  let unsure = false;
  const own = answerKindOf(kind, answer);
  const inJson = own === 'json' || own === 'tool';
  const revealed = wholeWords(here)(answer, (surrogate) => {
    const original = known.get(surrogate) ?? null;
    if (surrogate.length < MIN_REVEALED || original === null) unsure = true;
    if (original === null) return surrogate;
    return inJson ? JSON.stringify(original).slice(1, -1) : original;
  });
  return unsure || holdsSurrogate(revealed) ? null : revealed;
}

/**
 * The surrogates, and the numbers within those of several words, which an answer may copy alone: what was taken for an address may
 * have been "order 85922". Null where it cannot be said what such a number stands for. Names within others show by themselves.
 */
function withNumbersApart(originals: ReadonlyMap<string, string>): ReadonlyMap<string, string | null> {
  const all = new Map<string, string | null>(originals);
  for (const [surrogate, original] of originals) {
    const [made, were] = [tokensOf(surrogate), tokensOf(original)];
    if (made.length < 2) continue;
    for (const [i, token] of made.entries()) {
      if (!/\d/.test(token) || were.includes(token) || originals.has(token)) continue;
      const own = made.length === were.length ? were[i]! : null;
      all.set(token, all.has(token) && all.get(token) !== own ? null : own);
    }
  }
  return all;
}

function tokensOf(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
}
