/** Keys, tokens and passwords: by their well-known beginnings, or by the word before them and their look. */
import { drawFor, drawLike } from './draw.ts';
import type { Match, Recogniser } from './match.ts';

/** The first group, where there is one, is what tells the kind and stays. */
const KNOWN: readonly RegExp[] = [
  /(?<![A-Za-z0-9])(sk-(?:ant-|proj-|or-|svcacct-|admin-)?|[spr]k_(?:live|test)_|whsec_)[A-Za-z0-9_-]{16,250}/g,
  /(?<![A-Za-z0-9])(gh[pousr]_|github_pat_|glpat-|npm_|hf_|xai-|gsk_|pypi-|dop_v1_|shpat_)[A-Za-z0-9_-]{20,250}/g,
  /(?<![A-Za-z0-9])(A(?:KIA|SIA|GPA|ROA|IDA))[A-Z0-9]{16}(?![A-Za-z0-9])/g,
  /(?<![A-Za-z0-9])(xox[abeoprs]-)[A-Za-z0-9-]{10,250}/g,
  /(?<![A-Za-z0-9])(AIza)[A-Za-z0-9_-]{35}/g,
  /(?<![A-Za-z0-9])(SG\.)[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}/g,
  /(?<![A-Za-z0-9_-])(eyJ)[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{4,8000}\.[A-Za-z0-9_-]{8,2000}/g,
  /(:\/\/[^\s:@/"'<>]{1,64}:)[^\s:@/"'<>\\]{3,128}(?=@)/g,
];

/** A text without any of these has none of the known secrets: most texts cost one pass. */
const HINT =
  /sk-|[spr]k_(?:live|test)_|whsec_|gh[pousr]_|github_pat_|glpat-|npm_|hf_|xai-|gsk_|pypi-|dop_v1_|shpat_|A(?:KIA|SIA|GPA|ROA|IDA)|xox|AIza|SG\.|eyJ|:\/\/|[Bb][Ee][Aa][Rr][Ee][Rr]|PRIVATE KEY/;

const BEARER = /\b(Bearer\s{1,3})([A-Za-z0-9._~+/=-]{16,4000})/gi;

const PRIVATE_KEY =
  /(-----BEGIN (?:[A-Z]{2,10} )*PRIVATE KEY(?: BLOCK)?-----)([\s\S]{16,8000}?)(?=-----END )/g;

/** A word for a secret, a sign of assignment, and the value. */
const ASSIGNED =
  /(?<![A-Za-z])((?:api|access|secret|private|auth|client|signing|encryption|account|service|x[_-]api)[ _-]?(?:key|token|secret)(?:[ _-]?id)?|apikey|accesskey|token|secret|passw(?:or)?d|passphrase|passwort|pwd|credentials?)(?![A-Za-z])(["']?\s{0,3}(?:[:=]|\bis\b)\s{0,3}["']?)([^\s"'`,;<>\\(){}[\]]{6,500})/gi;

function secretMatch(start: number, secret: string, key: Uint8Array): Match {
  return { start, end: start + secret.length, surrogate: drawLike(drawFor(key, 'secret', secret), secret) };
}

/** Keys and tokens that show by themselves what they are. */
export const findKnownSecrets: Recogniser = (text, key) => {
  const found: Match[] = [];
  if (!HINT.test(text)) return found;
  for (const pattern of KNOWN) {
    for (const match of text.matchAll(pattern)) {
      const prefix = match[1] ?? '';
      const secret = match[0].slice(prefix.length);
      // Words joined by hyphens are names of things ("sk-learn-like-estimators"), not keys.
      if (pattern === KNOWN[7] || /\d/.test(secret))
        found.push(secretMatch(match.index + prefix.length, secret, key));
    }
  }
  for (const match of text.matchAll(BEARER)) {
    const [, prefix = '', secret = ''] = match;
    if (/\d/.test(secret)) found.push(secretMatch(match.index + prefix.length, secret, key));
  }
  if (text.includes('PRIVATE KEY')) {
    for (const match of text.matchAll(PRIVATE_KEY)) {
      const [, head = '', body = ''] = match;
      // An escaped line end inside JSON text keeps its letter.
      const made = body
        .split(/(\\[nrt])/)
        .map((piece, i) => (i % 2 === 1 ? piece : drawLike(drawFor(key, 'secret', piece), piece)))
        .join('');
      found.push({
        start: match.index + head.length,
        end: match.index + head.length + body.length,
        surrogate: made,
      });
    }
  }
  return found;
};

/** Values that a word before them calls a key, a token or a password. */
export const findAssignedSecrets: Recogniser = (text, key) => {
  const found: Match[] = [];
  for (const match of text.matchAll(ASSIGNED)) {
    const [, word = '', sign = '', value = ''] = match;
    const secret = value.replace(/[.!?:]+$/, '');
    if (!looksSecret(secret, /^pass|^pwd/i.test(word))) continue;
    found.push(secretMatch(match.index + word.length + sign.length, secret, key));
  }
  return found;
};

/** Mixed letters and digits without the look of a word; a password may be short, a key may not. */
function looksSecret(value: string, password: boolean): boolean {
  if (!/[A-Za-z]/.test(value) || !/\d/.test(value) || /^https?:/i.test(value)) return false;
  if (password) return true;
  return value.length >= 16 && entropy(value) >= 3;
}

/** Shannon entropy of the characters, bits each. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
