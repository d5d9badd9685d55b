/** The positions in which names obviously stand, as patterns. Data only; names.ts reads it. */

/** One word of a name; in running text its first letter is a capital. */
const WORD = "\\p{Lu}[\\p{L}'’-]{1,24}";
const WORDS = `${WORD}(?:[ ]${WORD}|[ ]\\p{Lu}\\.|[ ](?:van|von|de|der|den|del|da|di|la|bin|el)(?=[ ])){0,3}`;
const ANY_CASE = "\\p{L}[\\p{L}'’-]{1,24}(?:[ ]\\p{L}[\\p{L}'’-]{1,24})?";
/** A line end, also as it is written inside JSON text. */
const LINE = '(?:\\r?\\n|\\\\n)';

export type Evidence = 'strong' | 'weak' | 'label';

interface Position {
  /** The words that the pattern can begin with. */
  readonly begins: string;
  /** Group 1 is what may be a name. Sticky: tried only where one of its first words stands. */
  readonly pattern: RegExp;
  /** strong: the position is enough. weak: a known first name has to lead. label: as weak, and no place alone. */
  readonly evidence: Evidence;
}

const AT_START = `(?<=(?:^|[\\n.!?"“]|\\\\n)[ \\t]{0,8})`;
const CLOSING =
  '(?:(?:best|kind|warm|many|with|kindest|warmest)[ ])?(?:regards|wishes)|best|sincerely(?: yours)?|yours(?: (?:truly|sincerely|faithfully))?|thanks(?: (?:a lot|again|so much|in advance))?|thank you(?: (?:very much|so much|in advance))?|many thanks|cheers|love|take care|(?:mit )?(?:freundlichen|besten|lieben|vielen) gr(?:ü|ue)(?:ß|ss)en|(?:viele|liebe|beste|freundliche|herzliche|sch(?:ö|oe)ne) gr(?:ü|ue)(?:ß|ss)e|gru(?:ß|ss)|mfg|lg|vg|danke|vielen dank|cordialement|bien à vous|merci|saludos|un saludo|gracias|atentamente|cordiali saluti|grazie|groetjes|met vriendelijke groet';
const CLOSING_BEGINS =
  'best kind warm many with kindest warmest regards wishes sincerely yours thanks thank cheers love take mit freundlichen besten lieben vielen viele liebe beste freundliche herzliche schöne schoene gruß gruss mfg lg vg danke cordialement bien merci saludos un gracias atentamente cordiali grazie groetjes met';
/** Both cases of first letters, for patterns in which capitals matter. */
const eitherCase = (source: string): string =>
  source.replace(/(?<![\p{L}\\])\p{Ll}/gu, (letter) => `[${letter.toUpperCase()}${letter}]`);

