/**
 * From a call to what is journalled: redacted by the recognisers (the first stage), cut into parts (model and tags,
 * settings, tools, one per message, the response) and sealed. An agent sends its whole conversation with each call, so
 * parts sealed before are remembered by a hash of their content, and cost a look-up instead of redaction and encryption.
 * Does not: look for people (second-stage.ts), write anything (recorder.ts), or open parts again (read.ts).
 */
import { hash } from 'node:crypto';
import type { Call } from '../core/call.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { SealedPart, StoredCall } from '../core/store.ts';
import { recent } from './recent.ts';
import { redactJson, redactMessage, redactTools, withSafeAlternatives } from './redact/redact-call.ts';
import { dayOf, type Sealing } from './vault.ts';
import { siteOf, vocabularyFinder } from './vocabulary.ts';

/** A call as stored, and the parts it holds, each once. */
export interface SealedCall {
  readonly call: StoredCall;
  readonly parts: readonly SealedPart[];
}

/** What is said about a call beside its request and response. */
export interface CallAbout {
  readonly model: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The call's site, for its words (vocabulary.ts); none in calls of older versions. */
  readonly site?: string;
  /** Words of the call's site that were found with this call; in the journal only. */
  readonly vocabulary?: readonly string[];
}

/** The first part of a request. */
export interface RequestSettings {
  readonly toolChoice?: Json;
  readonly responseFormat?: JsonObject;
  readonly params: JsonObject;
}

export interface Sealer {
  /** Redacts and seals a call. @throws as Sealing.seal, and RangeError for a call nested too deeply to be written. */
  seal(call: Call): SealedCall;
}

/** How much sealed content a sealer remembers. */
const REMEMBERED_BYTES = 32 * 1024 * 1024;

/** @param redact The first stage, applied to every text of a call. */
export function createSealer(
  sealing: Sealing,
  redact: (text: string) => string,
  rememberedBytes: number = REMEMBERED_BYTES,
): Sealer {
  const words = vocabularyFinder();
  const sealedBefore = recent<SealedPart>(rememberedBytes, (part) => part.sealed.length + 300);
  return {
    seal(call) {
      const day = dayOf(call.at);
      const { request } = call;
      const parts = new Map<string, SealedPart>();
      /** The id of the sealed part of a value; redacts and seals it unless that was done before today. */
      const part = <T>(value: T, redacted: (value: T) => unknown): string => {
        const id = `${day} ${hash('sha256', JSON.stringify(value), 'base64')}`;
        let sealed = sealedBefore.get(id);
        if (sealed === undefined) {
          sealed = sealing.seal(day, JSON.stringify(redacted(value)));
          sealedBefore.set(id, sealed);
        }
        parts.set(sealed.id, sealed);
        return sealed.id;
      };
      const site = siteOf(sealing, request);
      const vocabulary = words.find(site, call);
      const about: CallAbout = {
        model: request.model,
        tags: call.tags,
        site,
        ...(vocabulary.length > 0 ? { vocabulary } : {}),
      };
      const settings: RequestSettings = {
        ...(request.toolChoice === undefined ? {} : { toolChoice: request.toolChoice }),
        ...(request.responseFormat === undefined ? {} : { responseFormat: request.responseFormat }),
        params: request.params,
      };
      // Which alternatives are safe depends on the request, so it is settled before the response is remembered.
      const response =
        call.response?.alternatives === undefined
          ? call.response
          : withSafeAlternatives(call.response, request, redact);
      const aboutPart = part(about, (value) => ({
        ...value,
        tags: redactJson(value.tags as JsonObject, redact),
      }));
      const requestParts = [
        part(settings, (value) => ({
          ...value,
          ...(value.responseFormat ? { responseFormat: redactJson(value.responseFormat, redact) } : {}),
          params: redactJson(value.params, redact, sealing.pseudonym),
        })),
        part(request.tools, (tools) => redactTools(tools, redact)),
        ...request.messages.map((message) => part(message, (value) => redactMessage(value, redact))),
      ];
      const responsePart = response
        ? part(response, (value) => ({ ...value, message: redactMessage(value.message, redact) }))
        : null;
      return {
        call: {
          id: call.id,
          at: call.at,
          sessionId: sealing.pseudonym(`session ${call.sessionId}`),
          origin: call.origin,
          stream: request.stream,
          status: call.status,
          latencyMs: call.latencyMs,
          promptTokens: response?.usage?.promptTokens ?? 0,
          completionTokens: response?.usage?.completionTokens ?? 0,
          cachedTokens: response?.usage?.cachedTokens ?? 0,
          served: call.served,
          aboutPart,
          requestParts,
          responsePart,
        },
        parts: [...parts.values()],
      };
    },
  };
}
