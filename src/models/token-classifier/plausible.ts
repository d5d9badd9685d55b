/**
 * Whether what the model found can be what it says. The model knows no capitals and was trained on texts full of
 * personal data: in code it takes identifiers for names, and in logs any number for an account. Each rule was chosen
 * on the development texts of benchmarks/pii.
 */
import type { EntityKind } from '../../core/entity.ts';
import type { Part } from './kinds.ts';

export interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly kind: EntityKind;
  /** Probability of its surest word. */
  readonly surest: number;
  readonly parts: ReadonlySet<Part>;
}

/** Names without a capital letter, and those that may be acronyms, must be surer. */
const LEAST_WITHOUT_CAPITALS = 0.9;
const ACRONYM = /^\p{Lu}{2,5}$/u;
/** How far before a number the word that says what it is may stand. */
const LABEL_REACH = 48;

export function plausible(text: string, candidate: Candidate): boolean {
  const { start, end, kind, surest, parts } = candidate;
  const value = unescaped(text.slice(start, end));
  switch (kind) {
    case 'person':
      if (!/\p{L}{2}/u.test(value) || /\d/.test(value) || isCode(text, start, end)) return false;
      return (/\p{Lu}/u.test(value) && !ACRONYM.test(value)) || surest >= LEAST_WITHOUT_CAPITALS;
    case 'address':
      if (!/\p{Lu}/u.test(value) && surest < LEAST_WITHOUT_CAPITALS) return false;
      if (/\bport \d/i.test(value)) return false;
      if (parts.has('street')) return /\p{L}{3}/u.test(value);
      if (parts.has('code') && CODE_LABEL.test(text.slice(Math.max(0, start - LABEL_REACH), start)))
        return true;
      // A number and some capitals are not a postal code and a town.
      return parts.has('town') && parts.has('code') && /\p{Ll}{2}/u.test(value);
    case 'email':
      return /[^@\s]@[^@\s]/.test(value);
    case 'phone': {
      const digits = value.replace(/\D/g, '').length;
      if (/^\d+\.\d+$/.test(value)) return false; // A decimal number.
      return digits >= 6 && digits <= 17;
    }
    default:
      return /\d.*\d.*\d.*\d/s.test(value) && isLabelled(text, start);
  }
}

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
  /(?:ssn|social|security|tax|national|identi|steuer|ausweis|dni|nie|nif|nino|insurance|cpf|cnpj|rg|bsn|burgerservice|sofi|fiscal|sécurité|securite|nir|insee|passport|passeport|pasaporte|passaport|paspoort|reisepass|licen[cs]|driv|führerschein|fuehrerschein|permis|patente|condu|rijbewijs|account|acct|konto|compte|cuenta|conto|conta|rekening|routing|sort code|blz|bank|sécu|nhs|medical|medicare|patient|versich|sanit|utente|historia|dossier)[^\n]*$/i;

const CODE_LABEL =
  /(?:zip|post(?:al)?[ _-]?code|code postal|codice postale|c[óo]digo postal|plz|postleitzahl|\bcap|\bcep|\bc\.?p\.?)\W{0,4}$/i;

function isLabelled(text: string, start: number): boolean {
  return LABEL.test(text.slice(Math.max(0, start - LABEL_REACH), start));
}
