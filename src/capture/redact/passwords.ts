/** Passwords, keys and PINs that words, URLs or commands announce. Values that look like words or code stay. */
import { CUE } from './cues.ts';
import type { Match, Recogniser } from './match.ts';
import { secretMatch } from './tokens.ts';

const PASSWORD =
  "(?:passw(?:or)?ds?|passphrase|passwort|passwörter|kennwort|mot de passe|contraseña|contrasena|clave(?: de acceso)?|senha|palavra[- ]passe|palabra clave|wachtwoord|toegangscode|parola(?: d['’]ordine| chiave)?|codice segreto|code secret|código secreto|código de acceso|pwd|passcode|pgpassword|mysql_pwd|zugangscode)";
const KEY =
  '(?:(?:(?:api|access|secret|private|auth|client|signing|encryption|account|service|shared|webhook|datadog|dd)[ _-]?){0,3}(?:key|token|secret)(?:[ _-]?id)?|apikey|accesskey|accountkey|sharedaccesskey|sharedaccesssignature|credentials?)';
const SIGN =
  '((?:[_-]?(?:hash|value|field)?)["\'*`]{0,3}\\s{0,3}(?::=|=>|[:=]|(?<!\\p{L})(?:is|was|ist|lautet|war|est|était|es|era|fue|è|é|foi|to)(?!\\p{L}):?)\\s{0,3}["\'*`“]{0,3})';
