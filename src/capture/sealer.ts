/**
 * From a call to what is stored: redacted, cut into parts (settings, tools, one per message, the response) and
 * sealed. An agent sends its whole conversation with each call, so parts sealed before are remembered by a hash of
 * their content, and cost a look-up instead of redaction and encryption.
 * Does not: write anything (recorder.ts, importers/), or open parts again (read.ts).
 */
import { createHash } from 'node:crypto';
import type { Call } from '../core/call.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { SealedPart, StoredCall } from '../core/store.ts';
import { namesOf, redactWith } from './redact/redact.ts';
import { namesOfCall, redactJson, redactMessage, redactTools } from './redact/redact-call.ts';
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
  const sealedBefore = leastRecent<SealedPart>(rememberBytes, (part) => part.sealed.length + 300);
  const namesBefore = leastRecent<readonly string[]>(4 * 1024 * 1024, (names) => 150 + 40 * names.length);

  const findNames = (text: string): readonly string[] => {
    const id = hash(text);
    const known = namesBefore.get(id);
    if (known) return known;
    const names = namesOf(text);
    namesBefore.set(id, names);
    return names;
  };

  return {
    seal(call) {
      const day = dayOf(call.at);
      const { request, response } = call;
      const names = namesOfCall(request, response, findNames);
      const parts = new Map<string, SealedPart>();

      /** Seals `redacted(source)`, unless the same source under the same names has been sealed today. */
      const part = <T>(
        kind: string,
        source: T,
        redacted: (redact: (text: string) => string) => unknown,
      ): string => {
        const raw = JSON.stringify(source);
        // Only names that may occur in the text decide what becomes of it.
        const relevant = names.filter((name) => name.split(' ').some((word) => includesWord(raw, word)));
        const id = hash(`${day}\0${kind}\0${relevant.join('\0')}\0${raw}`);
        let sealed = sealedBefore.get(id);
        if (sealed === undefined) {
          const made = redacted((text) => redactWith(text, surrogateKey, relevant));
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
        part('settings', settings, (redact) => ({
          ...settings,
          ...(settings.responseFormat ? { responseFormat: redactJson(settings.responseFormat, redact) } : {}),
          params: redactJson(settings.params, redact, vault.pseudonym),
        })),
        part('tools', request.tools, (redact) => redactTools(request.tools, redact)),
        ...request.messages.map((message) =>
          part('message', message, (redact) => redactMessage(message, redact)),
        ),
      ];
      const responsePart = response
        ? part('response', response, (redact) => ({
            ...response,
            message: redactMessage(response.message, redact),
          }))
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

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** A map that forgets what was longest unused once it weighs too much. */
function leastRecent<T>(
  limit: number,
  weigh: (value: T) => number,
): {
  get(id: string): T | undefined;
  set(id: string, value: T): void;
} {
  const entries = new Map<string, T>();
  let weight = 0;
  return {
    get(id) {
      const value = entries.get(id);
      if (value !== undefined) {
        entries.delete(id);
        entries.set(id, value);
      }
      return value;
    },
    set(id, value) {
      entries.set(id, value);
      weight += weigh(value);
      for (const [oldest, old] of entries) {
        if (weight <= limit) break;
        entries.delete(oldest);
        weight -= weigh(old);
      }
    },
  };
}
