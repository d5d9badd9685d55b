/**
 * The end of a stream of events, which tells whether its server failed: the head said 200, and the connection ends in order, so that
 * nothing else does. While the stream goes by, no more is kept than its last event and some bytes; it is read once, at the end.
 * Does not: know what the events mean (wire/stream-failure), or read what is compressed.
 */
import { sseParser } from '../../wire/sse.ts';
import { isStreamFailure } from '../../wire/stream-failure.ts';
import { headerOf } from '../headers.ts';
import type { ResponseHead } from '../upstream.ts';

export interface StreamEnd {
  add(chunk: Buffer): void;
  isError(): boolean;
}

/** What is kept of the end at least: an error event, and what may come after it. */
const KEPT_BYTES = 8 * 1024;
/** Longest event that is kept whole. `response.failed` repeats the instructions and tools of its request. */
const MAX_EVENT_BYTES = 1024 * 1024;
/** What stands between two events. */
const BOUNDARIES = ['\n\n', '\r\n\r\n', '\r\r'];

/**
 * Null for an answer that is no stream of events that can be read.
 * @param onWork Told of the bytes that are copied or searched, which are all that are held: so that tests can count them.
 */
export function streamEndOf(
  { status, headers }: ResponseHead,
  onWork: (bytes: number) => void = () => {},
): StreamEnd | null {
  const type = headerOf(headers, 'content-type')?.toLowerCase() ?? '';
  const coding = headerOf(headers, 'content-encoding')?.toLowerCase() ?? 'identity';
  if (status !== 200 || !type.startsWith('text/event-stream') || coding !== 'identity') return null;
  let pieces: Buffer[] = [];
  let size = 0;
  let limit = 2 * KEPT_BYTES;
  /** It begins within an event that was too long. */
  let isCut = false;

  /** Down to the last event that began before the bytes that are kept anyway; and to those where it is too long. */
  const trim = (): void => {
    const end = Buffer.concat(pieces);
    onWork(size);
    const last = lastBoundary(end, end.length - KEPT_BYTES);
    // What is kept may begin with its own boundary: that one is there says nothing of the length.
    const isTooLong = end.length - Math.max(last, 0) > MAX_EVENT_BYTES;
    isCut = isTooLong || (isCut && last < 0);
    const kept = end.subarray(isCut ? -KEPT_BYTES : Math.max(last, 0));
    // A copy, as a part of it would hold the whole.
    pieces = [isTooLong ? Buffer.from(kept) : kept];
    size = kept.length;
    // Twice as much, so that what is kept is not looked at again and again.
    limit = Math.min(2 * Math.max(KEPT_BYTES, size), MAX_EVENT_BYTES + KEPT_BYTES);
  };
  return {
    add: (chunk) => {
      pieces.push(chunk);
      size += chunk.length;
      if (size > limit) trim();
    },
    isError: () => {
      const end = Buffer.concat(pieces);
      onWork(size);
      const first = isCut ? firstBoundary(end) : 0;
      if (first === null) return false;
      const parser = sseParser();
      return isStreamFailure([...parser.push(end.subarray(first)), ...parser.end()]);
    },
  };
}

function firstBoundary(bytes: Buffer): number | null {
  const found = BOUNDARIES.map((boundary) => bytes.indexOf(boundary)).filter((at) => at >= 0);
  return found.length === 0 ? null : Math.min(...found);
}

const lastBoundary = (bytes: Buffer, before: number): number =>
  Math.max(...BOUNDARIES.map((boundary) => bytes.lastIndexOf(boundary, before)));
