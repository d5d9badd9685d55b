/**
 * Server-sent events: bytes to events, as the HTML standard reads them (section 9.2.6). Chunk boundaries may fall
 * anywhere, inside a character too; lines end with LF, CRLF or CR; comments are skipped.
 * Does not: know what the events mean.
 */

export interface SseEvent {
  /** The event's type; 'message' unless told. */
  readonly type: string;
  /** Its data lines, joined by LF. */
  readonly data: string;
}

export interface SseParser {
  /** The events that these bytes complete, in order. */
  push(bytes: Uint8Array): SseEvent[];
  /** The last event, where the stream ended without the empty line that should follow it. */
  end(): SseEvent[];
}

export function sseParser(): SseParser {
  const decoder = new TextDecoder();
  let rest = '';
  let type = '';
  let data: string[] = [];

  const field = (line: string): void => {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const raw = colon < 0 ? '' : line.slice(colon + 1);
    const value = raw.startsWith(' ') ? raw.slice(1) : raw;
    if (name === 'data') data.push(value);
    else if (name === 'event') type = value;
  };

  const dispatch = (events: SseEvent[]): void => {
    if (data.length > 0) events.push({ type: type === '' ? 'message' : type, data: data.join('\n') });
    type = '';
    data = [];
  };

  const take = (text: string, last: boolean): SseEvent[] => {
    rest += text;
    const events: SseEvent[] = [];
    let start = 0;
    for (;;) {
      const lf = rest.indexOf('\n', start);
      const stop = lf < 0 ? rest.length : lf;
      const cr = rest.indexOf('\r', start);
      let end: number;
      let next: number;
      if (cr >= 0 && cr < stop) {
        // A CR at the very end may be the first half of a CRLF: wait for what follows.
        if (cr === rest.length - 1 && !last) break;
        end = cr;
        next = rest[cr + 1] === '\n' ? cr + 2 : cr + 1;
      } else if (lf >= 0) {
        end = lf;
        next = lf + 1;
      } else break;
      if (end === start) dispatch(events);
      else field(rest.slice(start, end));
      start = next;
    }
    rest = rest.slice(start);
    return events;
  };

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true }), false),
    end: () => {
      const events = take(decoder.decode(), true);
      if (rest !== '') field(rest);
      rest = '';
      dispatch(events);
      return events;
    },
  };
}
