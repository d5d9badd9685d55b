/**
 * The journal's bytes. A segment is a header and frames: length (4 bytes, little-endian), CRC-32 of the payload
 * (4 bytes), payload. A payload is a part or a call; a call's parts stand before it in the same segment.
 * Does not: touch files (journal.ts, drain.ts).
 */
import { crc32 } from 'node:zlib';
import { parseJson } from '../core/json.ts';
import type { SealedPart, StoredCall } from '../core/store.ts';

export const SEGMENT_HEADER: Uint8Array = Buffer.from('USJ1');

/** No payload is larger; a larger length is damage. */
const MAX_PAYLOAD = 256 * 1024 * 1024;
const PART = 1;
const CALL = 2;

export type Frame =
  | { readonly kind: 'part'; readonly part: SealedPart }
  | { readonly kind: 'call'; readonly call: StoredCall };

export function encodeFrame(frame: Frame): Buffer {
  const [head, body] =
    frame.kind === 'part'
      ? [Buffer.from(`${frame.part.id} ${frame.part.day}\n`), frame.part.sealed]
      : [Buffer.alloc(0), Buffer.from(JSON.stringify(frame.call))];
  const payload = 1 + head.length + body.length;
  const bytes = Buffer.allocUnsafe(8 + payload);
  bytes.writeUInt32LE(payload, 0);
  bytes[8] = frame.kind === 'part' ? PART : CALL;
  bytes.set(head, 9);
  bytes.set(body, 9 + head.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

export interface Segment {
  readonly frames: readonly Frame[];
  /** Bytes at the end that are no whole frame: a write that was cut off. */
  readonly tornBytes: number;
  /** Frames whose content does not fit their checksum; they are left out. */
  readonly damaged: number;
}

/**
 * The frames of a segment, as far as they are whole. A damaged frame is passed over where the next one tells that
 * its length was right; otherwise the rest is torn.
 */
export function decodeSegment(bytes: Buffer): Segment {
  const frames: Frame[] = [];
  let damaged = 0;
  if (!bytes.subarray(0, SEGMENT_HEADER.length).equals(SEGMENT_HEADER)) {
    return { frames, tornBytes: bytes.length, damaged };
  }
  let at = SEGMENT_HEADER.length;
  while (at < bytes.length) {
    const end = frameEnd(bytes, at);
    if (end === null) break;
    if (isWhole(bytes, at, end)) {
      const frame = decodePayload(bytes.subarray(at + 8, end));
      if (frame) frames.push(frame);
      else damaged++;
    } else {
      const next = frameEnd(bytes, end);
      if (next === null || !isWhole(bytes, end, next)) break;
      damaged++;
    }
    at = end;
  }
  return { frames, tornBytes: bytes.length - at, damaged };
}

function frameEnd(bytes: Buffer, at: number): number | null {
  if (at + 9 > bytes.length) return null;
  const length = bytes.readUInt32LE(at);
  const end = at + 8 + length;
  return length === 0 || length > MAX_PAYLOAD || end > bytes.length ? null : end;
}

function isWhole(bytes: Buffer, at: number, end: number): boolean {
  return crc32(bytes.subarray(at + 8, end)) === bytes.readUInt32LE(at + 4);
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
  if (kind !== CALL) return null;
  const call = parseJson(payload.subarray(1).toString('utf8'));
  return call === undefined ? null : { kind: 'call', call: call as unknown as StoredCall };
}
