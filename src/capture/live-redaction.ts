/**
 * What a specialist reads of a live request: the same words that it was trained on. The recognisers of both stages run on
 * it (all but the model that finds people, which is too slow for a call's path), and what the answer copies is put back.
 * Does not: decide who is asked (route/).
 */
import { hash } from 'node:crypto';
import type { OutputKind } from '../core/answer.ts';
import type { CallRequest, Message } from '../core/call.ts';
import type { Entity } from '../core/entity.ts';
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

/** A message after the first stage, with what was replaced, by surrogate, and the names in it. */
interface Read {
  readonly message: Message;
  readonly originals: ReadonlyMap<string, string>;
  readonly entities: readonly (readonly Entity[])[];
  readonly names: readonly string[];
}

const REMEMBERED_BYTES = 16 * 1024 * 1024;

/** @param vocabulary The words by call site, which are left as they are; asked for each call. */
export function liveRedaction(
  sealing: Pick<Sealing, 'pseudonym'>,
  context: RedactContext,
  vocabulary: () => ReadonlyMap<string, readonly string[]>,
): (request: CallRequest) => RedactedRequest {
  const before = recent<Read>(REMEMBERED_BYTES, ({ message }) => 500 + 2 * message.content.length);
  const kept = new WeakMap<readonly string[], ReadonlySet<string>>();

  const read = (message: Message, keep: ReadonlySet<string>, site: string): Read => {
    const id = `${site} ${keep.size} ${hash('sha256', JSON.stringify(message), 'base64')}`;
    const known = before.get(id);
    if (known) return known;
    const originals = new Map<string, string>();
    const first = { ...context, keep, onReplace: noting(originals) };
    const redacted = redactMessage(message, (text) => redactText(text, first));
    const texts = textsOf(redacted);
    const entities = texts.map(obviousNames);
    const names =
      message.role === 'system' ? [] : texts.flatMap((text, i) => namesOfEntities(text, entities[i]!));
    const made = { message: redacted, originals, entities, names: names.filter((name) => !keep.has(name)) };
    before.set(id, made);
    return made;
  };

  return (request) => {
    const site = siteOf(sealing, request);
    const words = vocabulary().get(site) ?? NONE;
    const keep = kept.get(words) ?? new Set(words);
    kept.set(words, keep);
    const parts = request.messages.map((message) => read(message, keep, site));
    const names = [...new Set(parts.flatMap((part) => part.names))];
    const originals = new Map(parts.flatMap((part) => [...part.originals]));
    const second = { ...context, keep, onReplace: noting(originals) };
    const plain = (text: string): string => redactText(text, { ...context, keep });
    const messages = parts.map(({ message, entities }) => {
      let i = 0;
      return redactMessage(message, (text) => redactEntities(text, entities[i++] ?? [], names, second));
    });
    return {
      request: {
        ...request,
        messages,
        tools: redactTools(request.tools, plain),
        ...(request.responseFormat
          ? { responseFormat: redactJson(request.responseFormat, plain) as typeof request.responseFormat }
          : {}),
      },
      reveal: (answer, kind) => reveal(answer, kind, originals, keep),
    };
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
    revealed = revealed.replaceAll(surrogate, inJson ? JSON.stringify(original).slice(1, -1) : original);
  }
  return keep.has(revealed) || !holdsSurrogate(revealed) ? revealed : null;
}
