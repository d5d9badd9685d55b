/**
 * From a call to what is stored: redacted, cut into parts (settings, tools, one per message, the response) and
 * sealed. An agent sends its whole conversation with each call, so parts sealed before are remembered by a hash of
 * their content, and cost a look-up instead of redaction and encryption.
 * Does not: write anything (recorder.ts, importers/), or open parts again (read.ts).
 */
import { hash } from 'node:crypto';
import type { Call, Message } from '../core/call.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { SealedPart, StoredCall } from '../core/store.ts';
import { namesOf, redactWith } from './redact/redact.ts';
import {
  namesOfMessage,
  redactJson,
  redactMessage,
  redactTools,
  withSafeAlternatives,
} from './redact/redact-call.ts';
import { dayOf, type Vault } from './vault.ts';

/** A call as stored, and the parts it holds, each once. */
export interface SealedCall {
  readonly call: StoredCall;
  readonly parts: readonly SealedPart[];
}

/** The first part of a request. Model and stream stand in the open, in the call. */
export interface RequestSettings {
  readonly toolChoice?: Json;
  readonly responseFormat?: JsonObject;
  readonly params: JsonObject;
}

export interface Sealer {
  /** Redacts and seals a call. @throws as Vault.seal. */
  seal(call: Call): SealedCall;
}

/** How much sealed content a sealer remembers, unless told. */
const REMEMBER_BYTES = 32 * 1024 * 1024;

export function createSealer(vault: Vault, rememberBytes: number = REMEMBER_BYTES): Sealer {
  const { surrogateKey } = vault;
  const sealedBefore = recent<SealedPart>(rememberBytes, (part) => part.sealed.length + 300);
  const namesBefore = recent<readonly string[]>(4 * 1024 * 1024, (names) => 150 + 40 * names.length);

  const namesIn = (message: Message, id: string): readonly string[] => {
    const known = namesBefore.get(id);
    if (known) return known;
    const names = namesOfMessage(message);
    namesBefore.set(id, names);
    return names;
  };

  return {
    seal(call) {
      const day = dayOf(call.at);
      const { request, response } = call;
      const parts = new Map<string, SealedPart>();
      const messages = request.messages.map(sourceOf);
      let answer = response ? sourceOf(response) : null;
      // What an answer copies has to stay a copy: one set of names for the whole call.
      const names = new Set<string>();
      for (const { value, id } of messages) for (const name of namesIn(value, id)) names.add(name);
      if (answer) for (const name of namesIn(answer.value.message, answer.id)) names.add(name);
      if (response?.alternatives) {
        // Before it is remembered under its content: which of them are safe depends on the request, too.
        const all = [...names, ...response.alternatives.flatMap(({ start }) => namesOf(start))];
        const redact = (text: string): string => redactWith(text, surrogateKey, all);
        answer = sourceOf(withSafeAlternatives(response, request, redact));
      }

      /** Seals the redacted source, unless it has been sealed under the same names today. */
      const part = <T>(
        source: Source<T>,
        redacted: (value: T, redact: (text: string) => string) => unknown,
      ): string => {
        // Only names that may occur in the text decide what becomes of it.
        const relevant = [...names].filter((name) =>
          name.split(' ').some((word) => includesWord(source.raw, word)),
        );
        const id = `${day}\0${source.id}\0${relevant.join('\0')}`;
        let sealed = sealedBefore.get(id);
        if (sealed === undefined) {
          const made = redacted(source.value, (text) => redactWith(text, surrogateKey, relevant));
          sealed = vault.seal(day, JSON.stringify(made));
          sealedBefore.set(id, sealed);
        }
        parts.set(sealed.id, sealed);
        return sealed.id;
      };

      const settings: RequestSettings = {
        ...(request.toolChoice === undefined ? {} : { toolChoice: request.toolChoice }),
        ...(request.responseFormat === undefined ? {} : { responseFormat: request.responseFormat }),
        params: request.params,
      };
      const requestParts = [
        part(sourceOf(settings), (value, redact) => ({
          ...value,
          ...(value.responseFormat ? { responseFormat: redactJson(value.responseFormat, redact) } : {}),
          params: redactJson(value.params, redact, vault.pseudonym),
        })),
        part(sourceOf(request.tools), redactTools),
        ...messages.map((source) => part(source, redactMessage)),
      ];
      const responsePart = answer
        ? part(answer, (value, redact) => ({ ...value, message: redactMessage(value.message, redact) }))
        : null;
      const open = (text: string): string => redactWith(text, surrogateKey, namesOf(text));
      return {
        call: {
          id: call.id,
          at: call.at,
          sessionId: open(call.sessionId),
          origin: call.origin,
          tags: Object.fromEntries(Object.entries(call.tags).map(([name, value]) => [name, open(value)])),
          model: request.model,
          stream: request.stream,
          status: call.status,
          latencyMs: call.latencyMs,
          promptTokens: response?.usage?.promptTokens ?? 0,
          completionTokens: response?.usage?.completionTokens ?? 0,
          cachedTokens: response?.usage?.cachedTokens ?? 0,
          served: call.served,
          requestParts,
          responsePart,
        },
        parts: [...parts.values()],
      };
    },
  };
}

/** A word of a name may stand in a text as it was found, in capitals, or with a capital. */
function includesWord(text: string, word: string): boolean {
  return (
    text.includes(word) ||
    text.includes(word.toUpperCase()) ||
    text.includes(word.slice(0, 1).toUpperCase() + word.slice(1)) ||
    text.includes(word.slice(0, 1) + word.slice(1).toLowerCase())
  );
}

/** A piece of a call before redaction, and the hash of its content. */
interface Source<T> {
  readonly value: T;
  readonly raw: string;
  readonly id: string;
}

function sourceOf<T>(value: T): Source<T> {
  const raw = JSON.stringify(value);
  return { value, raw, id: hash('sha256', raw, 'base64') };
}

/**
 * A map that forgets what has not been used for long: entries live in two halves, and once the younger one weighs
 * half the limit, the older one goes. (Keeping exact order of use costs more than the look-up itself.)
 */
function recent<T>(
  limit: number,
  weigh: (value: T) => number,
): { get(id: string): T | undefined; set(id: string, value: T): void } {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  let weight = 0;
  const set = (id: string, value: T): void => {
    young.set(id, value);
    weight += weigh(value);
    if (weight < limit / 2) return;
    old = young;
    young = new Map();
    weight = 0;
  };
  return {
    get(id) {
      const value = young.get(id);
      if (value !== undefined) return value;
      const older = old.get(id);
      if (older !== undefined) set(id, older);
      return older;
    },
    set,
  };
}
