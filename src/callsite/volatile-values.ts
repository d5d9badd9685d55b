/**
 * What differs between the prompts of one piece of code even where a recording shows one value only: the date and time
 * that a program writes into a prompt (without this a specialist would be lost on the day after), ids made for each
 * request, and addresses, which redaction replaces in what is stored but not in what is served.
 * Dates in seven languages. A date is volatile where a word like "today" stands before it, where weekday or time stand
 * beside it, or where it is within a month of the call: other dates, such as those in examples, stay constant.
 */

const MONTHS: readonly (readonly string[])[] = [
  [
    'jan',
    'januar',
    'january',
    'jänner',
    'janvier',
    'janv',
    'enero',
    'ene',
    'gennaio',
    'gen',
    'janeiro',
    'januari',
  ],
  ['feb', 'februar', 'february', 'février', 'févr', 'febrero', 'febbraio', 'fevereiro', 'fev', 'februari'],
  ['mar', 'march', 'märz', 'mär', 'mars', 'marzo', 'março', 'maart', 'mrt'],
  ['apr', 'april', 'avril', 'avr', 'abril', 'abr', 'aprile'],
  ['may', 'mai', 'mayo', 'maggio', 'mag', 'maio', 'mei'],
  ['jun', 'june', 'juni', 'juin', 'junio', 'giugno', 'giu', 'junho'],
  ['jul', 'july', 'juli', 'juillet', 'juil', 'julio', 'luglio', 'lug', 'julho'],
  ['aug', 'august', 'août', 'agosto', 'ago', 'augustus'],
  ['sep', 'sept', 'september', 'septembre', 'septiembre', 'settembre', 'set', 'setembro'],
  ['oct', 'okt', 'october', 'oktober', 'octobre', 'octubre', 'ottobre', 'ott', 'outubro', 'out'],
  ['nov', 'november', 'novembre', 'noviembre', 'novembro'],
  ['dec', 'dez', 'december', 'dezember', 'décembre', 'déc', 'diciembre', 'dic', 'dicembre', 'dezembro'],
];
const MONTH_OF = new Map(MONTHS.flatMap((names, month) => names.map((name) => [name, month] as const)));

const WEEKDAYS =
  'monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag';
const SHORT_WEEKDAYS =
  'mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|gio|sab|seg|ter|qua|qui|sex|ma|wo|vr|za|zo';

/** Words before a date or a time that say that it is the present one. */
const NOW =
  "today|date|time|timestamp|now|current|currently|as of|heute|heutige|datum|uhrzeit|zeit|jetzt|aktuell|aktuelle|aktuelles|stand|aujourd['’]hui|heure|maintenant|actuelle|actuel|nous sommes|hoy|fecha|hora|ahora|actual|oggi|data|ora|adesso|attuale|hoje|agora|atual|vandaag|tijd|nu|huidige";

const alternatives = (words: Iterable<string>): string =>
  [...words].sort((a, b) => b.length - a.length).join('|');
const MONTH = `(?<month>${alternatives(MONTH_OF.keys())})(?:\\.(?=[ -]))?`;
const YEAR = '(?<year>\\d{4})';
const DAY_OF_MONTH = '(?<day>\\d{1,2})';
/** Each form of a day, alone; names are made distinct below. */
const FORMS: readonly string[] = [
  '(?<year>\\d{4})[-/.](?<n2>\\d{1,2})[-/.](?<n1>\\d{1,2})',
  '(?<n1>\\d{1,2})[-/.](?<n2>\\d{1,2})[-/.](?<year>\\d{4}|\\d{2})',
  `(?<year>\\d{4})年(?<n2>\\d{1,2})月(?<n1>\\d{1,2})日`,
  `${DAY_OF_MONTH}(?:st|nd|rd|th|er|\\.|º)?(?: of| de| di|-)?[ -]?${MONTH}(?:(?:,? (?:de |del )?|-)${YEAR})?`,
  `${MONTH} ${DAY_OF_MONTH}(?:st|nd|rd|th)?(?:,? ${YEAR})?`,
];
const TIME =
  '(?:\\d{1,2}[:h]\\d{2}(?::\\d{2})?(?:[.,]\\d+)?(?: ?[ap]\\.?m\\.?| Uhr)?|\\d{1,2}(?:\\.\\d{2})? Uhr|\\d{1,2} ?[ap]\\.?m\\.?)(?: ?(?:Z|UTC|GMT|CES?T|[ECMP][SD]T)(?![\\p{L}])| ?(?:UTC|GMT)? ?[+-]\\d{2}:?\\d{2})?';
