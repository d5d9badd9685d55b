/**
 * Whether what the model found can be what it says. The model knows no capitals and was trained on texts full of
 * personal data: in code it takes identifiers for names, and in logs any number for an account. Each rule was chosen
 * on the development texts of benchmarks/pii.
 */
import type { EntityKind } from '../../core/entity.ts';
import type { Part } from './kinds.ts';
import { TECHNICAL } from './technical.ts';

export interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly kind: EntityKind;
  /** Probability of its surest word. */
  readonly surest: number;
  /** Probability of its least sure word. */
  readonly least: number;
  /** Another name stands beside it, as in a list. */
  readonly beside: boolean;
  readonly parts: ReadonlySet<Part>;
}

/** Names without a capital letter must be surer, and still surer where other words near by have capitals. */
const [MIN_WITHOUT_CAPITALS, MIN_AMONG_CAPITALS] = [0.9, 0.97];
/** A single word must be surer, unless an initial or another name stands beside it. */
const MIN_ALONE = 0.7;
/** How far before a number the word that says what it is may stand. */
const LABEL_REACH = 48;

export function plausible(text: string, candidate: Candidate): boolean {
  const { start, end, kind, surest, parts } = candidate;
  const value = unescaped(text.slice(start, end));
  switch (kind) {
    case 'person':
      if (!/\p{L}{2}/u.test(value) || /\d/.test(value) || isCode(text, start, end)) return false;
      return isName(text, value, candidate);
    case 'address':
      if (!/\p{Lu}/u.test(value) && surest < MIN_WITHOUT_CAPITALS) return false;
      if (/\bport \d/i.test(value)) return false;
      if (!/\p{L}/u.test(value)) return isCodeLabelled(text, start, parts);
      // "Walnut, 160 by 80 cm"
      if (/\d$/.test(value) && SIZE.test(text.slice(end, end + 8))) return false;
      if (parts.has('street'))
        return /\p{L}{3}/u.test(value) && (/\d|\s/.test(value) || surest >= SURE_STREET);
      if (isCodeLabelled(text, start, parts)) return true;
      // A number and some capitals are not a postal code and a town.
      return (
        parts.has('town') && parts.has('code') && (TOWN.test(value) || isAllSmall(text, value, start, end))
      );
    case 'email':
      return /[^@\s]@[^@\s]/.test(value);
    case 'phone': {
      const digits = value.replace(/\D/g, '').length;
      if (/^\+? ?\d+\.\d+$/.test(value)) return false; // A decimal number.
      // A part of a longer id, or the number of a thing.
      if (
        /[\p{L}\d]-?$/u.test(text.slice(Math.max(0, start - 2), start)) ||
        /^-?[\p{L}\d]/u.test(text.slice(end, end + 2))
      )
        return false;
      if (THING.test(text.slice(Math.max(0, start - 20), start))) return false;
      return digits >= 6 && digits <= 17;
    }
    default:
      return /\d.*\d.*\d.*\d/s.test(value) && isLabelled(text, start);
  }
}

/** A town in small letters, where nothing near by has a capital. */
const isAllSmall = (text: string, value: string, start: number, end: number): boolean =>
  /\p{Ll}{3}/u.test(value) &&
  !/\p{Lu}/u.test(text.slice(Math.max(0, start - AROUND), Math.min(text.length, end + AROUND)));

const SIZE = /^ ?(?:x|×|by|mal|por|per|sur|bij|op|auf) ?\d/i;

const isCodeLabelled = (text: string, start: number, parts: ReadonlySet<Part>): boolean =>
  parts.has('code') && CODE_LABEL.test(text.slice(Math.max(0, start - LABEL_REACH), start));

