/**
 * User names that a word announces and whose look shows them ("login mia_brandt84", "user: mia.brandt"), and those of
 * log lines ("audit: user mbrandt at 10:20"). Names after an unmistakable label ("username:", "@") are of announced.ts.
 */
import { handleSurrogate, isHandle } from './context.ts';
import { CUE } from './cues.ts';
import type { Match, Recogniser } from './match.ts';
import type { Scan } from './scan.ts';

/** Small letters and digits, in one or two parts. A capital leads no handle of this look: "User 12" and "User John" are none. */
const LOOK = '[a-z]{2,20}(?:[._-][a-z]{2,20}){0,2}[._-]?\\d{0,4}';
/** What may stand between the word and the name; the sign tells a field from running text. */
const BETWEEN =
  "(?:[ _-]?(?:name|id|account))?(?: (?:de |d['’]|di )?(?:usuario|utilisateur|utente|utilizador|usuário|connexion|acceso|acesso))?[\"'*`)]{0,3}(?:[ ]?[:=][ ]{0,2}|[ ]\\|[ ]|[ ](?:is|was|ist|war|lautet|est|était|es|era|è|é)(?!\\p{L})[ ]{0,2}|[ ])\\(?[\"'*`“]{0,2}";
const NAMED = new RegExp(`(${BETWEEN})(${LOOK})(?![\\p{L}\\p{N}_/@:=([<-]|\\.\\p{L}|[ ]?=[^=]|\\()`, 'uy');

/** First parts of paths through objects: form.user is code. */
const CODE =
  /^(?:form|config|conf|cfg|req|request|res|response|data|this|self|user|users|props|state|options|opts|params|param|args|process|os|env|settings|session|sessions|current|body|event|payload|row|item|input|result|ctx|context|auth|account|accounts|client|server|app|api|db|model|models|entity|record|message|msg|node|document|window|json|yaml|file|test|tests|store|repo|http|https|www|mail|e|x|get|set|is|has|to|from|my|the|new|old|default|admin|root|guest|demo|example|dev|bot|service|system|host|worker|web|postgres|mysql|redis|key|id|token|version|v|var|let|const|type|error|code|page|screen|button|field|value|name|number|phase|step|level|line|table|column|index|list|array|object|string|int|float|uint|sha|md|utf|ipv|log|logs|local|localhost|backend|frontend|gateway|proxy|prod|staging|stage|group|team|role|foo|bar|baz|abc|xyz|order|item)$/;

/** As they stand in a line of a log: after the level or the program, and before a place, a time or what was done. */
const LOGGED =
  /[ ]"?([a-z][a-z-]{3,24})"?[ ](?:(?:logged|signed)[ -](?:in|out|on)|(?:at|from|on|via)[ ](?:[\d[]|\w{0,12}[\d-])|authenticated|locked out|opened a session|changed (?:the|its|his|her)|(?:was|has been) (?:locked|disabled|created|deleted))/y;
const PREFIX = /(?:^|[\n\]:)|>-]|INFO|WARN|WARNING|ERROR|DEBUG|NOTICE)[ \t]{0,3}$/;

export const findUsernames: Recogniser = (scan) => {
  const { text } = scan;
  const found: Match[] = [];
  let done = 0;
  const add = (start: number, handle: string): void => {
    done = start + handle.length;
    found.push({ start, end: done, kind: 'username', make: (key) => handleSurrogate(handle, key) });
  };
  for (const { start, end, cue } of scan.cues) {
    if ((cue.families & CUE.username) === 0 || start < done) continue;
    const match = scan.at(NAMED, end);
    if (match !== null) {
      const [whole, between = '', handle = ''] = match;
      const next = text[end + whole.length];
      if (
        between !== '' &&
        isHandle(handle) &&
        (showsAsHandle(handle, between, next) || isField(scan, start, handle, between, next))
      ) {
        add(end + between.length, handle);
        continue;
      }
    }
    if (
      !/^(?:user|account|login)$/.test(cue.word) ||
      !PREFIX.test(text.slice(Math.max(0, start - 10), start))
    )
      continue;
    const logged = scan.at(LOGGED, end);
    const handle = logged?.[1] ?? '';
    if (logged !== null && isHandle(handle) && !isWord(handle)) add(end + logged[0].indexOf(handle), handle);
  }
  return found;
};