const BEFORE = '(?<![\\p{L}\\p{N}])';
const AFTER = '(?![\\p{L}\\p{N}])';
const day = FORMS.map((form, i) => form.replaceAll(/\(\?<(\w+)>/g, `(?<$1_${i}>`)).join('|');
const DATE = new RegExp(
  `${BEFORE}(?<weekday>(?:the |${WEEKDAYS}|(?:${SHORT_WEEKDAYS})\\.?)(?:,? ?(?:the |den |le |el |de )?))?(?:${day})(?<clock>(?:T|,? (?:at |um |à |a las |alle ore |alle |às |om |kl )?)${TIME})?${AFTER}`,
  'giu',
);
const NOW_BEFORE = new RegExp(`${BEFORE}(?:${NOW})${AFTER}[^\\n]{0,60}$`, 'iu');
const MOMENT = new RegExp(`${BEFORE}(?:${TIME}|(?:${WEEKDAYS})|\\d{10}(?:\\d{3})?)${AFTER}`, 'giu');
const ID = new RegExp(
  [
    '[\\da-f]{8}-[\\da-f]{4}-[\\da-f]{4}-[\\da-f]{4}-[\\da-f]{12}',
    // Made at random: long, of letters and digits alike.
    '(?=(?:[a-z]*\\d){3})(?=(?:\\d*[a-z]){3})[a-z\\d]{16,}',
  ]
    .map((form) => `(?<![\\p{L}\\p{N}])(?:${form})${AFTER}`)
    .join('|'),
  'giu',
);
const ADDRESS = new RegExp(
  [
    '[\\p{L}\\p{N}._%+\\-]{1,64}@[\\p{L}\\p{N}\\-]{1,63}(?:\\.[\\p{L}\\p{N}\\-]{1,63}){1,8}',
    '(?<![\\p{L}\\p{N}.])\\d{1,3}(?:\\.\\d{1,3}){3}(?![\\p{L}\\p{N}])',
    '(?<![\\p{L}\\p{N}])(?:\\+|00)\\d[\\d \\-\\/\\(\\)]{6,}\\d(?![\\p{L}\\p{N}])',
  ].join('|'),
  'giu',
);

/** A date this near to its call is the call's own. */
const NEAR_MS = 31 * 86_400_000;

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The text around the volatile values: one part more than there are of them.
 * @param at When a call with this text was made, epoch milliseconds; null where that is not known.
 * @example aroundVolatile('It is 2026-11-23 here.', Date.UTC(2026, 10, 23)) // ['It is ', ' here.']
 */
export function aroundVolatile(text: string, at: number | null = null): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const { start, end } of volatileSpans(text, at)) {
    parts.push(text.slice(from, start));
    from = end;
  }
  return [...parts, text.slice(from)];
}

/** Where they stand, in order, none within another. */
function volatileSpans(text: string, at: number | null): Span[] {
  const spans: Span[] = [];
  const isPresent = (start: number): boolean => NOW_BEFORE.test(text.slice(Math.max(0, start - 80), start));
  for (const match of text.matchAll(DATE)) {
    const { weekday = '', clock } = match.groups ?? {};
    const dated = /^the $/i.test(weekday) ? '' : weekday;
    if (dated !== '' || clock !== undefined || isPresent(match.index) || isNear(match.groups ?? {}, at))
      spans.push({ start: match.index, end: match.index + match[0].length });
  }
  for (const match of text.matchAll(MOMENT))
    if (isPresent(match.index)) spans.push({ start: match.index, end: match.index + match[0].length });
  for (const form of [ID, ADDRESS])
    for (const match of text.matchAll(form))
      spans.push({ start: match.index, end: match.index + match[0].length });
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const apart: Span[] = [];
  for (const span of spans) if (span.start >= (apart.at(-1)?.end ?? 0)) apart.push(span);
  return apart;
}

/** Whether the day that was matched is within a month of `at`, read in any order of day and month. */
function isNear(groups: Readonly<Record<string, string | undefined>>, at: number | null): boolean {
  if (at === null) return false;
  const of = (name: string): string | undefined =>
    FORMS.map((_, i) => groups[`${name}_${i}`]).find((value) => value !== undefined);
  const own = new Date(at).getUTCFullYear();
  const told = of('year');
  const years =
    told === undefined ? [own - 1, own, own + 1] : [Number(told) + (told.length === 2 ? 2000 : 0)];
  const name = of('month');
  const [n1, n2] = [Number(of('n1')), Number(of('n2'))];
  const days: readonly (readonly [number, number])[] =
    name === undefined
      ? [
          [n2 - 1, n1],
          [n1 - 1, n2],
        ]
      : [[MONTH_OF.get(name.toLowerCase()) ?? 0, Number(of('day'))]];
  return years.some((year) =>
    days.some(([month, date]) => Math.abs(Date.UTC(year, month, date, 12) - at) <= NEAR_MS),
  );
}
