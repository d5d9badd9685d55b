/** Private keys in PEM, of any length; authorization headers; cookies. */
import { CUE } from './cues.ts';
import { drawFor, drawLike } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { secretMatch } from './tokens.ts';

const HEAD = /-----BEGIN (?:[A-Z0-9]{2,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----/y;

/** Each body is walked once, up to its end, or to the first character that no key has where the end is missing. */
export const findPrivateKeys: Recogniser = (scan) => {
  const { text } = scan;
  const found: Match[] = [];
  let done = 0;
  for (const at of scan.dashes) {
    if (at < done) continue;
    const head = scan.at(HEAD, at);
    if (head === null) continue;
    const start = at + head[0].length;
    let end = start;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === 45 && text.startsWith('-----', end)) break;
      if (!isKeyCharacter(code)) break;
    }
    scan.steps += end - start;
    const body = text.slice(start, end);
    if (/[A-Za-z0-9+/]{12}/.test(body.slice(0, 400)))
      found.push({ start, end, kind: 'secret', make: (key) => bodySurrogate(body, key) });
    done = end;
  }
  return found;
};

/** Base64, white space, what headers of encrypted keys have (Proc-Type: 4,ENCRYPTED), and escapes. */
const isKeyCharacter = (code: number): boolean =>
  (code >= 48 && code <= 58) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  [9, 10, 13, 32, 43, 44, 45, 46, 47, 61, 92].includes(code);

/** Line by line, so that an escaped line end inside JSON text keeps its letter. */
const bodySurrogate = (body: string, key: Uint8Array): string =>
  body
    .split(/(\\[nrt]|[\r\n])/)
    .map((piece, i) => (i % 2 === 1 ? piece : drawLike(drawFor(key, 'secret', piece), piece)))
    .join('');

const BEARER = /["']?[ \t]{0,3}[:=]?[ \t]{0,3}["']?([A-Za-z0-9._~+/=-]{16,8000})/y;
const BASIC = /["']?[ \t]{1,3}["']?([A-Za-z0-9+/]{8,2000}={0,2})(?![A-Za-z0-9+/])/y;
const AUTHORIZATION =
  /["']?[ \t]{0,3}[:=][ \t]{0,3}["']?(?:(?:Token|ApiKey|Digest|Bearer|Basic|Negotiate)[ \t]{1,3})?([A-Za-z0-9._~+/=-]{16,8000})/iy;
/** One cookie of a header: a name, and a value as long as browsers let it be. */
const COOKIE = /([ \t]{0,3}[\w.%!$-]{1,128}=)("?[^\s;,"'\\]{1,4096}"?)(;?)/y;
const ATTRIBUTE = /^[ \t]*(?:path|domain|expires|max-age|samesite|secure|httponly|priority|version)=/i;

export const findHeaders: Recogniser = (scan) => {
  const found: Match[] = [];
  let done = 0;
  for (const { start, end, cue } of scan.cues) {
    if ((cue.families & CUE.header) === 0 || start < done) continue;
    if (cue.word === 'cookie') {
      done = cookies(end);
      continue;
    }
    const pattern = cue.word === 'bearer' ? BEARER : cue.word === 'basic' ? BASIC : AUTHORIZATION;
    const match = scan.at(pattern, end);
    if (match === null) continue;
    const secret = match[1] ?? '';
    const next = scan.text[match.index + match[0].length];
    if (cue.word === 'basic' ? !isBasic(secret) : !/\d/.test(secret) || next === '(') continue;
    done = match.index + match[0].length;
    found.push(secretMatch(done - secret.length, secret));
  }
  return found;

  /** The values of a Cookie or Set-Cookie header that starts after the word. */
  function cookies(from: number): number {
    const colon = scan.at(/["']?[ \t]{0,3}:[ \t]{0,3}["']?/y, from);
    if (colon === null) return from;
    let at = from + colon[0].length;
    for (;;) {
      const match = scan.at(COOKIE, at);
      if (match === null) return at;
      const [whole, name = '', value = '', more] = match;
      if (
        !ATTRIBUTE.test(name) &&
        value.replaceAll('"', '').length >= 4 &&
        !/^(?:true|false|null|none|yes|no)$/i.test(value)
      )
        found.push(secretMatch(at + name.length, value));
      at += whole.length;
      if (more !== ';') return at;
    }
  }
};

/** Whether it is user:password in base64 (RFC 7617). */
function isBasic(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const made = Buffer.from(text, 'base64').toString('latin1');
  return /^[\x20-\x7e]{1,256}:[\x20-\x7e\xa0-\xff]*$/.test(made);
}
