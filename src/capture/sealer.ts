/**
 * From a call to what is journalled: redacted by the recognisers (the first stage), cut into parts (model and tags,
 * settings, tools, one per message, the response) and sealed. An agent sends its whole conversation with each call, so
 * parts sealed before are remembered by a hash of their content, and cost a look-up instead of redaction and encryption.
 * Does not: look for people (second-stage.ts), write anything (recorder.ts), or open parts again (read.ts).
 */
import { hash } from 'node:crypto';
import { boundedCache } from '../core/bounded-cache.ts';
import type { Call, CallRequest, CallResponse } from '../core/call.ts';
import type { SealedPart, StoredCall } from '../core/store.ts';
import { estimateUsage } from '../core/tokens.ts';
import type { PartKind, PartValues } from './parts.ts';
import { redactPart, withSafeAlternatives } from './redact/redact-call.ts';
import { dayOf, type Sealing } from './vault.ts';
import { siteFinder, vocabularyFinder } from './vocabulary.ts';

/** A call as stored, and the parts it holds, each once. */
export interface SealedCall {
  readonly call: StoredCall;
  readonly parts: readonly SealedPart[];
  /** To be called once the call is in the journal: what was found with it need not be found again. */
  kept(): void;
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

/** Contents up to this number of characters are their own key: to look for them takes less time than a hash. */
const SHORT = 200;

/** What becomes a part, and how it is redacted. */
interface Piece {
  readonly contentId: string;
  readonly characters: number;
  redacted(): unknown;
  /** The part, once it is known. */
  part: SealedPart | undefined;
}

/** A request without tools comes with a list of its own. */
const NO_TOOLS: PartValues['tools'] = [];

export function createSealer(options: SealerOptions): Sealer {
  const { sealing, redact, onSealed, rememberedBytes = 32 * 1024 * 1024 } = options;
  const words = vocabularyFinder();
  const sites = siteFinder(sealing);
  const sealedBefore = boundedCache<SealedPart>(rememberedBytes, (part) => part.sealed.length + 300);

  const pieceOf = <K extends PartKind>(day: string, kind: K, value: PartValues[K]): Piece => {
    const raw = JSON.stringify(value);
    // With the key's id: what was sealed under a key that is erased is sealed again.
    const content = raw.length <= SHORT ? `=${raw}` : hash('sha256', raw, 'base64');
    return {
      contentId: `${sealing.keyId(day)} ${content}`,
      characters: raw.length,
      redacted: () => redactPart(kind, value, redact, sealing.pseudonym),
      part: undefined,
    };
  };
  /** The part of what was sealed before today. */
  const partBefore = (piece: Piece): SealedPart | undefined => {
    piece.part ??= sealedBefore.get(piece.contentId);
    return piece.part;
  };
  /** Of messages and tools, which are the same objects with every call of a conversation (wire/repeated-json). */
  const piecesBefore = new WeakMap<object, { readonly keyId: string; readonly piece: Piece }>();
  const pieceOnce = <K extends 'tools' | 'message'>(day: string, kind: K, value: PartValues[K]): Piece => {
    const keyId = sealing.keyId(day);
    const before = piecesBefore.get(value);
    if (before?.keyId === keyId) return before.piece;
    const piece = pieceOf<PartKind>(day, kind, value);
    piecesBefore.set(value, { keyId, piece });
    return piece;
  };
  const aboutPiece = (call: Call, day: string, site: string, vocabulary: readonly string[]): Piece =>
    pieceOf(day, 'about', {
      model: call.request.model,
      tags: call.tags,
      site,
      ...(vocabulary.length > 0 ? { vocabulary } : {}),
    });
  const requestPieces = (request: CallRequest, day: string): Piece[] => [
    pieceOf(day, 'settings', {
      ...(request.toolChoice === undefined ? {} : { toolChoice: request.toolChoice }),
      ...(request.responseFormat === undefined ? {} : { responseFormat: request.responseFormat }),
      params: request.params,
    }),
    pieceOnce(day, 'tools', request.tools.length === 0 ? NO_TOOLS : request.tools),
    ...request.messages.map((message) => pieceOnce(day, 'message', message)),
  ];
  const responsePiece = (response: CallResponse, request: CallRequest, day: string): Piece =>
    // Which alternatives are safe depends on the request, so they are told apart by what is left of them.
    pieceOf(
      day,
      'response',
      response.alternatives ? withSafeAlternatives(response, request, redact) : response,
    );

  return {
    remember: (contentId, part) => sealedBefore.set(contentId, part),
    prepare(call) {
      const day = dayOf(call.at);
      const { request, response } = call;
      const pieces = requestPieces(request, day);
      const cost = (piece: Piece): number => (partBefore(piece) === undefined ? piece.characters : 0);
      const all = pieces.reduce((sum, piece) => sum + piece.characters, 0);
      const fresh =
        pieces.reduce((sum, piece) => sum + cost(piece), 0) +
        // What is safe of the alternatives is looked for in the whole request.
        (response?.alternatives ? all : 0) +
        (response ? response.message.content.length : 0) +
        (response?.message.toolCalls ?? []).reduce((sum, each) => sum + each.arguments.length, 0);
      const seal = (): SealedCall => {
        const usage = response && (response.usage ?? estimateUsage(request, response.message));
        const parts = new Map<string, SealedPart>();
        /** The id of the sealed part of a piece; redacts and seals it unless that was done before today. */
        const partOf = (piece: Piece): string => {
          let part = partBefore(piece);
          if (part === undefined) {
            part = sealing.seal(day, JSON.stringify(piece.redacted()));
            piece.part = part;
            sealedBefore.set(piece.contentId, part);
            onSealed?.(piece.contentId, part);
          }
          parts.set(part.id, part);
          return part.id;
        };
        const site = sites(request);
        const vocabulary = words.find(site, call);
        const aboutPart = partOf(aboutPiece(call, day, site, vocabulary));
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
            promptTokens: usage?.promptTokens ?? 0,
            completionTokens: usage?.completionTokens ?? 0,
            cachedTokens: usage?.cachedTokens ?? 0,
            served: call.served,
            aboutPart,
            requestParts,
            responsePart,
          },
          parts: [...parts.values()],
          kept: () => words.kept(site, vocabulary),
        };
      };
      return { fresh, seal };
    },
  };
}
