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
 * @param onWork Told of the bytes that are copied or searched: so that tests can count the work.
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

  /** Down to the last event that began before the bytes that are kept anyway. */
  const trim = (): void => {
    let end = Buffer.concat(pieces);
    onWork(size);
    const last = lastBoundary(end, end.length - KEPT_BYTES);
    if (last >= 0) {
      end = end.subarray(last);
      isCut = false;
    } else if (end.length > MAX_EVENT_BYTES) {
      end = end.subarray(-KEPT_BYTES);
      isCut = true;
    }
    pieces = [end];
    size = end.length;
    // Twice as much, so that what is kept is not looked at again and again.
    limit = 2 * Math.max(KEPT_BYTES, size);
  };
  return {
    add: (chunk) => {
      pieces.push(chunk);
      size += chunk.length;
      if (size > limit) trim();
    },
    isError: () => {
      const end = Buffer.concat(pieces);
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
