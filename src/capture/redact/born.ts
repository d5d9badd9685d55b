/** Dates of birth and ages of people, after or before the words that say so. Ages of things stay. */
import { CUE } from './cues.ts';
import { DATE_SOURCE, dateSurrogate } from './dates.ts';
import { drawFor } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { isFirstName } from './name-lists.ts';
import type { Scan } from './scan.ts';

/** Between "born" or "date of birth" and the date. Bounded. */
const BORN = new RegExp(
  `(?:\\(e\\)|\\(a\\)|/a|\\.)?(?:[ _-](?:date|day|data|dag|year|datum))?["'*\`)]{0,3}[ \\t]{0,3}(?:[:=|–-]|is|was|ist|war|est|es|è|é)?\\s{0,3}["'*\`(]{0,2}(?:(?:on|in|at|am|im|the|le|el|il|em|op|de|den|a|on the|en|the|:)[ ]){0,3}(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?(${DATE_SOURCE})(?![\\p{L}\\p{N}]|[-/.]\\d)`,
  'iuy',
);
/** "What is your date of birth?" on one line, and the date on the next, perhaps after who says it. */
const BORN_ANSWER = new RegExp(
  `[^\\n?]{0,32}\\?["'”»]?[ \\t]{0,3}(?:\\r?\\n|\\\\n)\\s{0,3}(?:[*_]{0,2}\\p{L}[\\p{L}\\p{N} .'’_-]{0,24}[*_]{0,2}[ ]?[:>][*_]{0,2}[ ]{0,2})?(?:(?:it['’]?s|it is|on|on the|born|am|le|el|il|em|op|the|es ist der) ){0,2}(${DATE_SOURCE})(?![\\p{L}\\p{N}]|[-/.]\\d)`,
  'iuy',
);
/** "born in Berlin on 3 May 1980": a place first. */
const BORN_IN = new RegExp(
  `(?:\\(e\\)|e|a)?,? (?:in|at|à|en|em|a|zu|te) (?:\\p{Lu}[\\p{L}'’-]{1,20},? ){1,3}(?:on|am|le|el|il|em|op|the|, )?[ ]?(?:the )?(${DATE_SOURCE})(?![\\p{L}\\p{N}]|[-/.]\\d)`,
  'uy',
);
/** What a thing may be as well, needs "date of" before it. */
const NEEDS_DATE = /^(?:birth|naissance|nascita|nascimento|nacimiento|geburt|geboorte)$/;
/** Words after which "née" or "nato" is no birth. */
const NOT_BORN = /^(?:nee|nato|nata|geb|née)$/;

const HUMAN =
  'man|woman|boy|girl|male|female|guy|lady|gentleman|patient|person|child|kid|son|daughter|mother|father|mom|mum|dad|husband|wife|brother|sister|student|teacher|driver|resident|victim|applicant|customer|client|user|adult|teenager|baby|infant|toddler|employee|engineer|nurse|doctor|player|friend|partner|grandmother|grandfather|nephew|niece|passenger|m|f|frau|mann|junge|mädchen|kind|sohn|tochter|patientin|mutter|vater|bruder|schwester|rentner|rentnerin|fahrer|fahrerin|jongen|meisje|vrouw';
