/**
 * The journal's bytes. A segment is a header and frames: a mark (4 bytes), length (4 bytes, little-endian), CRC-32 of the
 * payload (4 bytes), payload. A payload is a part, a call or a feedback; a call's parts stand before it in the same segment. The mark
 * lets reading resume after damage of any kind, in the header or in a length too.
 * Does not: touch files (journal.ts, drain.ts).
 */
import { crc32 } from 'node:zlib';
import { isObject, parseJson } from '../core/json.ts';
import type { SealedPart, StoredCall, StoredFeedback } from '../core/store.ts';

export const SEGMENT_HEADER: Uint8Array = Buffer.from('USJ2');
/** Of the version before: frames without marks, and calls with model, tags and session in the clear. */
const OLD_HEADER: Uint8Array = Buffer.from('USJ1');
/** Before each frame. */
const MARK = Buffer.from([0xf5, 0x55, 0x53, 0x46]);
const HEAD = MARK.length + 8;

/** No payload is larger; a larger length is damage. */
const MAX_PAYLOAD = 256 * 1024 * 1024;
const PART = 1;
const CALL = 2;
const FEEDBACK = 3;

export type Frame =
  | { readonly kind: 'part'; readonly part: SealedPart }
  | { readonly kind: 'call'; readonly call: JournalCall }
  | { readonly kind: 'feedback'; readonly feedback: StoredFeedback };

/** A call as a journal of the version before holds it. */
export interface OldCall extends Omit<StoredCall, 'aboutPart'> {
  readonly model: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type JournalCall = StoredCall | OldCall;

export function encodeFrame(frame: Frame): Buffer {
  const [kind, head, body] = piecesOf(frame);
  const headLength = Buffer.byteLength(head);
  const payload = 1 + headLength + body.length;
  const bytes = Buffer.allocUnsafe(HEAD + payload);
  bytes.set(MARK);
  bytes.writeUInt32LE(payload, 4);
  bytes[HEAD] = kind;
  bytes.write(head, HEAD + 1);
  bytes.set(body, HEAD + 1 + headLength);
  bytes.writeUInt32LE(crc32(bytes.subarray(HEAD)), 8);
  return bytes;
}

const NO_BODY = new Uint8Array();

function piecesOf(frame: Frame): readonly [kind: number, head: string, body: Uint8Array] {
  switch (frame.kind) {
    case 'part':
      return [PART, `${frame.part.id} ${frame.part.day}\n`, frame.part.sealed];
    case 'call':
      return [CALL, JSON.stringify(frame.call), NO_BODY];
    case 'feedback': {
      const { content, ...open } = frame.feedback;
      const { sealed, ...part } = content;
      return [FEEDBACK, `${JSON.stringify({ ...open, content: part })}\n`, sealed];
    }
  }
}

export interface Segment {
  readonly frames: readonly Frame[];
  /** Bytes at the end that are no whole frame: a write that was cut off, or damage in the last frames. */
  readonly tornBytes: number;
  /** Damaged stretches before the last whole frame, each of one or more frames. */
  readonly damaged: number;
}

/** The frames of a segment that are whole, wherever they stand. */
export function decodeSegment(bytes: Buffer): Segment {
  // One changed byte makes the old header of the new one. A mark after it, read as a length, would be above MAX_PAYLOAD.
  const isMarked = bytes.subarray(OLD_HEADER.length, OLD_HEADER.length + MARK.length).equals(MARK);
  if (bytes.subarray(0, OLD_HEADER.length).equals(OLD_HEADER) && !isMarked) return decodeOld(bytes);
  const frames: Frame[] = [];
  const headed = bytes.subarray(0, SEGMENT_HEADER.length).equals(SEGMENT_HEADER);
  let damaged = headed || bytes.length === 0 ? 0 : 1;
  /** The end of what has been read, whole or known as damaged. */
  let end = headed ? SEGMENT_HEADER.length : 0;
  let last = end;
  for (let at = bytes.indexOf(MARK, headed ? end : 0); at !== -1; at = bytes.indexOf(MARK, end)) {
    const next = frameEnd(bytes, at);
    if (next === null) {
      end = at + 1;
      continue;
    }
    if (at > last && (last > 0 || headed)) damaged++;
    const frame = decodePayload(bytes.subarray(at + HEAD, next));
    if (frame) frames.push(frame);
    else damaged++;
    end = next;
    last = next;
  }
  return { frames, tornBytes: bytes.length - last, damaged };
}

/**
 * A segment of the version before: length, checksum, payload. Without marks, reading resumes after a damaged payload where the
 * next frame tells that its length was right; otherwise the rest is torn.
 */
function decodeOld(bytes: Buffer): Segment {
  const frames: Frame[] = [];
  let damaged = 0;
  let at = OLD_HEADER.length;
  const isWhole = (from: number): boolean => {
    const end = oldEnd(bytes, from);
    return end !== null && crc32(bytes.subarray(from + 8, end)) === bytes.readUInt32LE(from + 4);
  };
  for (let end = oldEnd(bytes, at); end !== null; end = oldEnd(bytes, at)) {
    const frame = isWhole(at) ? decodePayload(bytes.subarray(at + 8, end)) : null;
    if (frame) frames.push(frame);
    else if (isWhole(at) || isWhole(end)) damaged++;
    else break;
    at = end;
  }
  return { frames, tornBytes: bytes.length - at, damaged };
}

function oldEnd(bytes: Buffer, at: number): number | null {
  if (at + 9 > bytes.length) return null;
  const length = bytes.readUInt32LE(at);
  const end = at + 8 + length;
  return length === 0 || length > MAX_PAYLOAD || end > bytes.length ? null : end;
}

/** Where the frame that begins at `at` ends; null where it is not whole. */
function frameEnd(bytes: Buffer, at: number): number | null {
  if (at + HEAD > bytes.length) return null;
  const length = bytes.readUInt32LE(at + 4);
  const end = at + HEAD + length;
  if (length === 0 || length > MAX_PAYLOAD || end > bytes.length) return null;
  return crc32(bytes.subarray(at + HEAD, end)) === bytes.readUInt32LE(at + 8) ? end : null;
}

/** Null for a kind that this program does not know, or content that is not what the kind says. */
function decodePayload(payload: Buffer): Frame | null {
  const kind = payload[0];
  if (kind === PART) {
    const headEnd = payload.indexOf(10);
    const [id, day] = payload.subarray(1, headEnd).toString('utf8').split(' ');
    if (headEnd === -1 || !id || !day) return null;
    return { kind: 'part', part: { id, day, sealed: payload.subarray(headEnd + 1) } };
  }
  if (kind === FEEDBACK) return decodeFeedback(payload);
  if (kind !== CALL) return null;
  const call = parseJson(payload.subarray(1).toString('utf8'));
  return call === undefined ? null : { kind: 'call', call: call as unknown as JournalCall };
}

function decodeFeedback(payload: Buffer): Frame | null {
  const headEnd = payload.indexOf(10);
  const open = headEnd === -1 ? undefined : parseJson(payload.subarray(1, headEnd).toString('utf8'));
  if (!isObject(open) || !isObject(open.content)) return null;
  const feedback = open as unknown as StoredFeedback;
  const content = { ...feedback.content, sealed: payload.subarray(headEnd + 1) };
  return { kind: 'feedback', feedback: { ...feedback, content } };
}
