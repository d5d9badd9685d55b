/**
 * Whether a stream of events says at its end that its server failed. The head said 200, and the connection ends in order, so
 * nothing else tells. Only the end is looked at: an error is a stream's last event.
 * Does not: read what is compressed.
 */
import { headerOf } from '../headers.ts';
import type { ResponseHead } from '../upstream.ts';

export interface StreamEnd {
  add(chunk: Buffer): void;
  isError(): boolean;
}

/** What is kept of the end; an error event is shorter. */
const KEPT_BYTES = 8 * 1024;

/** Null for an answer that is no stream of events that can be read. */
export function streamEndOf({ status, headers }: ResponseHead): StreamEnd | null {
  const type = headerOf(headers, 'content-type')?.toLowerCase() ?? '';
  const coding = headerOf(headers, 'content-encoding')?.toLowerCase() ?? 'identity';
  if (status !== 200 || !type.startsWith('text/event-stream') || coding !== 'identity') return null;
  const pieces: Buffer[] = [];
  let size = 0;
  return {
    add: (chunk) => {
      pieces.push(chunk);
      size += chunk.length;
      while (size - (pieces[0]?.length ?? size) >= KEPT_BYTES) size -= pieces.shift()!.length;
    },
    isError: () => isErrorEvent(Buffer.concat(pieces).subarray(-KEPT_BYTES).toString('latin1')),
  };
}

/** Types of errors, and codes from 400 to 499, by which a provider says so. */
const CALLERS_FAULT =
  /"(?:type|code)"\s*:\s*"[^"]*(?:invalid_request|exceed_context|context_length|bad_?request|rate_limit|authentication|permission|not_found)|"(?:code|status)"\s*:\s*"?4\d\d\b/i;

/**
 * Whether the last event is an error of the server: `event: error`, as Anthropic and OpenAI's Responses say it, or data that begins
 * with an error, as servers of Chat Completions do, some with `[DONE]` after it. No line of an answer's text can look so: its line
 * ends are escaped. What is the caller's fault, or its limit, says nothing of the server.
 */
function isErrorEvent(end: string): boolean {
  const events = end
    .replace(/\r\n?/g, '\n')
    .split('\n\n')
    .map((event) => event.trim())
    .filter((event) => event !== '' && !/^data: ?\[DONE\]$/.test(event) && !/^(?::.*\n?)+$/.test(event));
  const last = events.at(-1) ?? '';
  if (CALLERS_FAULT.test(last)) return false;
  const lines = last.split('\n');
  if (lines.some((line) => line.startsWith('event:')))
    return lines.some((line) => /^event: ?error$/.test(line));
  return lines.some((line) => /^data: ?\{\s*"error"\s*:\s*[^\sn]/.test(line));
}