const N = '(\\d{1,3})';
const AGE = `(?:[1-9]\\d?|1[01]\\d)`;
/** From the number on, where a person is named just before or after. */
const YEARS_OLD = new RegExp(
  `${AGE}(?=(?:[ -]?years?[ -]?old|[ -]?yrs?[ -]?old|[ ]?y/?o|[ ]?yo|[- ]jähriger?|[- ]jährige[ns]?|[ ]Jahre alt|[ ]Jahren alt|[ ]jaar oud|[- ]jarige?)(?![\\p{L}]))`,
  'iuy',
);
const AFTER = new RegExp(`^[^\\n.!?]{0,16}[ -](?:\\p{L}+ ){0,2}(?:${HUMAN})(?![\\p{L}])`, 'iu');
const BEFORE = new RegExp(
  `(?:(?<!\\p{L})(?:[Ii]|[Hh]e|[Ss]he|[Ww]ho|[Ww]e)(?:['’]m|['’]s| am| is| was| turned| will be| are)|(?<!\\p{L})(?i:${HUMAN})(?: is| was|,| \\(| who is| aged|:|s are)|(?<!\\p{L})(?i:ich bin|er ist|sie ist|ik ben|hij is|zij is|ze is)|\\p{Lu}\\p{L}+ \\p{Lu}\\p{L}+(?:,| \\(| is| was| ist)|[:(|,])[ ]{0,2}(?:now |only |about |just |currently |a |an |the |almost |nearly |over )?$`,
  'u',
);
const THINGS =
  /^[^\n.!?]{0,24}(?:whisk|scotch|malt|bourbon|rum|wine|port\b|cheese|building|house|car\b|code|laptop|account|company|machine|phone|software|computer|system|model|server|tree|record|file|bug|issue|version|tradition|business)/i;

/** After a word: "aged 34", "Alter: 34", "tengo 34 años". The word's own pattern begins at its end. */
const AGED = new RegExp(
  `(?:["'*\`]{0,3}[ ]?:[ ]?["']?|[ ](?:is |of |de |von |van |da )?)${N}(?!\\d|[.,]\\d|[ -]?(?:%|months?|days?|weeks?|hours?|minutes?|seconds?|min|ms|s\\b)|[ -]years?(?! old| of age))`,
  'iuy',
);
export const findBirths: Recogniser = (scan) => {
  const { text, cues } = scan;
  const found: Match[] = [];
  for (const { start, end, cue } of cues) {
    if ((cue.families & CUE.born) === 0) continue;
    const answer = scan.at(BORN_ANSWER, end);
    const match = answer ?? scan.at(BORN, end) ?? scan.at(BORN_IN, end);
    const date = match?.[1] ?? '';
    if (match === null || date === '') continue;
    const yearAlone = /^\d{4}$/.test(date);
    if (yearAlone && answer !== null) continue;
    if (yearAlone && !/born|geboren|né|née|nacid|nascid|nato|nata|year|jahr|birth|dob/i.test(cue.word))
      continue;
    if (NOT_BORN.test(cue.word) && !/\d{4}|\d[./-]\d/.test(date)) continue;
    if (NEEDS_DATE.test(cue.word) && !isBirthDate(text.slice(Math.max(0, start - 16), end + 8))) continue;
    const from = match.index + match[0].length - date.length;
    const trimmed = date.replace(/[ ,.-]+$/, '');
    found.push({
      start: from,
      end: from + trimmed.length,
      kind: 'birth-date',
      make: (key) => dateSurrogate(trimmed, key),
    });
  }
  return found;
};

const isBirthDate = (around: string): boolean =>
  /date|data|fecha|datum|jour|day|year|año|ano|anno|d['’]?o['’]?b/i.test(around);

export const findAges: Recogniser = (scan) => {
  const { text, cues, numbers } = scan;
  const found: Match[] = [];
  const add = (start: number, age: string): void => {
    if (Number(age) > 0 && Number(age) < 120)
      found.push({ start, end: start + age.length, kind: 'age', make: (key) => ageSurrogate(age, key) });
  };
  if (!cues.some(({ cue }) => (cue.families & CUE.age) !== 0)) return found;
  for (const { end, cue } of cues) {
    if (!/^(?:aged?|alter|edad|età|idade|leeftijd|âge)$/.test(cue.word)) continue;
    const match = scan.at(AGED, end);
    const age = match?.[1] ?? '';
    if (match === null || !isAgeOfPerson(text, end, cue.word, match[0])) continue;
    add(match.index + match[0].length - age.length, age);
  }
  for (let i = 0; i < numbers.length; i += 2) {
    const start = numbers[i] ?? 0;
    const end = numbers[i + 1] ?? 0;
    if (end - start > 3) continue;
    const age = text.slice(start, end);
    if (
      yearsOld(scan, start, end) ||
      romance(scan, start) ||
      ofAge(text, start, end) ||
      apposition(text, start, end) ||
      turned(text, start, end)
    )
      add(start, age);
  }
  return found;
};

