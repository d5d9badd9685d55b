/**
 * From a call to what is journalled: redacted by the recognisers (the first stage), cut into parts (model and tags,
 * settings, tools, one per message, the response) and sealed. An agent sends its whole conversation with each call, so
 * parts sealed before are remembered by a hash of their content, and cost a look-up instead of redaction and encryption.
 * Does not: look for people (second-stage.ts), write anything (recorder.ts), or open parts again (read.ts).
 */
import { hash } from 'node:crypto';
import type { Call, CallRequest, CallResponse } from '../core/call.ts';
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

/** A call cut into its pieces, and not yet redacted. */
export interface PreparedCall {
  /** Characters that have not been redacted and sealed before today: what sealing it costs. */
  readonly fresh: number;
  /** @throws as Sealing.seal, and RangeError for a call nested too deeply to be written. */
  seal(): SealedCall;
}

export interface Sealer {
  /** @throws RangeError for a call nested too deeply to be written. */
  prepare(call: Call): PreparedCall;
  /** Takes over what another sealer has sealed (SealerOptions.onSealed). */
  remember(contentId: string, part: SealedPart): void;
}

export interface SealerOptions {
  readonly sealing: Sealing;
  /** The first stage, applied to every text of a call. */
  readonly redact: (text: string) => string;
  /** Is told each part that is sealed, under an id of its content before redaction. */
  readonly onSealed?: (contentId: string, part: SealedPart) => void;
  /** How much sealed content is remembered. Default: 32 MiB. */
  readonly rememberedBytes?: number;
}

/** What becomes a part, and how it is redacted. */
interface Piece {
  readonly contentId: string;
  readonly characters: number;
  redacted(): unknown;
}

export function createSealer(options: SealerOptions): Sealer {
  const { sealing, redact, onSealed, rememberedBytes = 32 * 1024 * 1024 } = options;
  const words = vocabularyFinder();
  const sealedBefore = recent<SealedPart>(rememberedBytes, (part) => part.sealed.length + 300);

  const pieceOf = <T>(day: string, value: T, redacted: (value: T) => unknown): Piece => {
    const raw = JSON.stringify(value);
    // With the key's id: what was sealed under a key that is erased is sealed again.
    const contentId = `${sealing.keyId(day)} ${hash('sha256', raw, 'base64')}`;
    return { contentId, characters: raw.length, redacted: () => redacted(value) };
  };
  const aboutPiece = (call: Call, day: string): Piece => {
    const { request } = call;
    const site = siteOf(sealing, request);
    const vocabulary = words.find(site, call);
    const about: CallAbout = {
      ...{ model: request.model, tags: call.tags, site },
      ...(vocabulary.length > 0 ? { vocabulary } : {}),
    };
    return pieceOf(day, about, (value) => ({ ...value, tags: redactJson(value.tags as JsonObject, redact) }));
  };
  const requestPieces = (request: CallRequest, day: string): Piece[] => {
    const settings: RequestSettings = {
      ...(request.toolChoice === undefined ? {} : { toolChoice: request.toolChoice }),
      ...(request.responseFormat === undefined ? {} : { responseFormat: request.responseFormat }),
      params: request.params,
    };
    return [
      pieceOf(day, settings, (value) => ({
        ...value,
        ...(value.responseFormat ? { responseFormat: redactJson(value.responseFormat, redact) } : {}),
        params: redactJson(value.params, redact, sealing.pseudonym),
      })),
      pieceOf(day, request.tools, (tools) => redactTools(tools, redact)),
      ...request.messages.map((message) => pieceOf(day, message, (value) => redactMessage(value, redact))),
    ];
  };
  const responsePiece = (response: CallResponse, request: CallRequest, day: string): Piece => {
    // Which alternatives are safe depends on the request, so they are told apart by what is left of them.
    const safe = response.alternatives ? withSafeAlternatives(response, request, redact) : response;
    return pieceOf(day, safe, (value) => ({ ...value, message: redactMessage(value.message, redact) }));
  };

  return {
    remember: (contentId, part) => sealedBefore.set(contentId, part),
    prepare(call) {
      const day = dayOf(call.at);
      const { request, response } = call;
      const pieces = requestPieces(request, day);
      const cost = (piece: Piece): number =>
        sealedBefore.get(piece.contentId) === undefined ? piece.characters : 0;
      const all = pieces.reduce((sum, piece) => sum + piece.characters, 0);
      const fresh =
        pieces.reduce((sum, piece) => sum + cost(piece), 0) +
        // What is safe of the alternatives is looked for in the whole request.
        (response?.alternatives ? all : 0) +
        (response ? response.message.content.length : 0) +
        (response?.message.toolCalls ?? []).reduce((sum, each) => sum + each.arguments.length, 0);
      const seal = (): SealedCall => {
        const parts = new Map<string, SealedPart>();
        /** The id of the sealed part of a piece; redacts and seals it unless that was done before today. */
        const partOf = ({ contentId, redacted }: Piece): string => {
          let part = sealedBefore.get(contentId);
          if (part === undefined) {
            part = sealing.seal(day, JSON.stringify(redacted()));
            sealedBefore.set(contentId, part);
            onSealed?.(contentId, part);
          }
          parts.set(part.id, part);
          return part.id;
        };
        // Words are given once, so they are looked for only now.
        const aboutPart = partOf(aboutPiece(call, day));
        const requestParts = pieces.map(partOf);
        const responsePart = response ? partOf(responsePiece(response, request, day)) : null;
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
      };
      return { fresh, seal };
    },
  };
}