export const POSITIONS: readonly Position[] = [
  {
    // Dear Anna Schmidt,
    begins:
      'dear hi hello hey hiya hallo liebe lieber sehr bonjour bonsoir hola ciao cher chère estimado estimada caro cara querido querida olá ola beste geachte good guten moin gentile prezado prezada',
    pattern: new RegExp(
      `(?:DEAR|HI|HELLO|${eitherCase('dear|hi|hello|hey|hiya|hallo|lieber?|sehr geehrter?|bonjour|bonsoir|hola|ciao|cher|chère|estimado|estimada|caro|cara|querido|querida|olá|ola|beste|geachte|gentile|prezado|prezada|guten (?:tag|morgen|abend)|moin')}|[Gg]ood (?:morning|afternoon|evening|day)),?[ ](?:(?:Mr|Mrs|Ms|Mx|Dr|Prof|Herrn?|Frau|Monsieur|Madame|Mme|Sr|Sra|Señora?|Signora?|Sig|Senhora?|heer|mevrouw)\\.?[ ])?(${WORDS})(?=[ ]?(?:[,!.:;–—-]|${LINE}|$))`,
      'dyu',
    ),
    evidence: 'strong',
  },
  {
    // Hi Anna can you …
    begins: 'dear hi hello hey hallo liebe lieber hola bonjour thanks thank ciao olá hoi danke merci gracias',
    pattern: new RegExp(
      `(?:dear|hi|hello|hey|hallo|lieber?|hola|bonjour|thanks|thank you|ciao|olá|hoi|danke|merci|gracias),?[ ](${ANY_CASE})`,
      'diyu',
    ),
    evidence: 'weak',
  },
  {
    // Mrs. Schmidt
    begins:
      'mr mrs ms mx dr prof herr herrn frau mme monsieur madame señor señora senhor senhora signor signora dhr mevr mevrouw',
    pattern: new RegExp(
      `(?:Mr|Mrs|Ms|Mx|Dr|Prof|Herrn?|Frau|Mme|Monsieur|Madame|Señora?|Senhora?|Signora?|Dhr|Mevr|Mevrouw)(?:\\.[ ]?|[ ])(?:Dr\\.[ ])?(${WORDS})`,
      'dyu',
    ),
    evidence: 'strong',
  },
  {
    begins: 'my mein ich je me mi meu il ik mijn chamo',
    pattern: new RegExp(
      `(?:[Mm]y (?:full |first |last )?name(?:['’]s| is)|[Mm]ein [Nn]ame ist|[Ii]ch hei(?:ß|ss)e|[Jj]e m['’]appelle|[Mm]e llamo|[Mm]i nombre es|[Mm]i chiamo|[Ii]l mio nome è|[Mm]eu nome é|[Mm]e chamo|[Cc]hamo-me|[Ii]k heet|[Mm]ijn naam is)[ ]?:?[ ](${WORDS})`,
      'dyu',
    ),
    evidence: 'strong',
  },
  {
    begins:
      'my name i this it ich je soy me mein mi sono on signed written yours addressed attn for c hier é aqui met daqui',
    pattern: new RegExp(
      `(?:my (?:full |first )?name(?:['’]s| is)|name is|i am|i['’]m|this is|it['’]s(?: me)?|ich bin|ich hei(?:ß|ss)e|je suis|je m['’]appelle|soy|me llamo|mein name ist|mi nombre es|sono(?: di nuovo| ancora)?|c['’]est(?: encore)?|hier (?:ist|spricht|is)|é [oa]|aqui (?:é|fala)(?: [oa])?|daqui (?:é|fala)(?: [oa])?|met|on behalf of|signed(?: by)?|written by|yours,?|addressed to|attn:?|for the attention of)[ ](${ANY_CASE})`,
      'diyu',
    ),
    evidence: 'weak',
  },
  {
    // Best regards,\nAnna Schmidt
    begins: CLOSING_BEGINS,
    pattern: new RegExp(
      `${AT_START}(?:${eitherCase(CLOSING)})[ ]?[,.!–—-]{0,2}[ \\t]*${LINE}(?:[ \\t]*${LINE})?[ \\t]*[-–—]{0,2}[ ]?(${WORDS})[ ]?[.,]?[ \\t]*(?=${LINE}|["'\`\\\\]|$)`,
      'dyu',
    ),
    evidence: 'strong',
  },
  {
    // The same on one line, or in small letters.
    begins: CLOSING_BEGINS,
    pattern: new RegExp(
      `(?<=^|[\\s.!?,]|\\\\n)(?:${CLOSING})[ ]?[,.!–—-]{0,2}(?:[ \\t]|${LINE}){1,4}[-–—]{0,2}[ ]?(${ANY_CASE})[ ]?[.,]?[ \\t]*(?=${LINE}|$)`,
      'diyu',
    ),
    evidence: 'weak',
  },
  {
    begins:
      'full first last given family middle customer client passenger contact recipient patient guest cardholder account sender employee applicant maiden',
    pattern: new RegExp(
      `(?:full|first|last|given|family|middle|customer|client|passenger|contact|recipient|patient|guest|cardholder|account holder|sender|employee|applicant|maiden)[ _-]?(?:name|holder)["']?[ ]?(?::|=|is\\b)[ ]?["']?(${ANY_CASE}(?:[ ]${WORD})?)`,
      'diyu',
    ),
    evidence: 'strong',
  },
  {
    begins:
      'surname vorname nachname lastname firstname fullname prénom prenom apellido apellidos cognome voornaam achternaam',
    pattern: new RegExp(
      `(?:surname|vorname|nachname|lastname|firstname|fullname|pr[ée]nom|apellidos?|cognome|voornaam|achternaam)["']?[ ]?[:=][ ]?["']?(${ANY_CASE})`,
      'diyu',
    ),
    evidence: 'strong',
  },
  {
    // From: Anna Schmidt <…>
    begins: 'from to cc bcc reply von an',
    pattern: new RegExp(`(?:From|To|Cc|Bcc|Reply-To|Von|An):[ ]?"?(${WORDS})"?[ ]?(?=<|\\[mailto)`, 'dyu'),
    evidence: 'strong',
  },
  {
    begins:
      'name from to customer client sender recipient contact passenger guest patient ship shipped bill billed signed author agent employee requester kunde kundin absender nom nome nombre naam klant cliente kontoinhaber titular',
    pattern: new RegExp(
      `(?<![_-])(?:name|from|to|customer|client|sender|recipient|contact(?: person)?|passenger|guest|patient|ship to|shipped to|bill to|billed to|signed|author|agent|employee|requester|kunde|kundin|absender|nom|nome|nombre|naam|klant|cliente|kontoinhaber|titular)["']?[ ]?[:=][ ]?["']?(${ANY_CASE}(?:[ ]${WORD})?)`,
      'diyu',
    ),
    evidence: 'label',
  },
];

/** Near the end, a line of its own: after a dash (— Anna), or after a short line with a comma (a misspelt closing). */
export const ENDINGS: readonly RegExp[] = [
  new RegExp(`${LINE}[ \\t]*[-–—~]{1,3}[ ]?(${ANY_CASE})[ \\t]*$`, 'du'),
  new RegExp(`${LINE}[^\\n.!?:,\\\\]{2,24},[ \\t]*${LINE}[ \\t]*(${ANY_CASE})[ \\t]*(?=${LINE}|$)`, 'du'),
];