/** "age: 34" on its own, "aged 34"; not "max age: 34", "the age of 18". */
function isAgeOfPerson(text: string, end: number, word: string, after: string): boolean {
  const before = text.slice(Math.max(0, end - word.length - 24), end - word.length);
  if (
    /(?:max|min|cache|average|mean|minimum|maximum|legal|account|under|over|the|drinking|retirement)[ _-]{1,2}$/i.test(
      before,
    )
  )
    return false;
  if (word === 'aged') return !THINGS.test(text.slice(end + after.length, end + after.length + 40));
  if (/[:=]/.test(after)) return /(?:^|[\n,;({|."'])[ \t]{0,4}(?:\p{L}+['’]?s? )?["']?$/u.test(before);
  return word !== 'age' || /(?:^|[\n,;(])[ ]?$/.test(before);
}

function yearsOld(scan: Scan, start: number, end: number): boolean {
  const { text } = scan;
  const next = text.charCodeAt(end);
  // A space, a hyphen, or a letter of "34yo", which is another kind of run.
  if (next !== 32 && next !== 45) return false;
  if (/[\w.,$€£/-]/.test(text[start - 1] ?? '')) return false;
  if (scan.at(YEARS_OLD, start) === null) return false;
  const after = text.slice(end, end + 48);
  if (THINGS.test(after)) return false;
  return BEFORE.test(text.slice(Math.max(0, start - 40), start)) || AFTER.test(after);
}

function romance(scan: Scan, start: number): boolean {
  const { text } = scan;
  const window = text.slice(Math.max(0, start - 14), start);
  const lead =
    /(?<![\p{L}])(?:j['’]ai|il a|elle a|avoir|ses|âgée?s? de|tengo|tiene|tenía|cumpl(?:o|e|í|ió|ir|irá)|mis|sus|tenho|tem|tinha|faço|faz|fez|fazer|fará|ho|ha|aveva|compi(?:o|e|rà|uto|ere)|compirà|edad:?|de edad) $/iu.exec(
      window,
    );
  if (lead === null) return false;
  return scan.at(/\d{1,3} (?:ans|años|anos|anni)(?![\p{L}])/iuy, start) !== null;
}

/** "I just turned 59", "when he was 26", "ich werde 40", where the sentence ends or pauses, or says when. */
const turned = (text: string, start: number, end: number): boolean =>
  /^(?:$|[,;!?)]|\.(?!\d)|\n| (?:next|this|in|on|tomorrow|today|soon|last|and|now|im|am|und|en|y|e|et)(?!\p{L}))/u.test(
    text.slice(end, end + 10),
  ) && TURNED.test(text.slice(Math.max(0, start - 40), start));

const TURNED =
  /(?<!\p{L})(?:turn(?:ed|s|ing)|when (?:I|i|he|she) (?:was|were)|(?:I|i|[Hh]e|[Ss]he|[Tt]hey|[Ww]ho)(?:['’]ll| will|['’]d| would|['’](?:m|s|re) (?:about|going) to|(?: am| is| are) (?:about|going) to|(?: just)?) ?(?:soon |just )?turn|will (?:soon )?turn|(?:[Ii]ch|[Ee]r|[Ss]ie|[Ww]er|[Mm]utter|[Vv]ater|[Bb]ruder|[Ss]chwester|[Ss]ohn|[Tt]ochter|[Oo]ma|[Oo]pa|[Ff]rau|[Mm]ann) (?:werde|wird|wurde)(?: im \p{L}{3,9}| bald| gerade| nun| heute| morgen| am \p{L}{3,12})?|(?:[Ii]k|[Hh]ij|[Zz]ij|[Zz]e|moeder|vader|broer|zus|zoon|dochter|oma|opa) (?:word|wordt|werd)(?: in \p{L}{3,9}| morgen| vandaag| binnenkort)?|(?<!\p{L})cumpl(?:o|e|í|ió|irá|ir)) (?:only |just |erst |schon |al |ya )?$/u;

const HUMAN_OF =
  'man|woman|boy|girl|child|patient|mann|frau|junge|mädchen|kind|patientin|rentner|rentnerin|homme|femme|garçon|fille|enfant|patiente|dame|hombre|mujer|var[oó]n|niñ[oa]|paciente|señora?|chic[oa]|joven|ancian[oa]|uomo|donna|paziente|ragazz[oa]|bambin[oa]|signora?|homem|mulher|doente|utente|menin[oa]|rapaz|rapariga|senhora?|idos[oa]|vrouw|jongen|meisje|patiënte?|mevrouw|meneer|person|personne|persona|pessoa|persoon';
const OF_AGE = new RegExp(
  `(?<!\\p{L})(?:${HUMAN_OF}),?(?: (?!mayor|menor|maggior|minor|maior|over|under|über|unter|ouder|jonger)\\p{L}{3,14})? (?:de|di|von|van|of) $`,
  'iu',
);
const NAME_OF_AGE = /\p{Lu}[\p{L}'’-]{1,24}, (?:de|di|van|von) $/u;
/** "un hombre de 38 años", "Ana García, de 38 años, …", "ein Mann von 38 Jahren": of a person, not of a wine. */
function ofAge(text: string, start: number, end: number): boolean {
  const unit =
    /^(?: (?:ans|años|anni|anos|jahren|jaar|years)(?!\p{L})(,|\)|\.)?)|^(?:[,.;)]| (?:came|was|is|who|called|parked|had|and|with)(?!\p{L}))/iu.exec(
      text.slice(end, end + 12),
    );
  if (unit === null) return false;
  const before = text.slice(Math.max(0, start - 48), start);
  // Between commas after a name, or after any word where nothing has a capital, the years have to be said.
  const apart =
    NAME_OF_AGE.test(before) ||
    (/\p{Ll}{2}, (?:de|di|van) $/u.test(before) && before === before.toLowerCase());
  if (unit[1] === ',' && apart) return true;
  if (!OF_AGE.test(before)) return false;
  return /^ /.test(unit[0]) || /(?:man|woman|mann|frau|boy|girl) (?:of|von) $/i.test(before);
}

const NAMED =
  /(?:\p{Lu}[\p{L}'’.-]{0,24} (?:(?:de|van|von|den|der|el|di|da|le|la) ){0,2}\p{Lu}[\p{L}'’-]{1,24}|(?<!\p{L})(?:[Pp]ati[eë]nt(?:in|e)?|[Pp]a[cz]iente) \p{L}[^\n.,]{2,40})(?:, | \()(?:de |di |von |van )?$/u;

/** "Mia Brandt, 34 Jahre, …": after a name, between commas or in brackets. */
function apposition(text: string, start: number, end: number): boolean {
  const after = /^(?: (?:Jahre|years|ans|años|anni|anos|jaar) ?[,.;:)]|\))/.exec(
    text.slice(end, end + 10),
  )?.[0];
  if (after === undefined) return false;
  const named = NAMED.exec(text.slice(Math.max(0, start - 60), start));
  // "Open Issues (23)" is no person: without a unit, a common first name has to lead.
  return named !== null && (after !== ')' || isFirstName(/^\p{L}+/u.exec(named[0])?.[0] ?? ''));
}

function ageSurrogate(age: string, key: Uint8Array): string {
  const draw = drawFor(key, 'age', age);
  const shift = 1 + draw.below(3);
  const made = Number(age) + (draw.below(2) === 0 ? shift : -shift);
  return String(Math.max(1, made));
}

/** Another age near the one in the text: "34 years old" stays a phrase of the same words. */
export const ageIn = (text: string, key: Uint8Array): string =>
  text.replace(/\d{1,3}/, (age) => ageSurrogate(age, key));