/** Letters with digits at their end, or two parts of which the first is no object of a program. */
function showsAsHandle(handle: string, between: string, next = ''): boolean {
  const parts = handle.replace(/[._-]?\d+$/, '').split(/[._-]/);
  if (parts.some((part) => part.length < 2) || parts.every((part) => CODE.test(part))) return false;
  if (CODE.test(parts[0] ?? '')) return false;
  if (/\d$/.test(handle)) return (parts[0] ?? '').length > 2 || parts.length > 1;
  // Without digits, words with hyphens or underscores are names of things; with a dot, what ends there may be a person's.
  if (
    parts.length !== 2 ||
    !handle.includes('.') ||
    /^(?:id|name|user|login|email|com|net|org|io|dev|de|js|ts|py|json|md|txt|html|php|go|rs|java|yaml|yml|css|sh|log)$/.test(
      parts[1] ?? '',
    )
  )
    return false;
  if (between.endsWith('=')) return /^(?:|[\s&])$/.test(next);
  return /[:|"'`]/.test(between) ? /^(?:|[\s"'`|.])$/.test(next) : /^(?:|[\s,;.!?"'`)])$/.test(next);
}

/**
 * One word in small letters, as what a field is: a parameter of a URL, a field of JSON (which the text is then all of), a
 * label in the middle of a line (at its start it says who speaks), or after "the user name is" where the clause ends.
 */
function isField({ text }: Scan, start: number, handle: string, between: string, next = ''): boolean {
  if (!/^[a-z]{4,}$/.test(handle) || CODE.test(handle) || isWord(handle) || SAID.test(handle)) return false;
  const before = text[start - 1] ?? '';
  const word = /^\p{L}+/u.exec(text.slice(start, start + 16))?.[0] ?? '';
  if (/^[?&]$/.test(before)) return between === '=' && /^(?:|[\s&"'#])$/.test(next);
  if (start === 0)
    return between === ': ' && next === '' && /^(?:user|username|login|usuario|utente)$/.test(word);
  if (!/^(?:|[\s,;.!?"'`)&])$/.test(next)) return false;
  if (/[:|]/.test(between))
    return /[^\s\d][,;(|–-] ?$/.test(text.slice(Math.max(0, start - 3), start)) && /^(?:|[.\n;])$/.test(next);
  return (
    /(?:^|[ _-])?(?:name|usuario|usuário|utilisateur|utilizador|utente|naam)["'*`)]{0,3} (?:is|was|ist|war|lautet|est|était|es|era|è|é) ["'*`“]{0,2}$/i.test(
      text.slice(start, start + word.length) + between,
    ) && !ADJECTIVE.test(handle)
  );
}

const SAID =
  /^(?:hello|hallo|hola|ciao|hey|thanks|thank|danke|gracias|grazie|merci|obrigad[oa]|bedankt|please|bitte|help|bonjour|salut|okay|sure|hoi|customer|cliente|client|kunde|klant|bonjour|buongiorno|buenas|yes|nein|oui|genau|support|agent|anonymous|everyone|nobody|someone|anyone)$/;
/** "The user name is required": what it is said to be, in seven languages. */
const ADJECTIVE =
  /(?:ive|ant|ent|ique|ary|ory|orio|oria|oire|lich|bar|isch|ado|ada|ato|ata|ido|ida|uto|uta|tto|tta|voll|los|ig|ijk|eerd)$|^(?:empty|blank|short|long|wrong|right|free|taken|mine|case|leer|frei|kurz|lang|falsch|belegt|vergeben|vide|libre|court|faux|pris|vac[ií]o|corto|nuevo|único|vuoto|libero|nuovo|unico|vazio|livre|curto|novo|leeg|vrij|kort|nieuw|fout|bezet|uniek|weak|shown|given|known|below|above|there|here|also|still|often|usually|your|mein|dein|mijn|jouw|siempre|sempre|toujours|immer|altijd|hier|unten|oben|aquí)$/;

/** What stands after "user" in the lines of programs, and is done or seen by one. */
const isWord = (word: string): boolean =>
  /(?:ed|ing|ion|ment|face|ity|ance|ence|able|ible)$/.test(word) ||
  /^(?:agent|space|input|data|list|profile|group|role|name|error|code|table|model|story|guide|query|mode|type|case|flow|base|test|tests|limit|limits|count|state|file|files|time|rate|page|task|tasks|work|does|with|must|will|have|that|this|then|than|when|from|only|also|land|level|exit|stop|call|sets|gets|said|says|sent|sees|goes|went|came|comes|asks|root|admin|guest|login|logins|logout|sync|cache|thread|traffic|report|request|requests|session|sessions|script|service|process|home|host|unit|slice|journal|manual|menu|view|views|form|forms|key|keys|token|tokens|event|events|activity|setup|update|updates|lookup|quota|pool|pools|config)$/.test(
    word,
  );
