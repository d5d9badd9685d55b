/**
 * Server-sent events: bytes to events, as the HTML standard reads them (section 9.2.6). Chunk boundaries may fall
 * anywhere, inside a character too; lines end with LF, CRLF or CR; comments are skipped. Work is linear in the bytes
 * however they are cut: what has been looked at is kept in pieces and not looked at again until its line is whole.
 * Does not: know what the events mean.
 */

export interface SseEvent {
  /** The event's type; 'message' by default. TOO_LONG: an event above the limit, without its data. */
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

export interface SseOptions {
  /** Longest event in characters, its field names included; default 64 Mi. */
  readonly maxEventLength?: number;
  /** Told of every stretch of text that is searched or joined, in characters: so that tests can count the work. */
  readonly onWork?: (characters: number) => void;
}

export const TOO_LONG = 'too-long';

const MAX_EVENT_LENGTH = 64 * 1024 * 1024;

export function sseParser(options: SseOptions = {}): SseParser {
  const { maxEventLength = MAX_EVENT_LENGTH, onWork } = options;
  const decoder = new TextDecoder();
  /** The unfinished line, in pieces. */
  let line: string[] = [];
  /** The last line ended with CR: an LF right after it belongs to it. */
  let afterCr = false;
  let type = '';
  let data: string[] = [];
  /** Characters of the event so far. */
  let length = 0;

  const search = (text: string, mark: string, from: number): number => {
    const at = text.indexOf(mark, from);
    onWork?.((at < 0 ? text.length : at) - from);
    return at < 0 ? text.length : at;
  };

  const hold = (piece: string): void => {
    length += piece.length;
    if (length > maxEventLength) {
      line = [];
      data = [];
    } else if (piece !== '') line.push(piece);
  };

  const field = (text: string): void => {
    const colon = search(text, ':', 0);
    if (colon === 0) return;
    const raw = text.slice(colon + 1);
    const value = raw.startsWith(' ') ? raw.slice(1) : raw;
    const name = text.slice(0, colon);
    if (name === 'data') data.push(value);
    else if (name === 'event') type = value;
  };

  const dispatch = (events: SseEvent[]): void => {
    if (length > maxEventLength) events.push({ type: TOO_LONG, data: '' });
    else if (data.length > 0) {
      const joined = data.join('\n');
      onWork?.(joined.length);
      events.push({ type: type === '' ? 'message' : type, data: joined });
    }
    type = '';
    data = [];
    length = 0;
  };

  /** Ends the line; an empty one ends the event. */
  const endLine = (isEmpty: boolean, events: SseEvent[]): void => {
    const text = line.join('');
    line = [];
    onWork?.(text.length);
    if (isEmpty) dispatch(events);
    else if (length <= maxEventLength) field(text);
  };

  /** Characters of the unfinished line, dropped ones too. */
  let inLine = 0;

  const take = (text: string): SseEvent[] => {
    const events: SseEvent[] = [];
    let start = afterCr && text.startsWith('\n') ? 1 : 0;
    if (text !== '') afterCr = false;
    // Each mark is searched for only from where it was last found, so a text is passed once for each of the two.
    let lf = search(text, '\n', start);
    let cr = search(text, '\r', start);
    while (lf < text.length || cr < text.length) {
      const end = Math.min(lf, cr);
      hold(text.slice(start, end));
      endLine(inLine + end - start === 0, events);
      inLine = 0;
      const isCrLf = end === cr && text[cr + 1] === '\n';
      afterCr = end === cr && cr + 1 === text.length;
      start = end + (isCrLf ? 2 : 1);
      if (lf < start) lf = search(text, '\n', Math.min(start, text.length));
      if (cr < start) cr = search(text, '\r', Math.min(start, text.length));
    }
    hold(text.slice(start));
    inLine += text.length - start;
    return events;
  };

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true })),
    end: () => {
      const events = take(decoder.decode());
      if (inLine > 0) endLine(false, events);
      inLine = 0;
      dispatch(events);
      return events;
    },
  };
}