/** A street of one word without a number. */
const SURE_STREET = 0.9;
const TOWN = /(?<![\p{L}\d])(?:\p{Lu}[\p{L}'’]*\p{Ll}{2}|\p{Lu}{4,})(?![\p{L}\d]|-\d)/u;
const THING =
  /(?<!\p{L})(?:tracking|order|invoice|serial|parcel|batch|lot|ean|sku|isbn|sendung|auftrag|rechnung|bestellung|commande|facture|pedido|factura|ordine|fattura|encomenda|bestelling|factuur)(?: (?:number|no\.?|nr\.?|n[.°º]*|#))?[ :#]{0,2}$/iu;

function isName(text: string, value: string, { start, end, surest, least, beside }: Candidate): boolean {
  const words = value.match(/[\p{L}\p{M}'’]+/gu) ?? [];
  if (TECHNICAL.has(words[0]?.toLowerCase() ?? '') || words.every((word) => word.length < 2)) return false;
  // The authors of a publication.
  if (/^,? (?:et al\b|(?:and|&) \p{Lu}[\p{L}-]{1,20},? \(?(?:19|20)\d\d)/u.test(text.slice(end, end + 36)))
    return false;
  const around = text.slice(Math.max(0, start - AROUND), start) + text.slice(end, end + AROUND);
  if (!/\p{Lu}/u.test(value)) {
    if (!/\p{Lu}/u.test(around)) return surest >= MIN_WITHOUT_CAPITALS;
    return (
      value.length > 3 &&
      least >= MIN_AMONG_CAPITALS &&
      !/["'`[]/.test((text[start - 1] ?? '') + (text[end] ?? ''))
    );
  }
  if (words.length > 1) return true;
  // A single word in capitals is an abbreviation, unless all is written in capitals, or a title or label announces it.
  if (value === value.toUpperCase() && value.length > 1)
    return (
      (surest >= MIN_ALONE && !/\p{Ll}{3}/u.test(around)) ||
      ANNOUNCES.test(text.slice(Math.max(0, start - 24), start))
    );
  // LoRA, AdamW, pValue
  if (/\p{Ll}\p{Lu}+$|^\p{Ll}\p{Lu}/u.test(value)) return false;
  return surest >= MIN_ALONE || beside || isInitial(text, start, end) || isSpeaker(text, start, end);
}

/** How far on both sides other words are looked at, in characters. */
const AROUND = 80;
const ANNOUNCES =
  /(?:(?<!\p{L})(?:mr|mrs|ms|dr|prof|herrn?|frau|mme|m|sr|sra|sig|dhr|mevr|name|nom|nome|nombre|naam|vorname|nachname|surname|prénom|cognome|apellidos?|achternaam|voornaam)["']?[.:=]?|\p{Lu}\.) ?["']?$/iu;

/** Who says a line: "John: Remember me". */
const isSpeaker = (text: string, start: number, end: number): boolean =>
  /^: /.test(text.slice(end, end + 2)) && /(?:^|\n)\s{0,2}$/.test(text.slice(Math.max(0, start - 3), start));

/** "K. Lehmann", "Luca E. Ferri", "da Cruz". */
const isInitial = (text: string, start: number, end: number): boolean =>
  /(?:(?<!\p{L})\p{Lu}\.?|\p{Lu}[\p{L}’'-]+ (?:da|dos|do|de|del|di|van|von|de la|van de[nr]?)) $/u.test(
    text.slice(Math.max(0, start - 24), start),
  ) || /^ \p{Lu}(?:\.|(?= \p{Lu}))/u.test(text.slice(end, end + 4));

/** With a letter for each \uXXXX, so that its digits and letters do not count. */
function unescaped(value: string): string {
  return value.replace(/\\u[0-9a-fA-F]{4}/g, 'é');
}

/** Whether it stands as identifiers stand in code: MinHash, a_name, name(, .name, /name, name=, "name":. */
function isCode(text: string, start: number, end: number): boolean {
  if (/\p{Ll}{2}\p{Lu}/u.test(unescaped(text.slice(start, end)))) return true;
  return (
    /[\w$#/\\.]$/.test(text.slice(Math.max(0, start - 1), start)) ||
    /^(?:[\w$(/\\[=<]|\.\w|::|["'] ?:| ?=[^=])/.test(text.slice(end, end + 3))
  );
}

const LABEL =
  /(?:(?<!\p{L})(?:ssn|dni|nie|nif|cpf|cnpj|rg|bsn|nir|nhs)(?!\p{L})|social|security|tax|national|identi|steuer|ausweis|nino|insurance|burgerservice|sofi|fiscal|sécurité|securite|insee|passport|passeport|pasaporte|passaport|paspoort|reisepass|licen[cs]|driv|führerschein|fuehrerschein|permis|patente|condu|rijbewijs|account|acct|konto|compte|cuenta|conto|conta|rekening|routing|sort code|blz|bank|sécu|medical|medicare|patient|versich|sanit|utente|historia|dossier)[^\n]*$/iu;

const CODE_LABEL =
  /(?:zip|post(?:al)?[ _-]?code|code postal|codice postale|c[óo]digo postal|plz|postleitzahl|(?<![\w-])cap|(?<![\w-])cep|(?<![\w-])c\.?p\.?)\W{0,4}$/i;

function isLabelled(text: string, start: number): boolean {
  return LABEL.test(text.slice(Math.max(0, start - LABEL_REACH), start));
}