const VALUE = '([^\\s"\'`,;<>\\\\(){}[\\]“”]{4,500})';
const PASSWORD_ASSIGNED = new RegExp(`(${PASSWORD})${SIGN}${VALUE}`, 'iuy');
const KEY_ASSIGNED = new RegExp(`(${KEY})(?![A-Za-z])${SIGN}${VALUE}`, 'iuy');
const PIN =
  /(?:(?:PIN|CVV2?|CVC2?)(?:[ -]?(?:code|number|no\.?|nummer))?|(?:pin|cvv2?|cvc2?|otp|OTP|one[- ]time)[ -]?(?:code|number|password|nummer)?["']?[ ]?(?:is|:|=|ist|lautet))["']?[ ]?(?:is|:|=|ist|lautet)?[ ]{0,2}["']?(\d{3,8})(?!\d|[.,]\d|-\d)/y;

/** Words that stand where a password does, and are none. */
const ORDINARY =
  /^(?:must|should|required|requires?|optional|forgot(?:ten)?|reset|change[ds]?|changing|incorrect|correct|invalid|valid|wrong|missing|none|null|nil|empty|hidden|redacted|strings?|str|text|secret|password|passwort|your|yours|the|this|that|please|enter(?:ed)?|minimum|maximum|expired?|expires|protected|encrypted|hashed|too|not|only|very|never|also|about|what|when|where|which|case|sensitive|true|false|undefined|unknown|any|bool(?:ean)?|number|bytes?|int(?:eger)?|object|field|value|input|type|char|varchar|set|sent|stored|needed|safe|secure|weak|strong|same|different|here|there|below|above|being|been|blank|default|asked|accepted|rejected|correctly|falsch|richtig|vergessen|erforderlich|ungültig|gültig|abgelaufen|zurücksetzen|ändern|incorrecte?|oublié|invalide|requis|obligatoire|incorrecta|incorrecto|olvidada|inválida|errata|dimenticata|incorreta|esquecida|onjuist|vergeten|verplicht)$/i;

export const findPasswords: Recogniser = (scan) => {
  const { text } = scan;
  const found: Match[] = [];
  for (const { start, cue } of scan.cues) {
    if ((cue.families & CUE.secret) === 0) continue;
    const pin = /^(?:pin|cv|otp|one)/.test(cue.word) ? scan.at(PIN, start) : null;
    if (pin !== null) {
      const number = pin[1] ?? '';
      if (/\b(?:gpio|board|header|connector|drop|push)\b/i.test(text.slice(Math.max(0, start - 20), start)))
        continue;
      found.push(secretMatch(start + pin[0].length - number.length, number));
      continue;
    }
    const password = scan.at(PASSWORD_ASSIGNED, start);
    const match = password ?? scan.at(KEY_ASSIGNED, start);
    if (match === null) continue;
    const [whole, word = '', sign = '', written = ''] = match;
    const value = written.replace(/[.!?:*_]+$/, (end) => (end === '!' && password ? end : ''));
    const after = text.slice(start + whole.length, start + whole.length + 24);
    // A field of its own, as of JSON, or a line of an environment: PASSWORD=…
    const alone =
      (start === 0 && after === '' && sign === ': ') ||
      (sign === '=' && word === word.toUpperCase() && /^(?:$|\s)/.test(after));
    const ok = password ? isPassword(value, word, sign, after, alone) : isKey(value);
    if (ok) found.push(secretMatch(start + word.length + sign.length, value));
  }
  return found;
};

/** Mixed characters, or one word that only a password would stand there for. */
function isPassword(value: string, word: string, sign: string, after: string, alone: boolean): boolean {
  const bare = value.replace(/[!.?]+$/, '');
  if (
    value.length < 4 ||
    ORDINARY.test(bare) ||
    /^https?:|^[/~.]|^[*x•.]+$|^[$%]\w|^\{|^(?:\w+\.)+[a-z]/i.test(value)
  )
    return false;
  // A call, a path or another piece of code.
  if (
    /^\s{0,2}[([{]/.test(after) ||
    /^(?:process|os|config|self|this|env|req|request|user|data|args)\b/.test(value)
  )
    return false;
  const letters = /\p{L}/u.test(value);
  if (/\d/.test(value))
    return letters
      ? !isIdentifier(value)
      : /pass|pwd|kenn|senha|clave|mot|contr|wacht/i.test(word) &&
          value.length >= 5 &&
          /^\d+$/.test(value) &&
          !/^(?:19|20)\d\d$/.test(value);
  if (!letters) return false;
  if (value.length >= 8 && isDrawn(value)) return true;
  if (/[!@#$%^&*?+~]/.test(value)) return !/^[@#]/.test(value);
  // Letters alone: after a capitalised label in prose, or after "is" where the sentence ends.
  const ends =
    /^\s*(?:$|\n|[.!?](?:\s|$)|["'“”*`])|^\s+(?:and|und|et|y|e|en|PIN|but|for|on)\b/.test(after) ||
    /[.!?]$/.test(value);
  if (!ends || value.length < 5) return false;
  if (alone) return true;
  return /:\s/.test(sign)
    ? /^\p{Lu}/u.test(word) || sign.includes('`')
    : /(?:i?s|was|est|[èé])\s{1,3}["'“]$/.test(sign);
}

/** Names of variables with numbers in them: user_password_2, PASSWORD_V2, password1Field. */
const isIdentifier = (value: string): boolean =>
  /^[a-z]+(?:[_-][a-z]+)*(?:[_-]v?\d{1,2}(?:[_-][a-z]+)*)$/i.test(value) ||
  /^[A-Z]+(?:_[A-Z0-9]+)+$/.test(value);

/** A stretch without separators that mixes letters and digits, long and varied enough. */
function isKey(value: string): boolean {
  if (/^https?:/i.test(value) || !/[A-Za-z]/.test(value) || !/\d/.test(value)) return false;
  if (value.length < 16) return value.length >= 10 && isDrawn(value);
  if (
    !value.split(/[_.\-:]/).some((piece) => piece.length >= 10 && /\d/.test(piece) && /[A-Za-z]/.test(piece))
  )
    return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value);
  return entropy(value.slice(0, 200)) >= 3;
}

/** Whether capitals, small letters and digits change as often as where they are drawn: no word, and no name of camels. */
const isDrawn = (value: string): boolean =>
  /^[A-Za-z0-9]+$/.test(value) &&
  /[A-Z]/.test(value) &&
  !CAMEL.test(value) &&
  !/[a-z]{6}|[A-Z]{6}/.test(value) &&
  (value.match(/[A-Z]+|[a-z]+|\d+/g) ?? []).length >= value.length * 0.42;

const CAMEL = /^[a-z]*(?:[A-Z][a-z]{2,}|[A-Z]{1,3}(?=\d|$)|\d+(?!\d))*$/;

/** Shannon entropy of the characters, bits each. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** What comes after "://": user and password before the host. */
const URL_PASSWORD = /[^\s:@/"'<>]{0,64}:([^\s@/"'<>\\]{3,128})(?=@[\w[.-])/y;
/** Sentry's addresses have a key for the user. */
const URL_KEY = /([0-9a-f]{32})(?=@[\w.-]{1,80}\/\d)/y;
const URL_QUERY =
  /[?&](?:access_token|token|api_?key|apikey|key|sig|signature|password|secret|auth|code|client_secret|x-amz-signature|x-amz-credential)=([^\s&"'<>#\\]{12,2000})/iy;

export const findUrlSecrets: Recogniser = (scan) => {
  const found: Match[] = [];
  for (const at of scan.schemes) {
    const match = scan.at(URL_PASSWORD, at + 3) ?? scan.at(URL_KEY, at + 3);
    const secret = match?.[1] ?? '';
    if (match === null || /^[$%{<]|^\*+$|^(?:password|pass|pwd|secret)$/i.test(secret)) continue;
    found.push(secretMatch(match.index + match[0].length - secret.length, secret));
  }
  for (const sign of scan.queries) {
    const match = scan.at(URL_QUERY, sign);
    const secret = match?.[1] ?? '';
    if (match === null || !/\d/.test(secret) || !/[A-Za-z]/.test(secret)) continue;
    found.push(secretMatch(match.index + match[0].length - secret.length, secret));
  }
  return found;
};

const OPTION =
  /(?<![\w-])--(?:password|passwd|pass|pwd|token|secret|api-?key|auth-token|access-token)(?:=|[ ])["']?([^\s"'\\-][^\s"'\\]{2,200})/y;
const MYSQL = /[^\n|;&]{0,200}? -p["']?([^\s"'\\]{3,64})/y;
const CURL = /[^\n|;]{0,300}? (?:-u|--user)[ =]?["']?[^\s:"'\\]{1,64}:([^\s"'\\]{2,128})/y;
const SSHPASS = /[ ]+-p[ ]?["']?([^\s"'\\]{2,64})/y;

export const findCommandSecrets: Recogniser = (scan) => {
  const found: Match[] = [];
  const add = (match: RegExpExecArray | null): void => {
    const secret = match?.[1] ?? '';
    if (match === null || /^[$<{%]|^\*+$|^(?:password|yourpassword|your_password)$/i.test(secret)) return;
    found.push(secretMatch(match.index + match[0].length - secret.length, secret));
  };
  for (const at of scan.dashes) add(scan.at(OPTION, at));
  let done = 0;
  for (const { start, end, cue } of scan.cues) {
    if ((cue.families & CUE.command) === 0 || start < done) continue;
    const pattern =
      cue.word === 'curl' || cue.word === 'wget'
        ? CURL
        : cue.word === 'sshpass'
          ? SSHPASS
          : cue.word.startsWith('mysql')
            ? MYSQL
            : null;
    if (pattern === null) continue;
    const match = scan.at(pattern, end);
    scan.steps += 300;
    add(match);
    if (match !== null) done = match.index + match[0].length;
  }
  return found;
};
