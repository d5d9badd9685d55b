/** Keys and tokens that show by themselves what they are, by the prefixes that their issuers publish. */
import { CUE } from './cues.ts';
import { drawFor, drawLike } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { beginsHere } from './scan.ts';

/** Prefix and body as sources of patterns. The prefix stays. Every body is bounded. */
const TOKENS: readonly (readonly [prefix: string, body: string])[] = [
  // OpenAI, Anthropic, OpenRouter; Stripe; Groq, xAI, Perplexity, Replicate, Hugging Face
  ['sk-(?:ant-|proj-|or-|svcacct-|admin-)?', '[A-Za-z0-9_-]{16,250}'],
  ['[spr]k_(?:live|test)_|whsec_|gsk_|xai-|pplx-|r8_|hf_', '[A-Za-z0-9_-]{16,250}'],
  // GitHub, GitLab
  ['gh[pousr]_|github_pat_|gl(?:pat|dt|rt|ptt|soat|cbt|ft|imt|agent)-', '[A-Za-z0-9_-]{20,255}'],
  // AWS
  ['A(?:KIA|SIA|GPA|ROA|IDA)', '[A-Z0-9]{16}(?![A-Za-z0-9])'],
  // Google
  ['AIza', '[A-Za-z0-9_-]{35}'],
  ['GOCSPX-', '[A-Za-z0-9_-]{24,40}'],
  ['ya29\\.', '[A-Za-z0-9_-]{20,400}'],
  // Slack, Discord, Telegram, Twilio, SendGrid, Mailgun, Brevo
  ['xox[abeoprs]-|xapp-', '[A-Za-z0-9-]{10,250}'],
  ['hooks\\.slack\\.com/(?:services|workflows)/', '[A-Za-z0-9/]{20,100}'],
  ['discord(?:app)?\\.com/api/webhooks/', '\\d{15,22}/[A-Za-z0-9_-]{40,100}'],
  ['SG\\.', '[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}'],
  ['(?:SK|AC)(?=[0-9a-f]{32}(?![0-9a-f]))', '[0-9a-f]{32}'],
  ['key-(?=[0-9a-f]{32}(?![0-9a-f]))', '[0-9a-f]{32}'],
  ['xkeysib-', '[0-9a-f]{64}-[A-Za-z0-9]{16}'],
  // Package registries and containers
  ['npm_|pypi-|rubygems_|dckr_pat_', '[A-Za-z0-9_-]{20,250}'],
  // Clouds and platforms
  ['d(?:op|oo|or)_v1_', '[0-9a-f]{40,80}'],
  ['dapi(?=[0-9a-f]{32})', '[0-9a-f]{32}(?:-\\d)?'],
  ['hv[sbr]\\.', '[A-Za-z0-9_-]{20,250}'],
  ['dp\\.(?:pt|st|ct|sa|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?', '[A-Za-z0-9]{40,44}'],
  ['shp(?:at|ss|ca|pa)_', '[0-9a-fA-F]{32}'],
  ['lin_api_|lin_oauth_', '[A-Za-z0-9]{32,64}'],
  ['secret_(?=[A-Za-z0-9]{43})|ntn_', '[A-Za-z0-9]{40,60}'],
  ['AT(?:ATT|CTT)3[A-Za-z0-9]', '[A-Za-z0-9_=-]{20,250}'],
  ['sntry[su]_', '[A-Za-z0-9_+/=-]{20,250}'],
  ['gl(?:c|sa)_', '[A-Za-z0-9_+/=]{20,250}'],
  [
    'NRAK-|PMAK-|pul-|sbp_|figd_|nfp_|CFPAT-|tskey-(?:auth-|api-)?|pscale_(?:tkn|pw)_|sq[pu]_|sq0[a-z]{3}-|HRKU-|bkua_|CCIPAT_|tfp_|aio_',
    '[A-Za-z0-9_-]{20,250}',
  ],
  ['AGE-SECRET-KEY-1', '[A-Z0-9]{58}'],
  // JSON web tokens
  ['eyJ', '[A-Za-z0-9_-]{8,8000}\\.[A-Za-z0-9_-]{4,16000}\\.[A-Za-z0-9_-]{8,4000}'],
];

const PATTERNS = TOKENS.map(([prefix, body]) => new RegExp(`(${prefix})${body}`, 'y'));
/** What tokens begin with whose prefix runs into their body. */
const GLUED = /A(?:KIA|SIA|GPA|ROA|IDA)|AIza|ya29|SK[0-9a-f]|AC[0-9a-f]|dapi|r8|AT(?:ATT|CTT)3|eyJ|sq0/y;
/** Telegram and Discord bots: no prefix. */
const TELEGRAM = /\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/y;
const DISCORD = /[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}(?![A-Za-z0-9_-])/y;

/** @param prefix What stands before the secret and is a part of it that tells nothing: the issuer's prefix, which stays. */
export function secretMatch(start: number, secret: string, prefix = ''): Match {
  return {
    start: start - prefix.length,
    end: start + secret.length,
    kind: 'secret',
    // What is escaped in JSON inside a text stays an escape.
    make: (key) =>
      prefix +
      secret
        .split(/(\\.)/s)
        .map((piece, i) => (i % 2 === 1 ? piece : drawLike(drawFor(key, 'secret', piece), piece)))
        .join(''),
  };
}

export const findTokens: Recogniser = (scan) => {
  const { text } = scan;
  const found: Match[] = [];
  let done = 0;
  const visit = (index: number): void => {
    // A token does not begin inside the last one, nor inside of a word.
    if (index < done || !beginsHere(text, index, '_')) return;
    for (const pattern of PATTERNS) {
      const match = scan.at(pattern, index);
      if (match === null) continue;
      const prefix = match[1] ?? '';
      const secret = match[0].slice(prefix.length);
      done = index + match[0].length;
      // Words joined by hyphens are names of things ("sk-learn-like-estimators"), not keys.
      if (
        (/\d/.test(secret) || prefix === 'AKIA' || prefix === 'ASIA') &&
        !/^[a-z]+(?:-[a-z0-9]{1,12})*$/.test(secret.slice(0, 40))
      )
        found.push(secretMatch(index + prefix.length, secret, prefix));
      return;
    }
  };
  for (const { start, cue } of scan.cues) if ((cue.families & CUE.token) !== 0) visit(start);
  done = 0;
  for (let i = 0; i < scan.mixed.length; i += 2) {
    const start = scan.mixed[i] ?? 0;
    if (scan.at(GLUED, start) !== null) visit(start);
  }
  for (let i = 0; i < scan.numbers.length; i += 2) {
    const start = scan.numbers[i] ?? 0;
    const width = (scan.numbers[i + 1] ?? 0) - start;
    if (width < 8 || width > 10 || text[start + width] !== ':') continue;
    const match = scan.at(TELEGRAM, start);
    if (match !== null) found.push(secretMatch(start, match[0]));
  }
  for (let i = 0; i < scan.mixed.length; i += 2) {
    const start = scan.mixed[i] ?? 0;
    if (!/[MNO]/.test(text[start] ?? '') || /[\w-]/.test(text[start - 1] ?? '')) continue;
    const match = scan.at(DISCORD, start);
    if (match !== null && match.index >= (found.at(-1)?.start ?? 0)) found.push(secretMatch(start, match[0]));
  }
  return found;
};
