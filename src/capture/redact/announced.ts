/**
 * Numbers that words announce: passports, licences, plates, medical and national ids, accounts, user names, postal
 * codes. Data only; context.ts reads it. Without its words none of these would be told from any other number, so the
 * value has to follow them at once, over no more than filler ("number", "no.", "is", ":").
 */
import type { EntityKind } from '../../core/entity.ts';

export interface Announcement {
  readonly kind: EntityKind;
  /** The words, in lower case, one of which begins the announcement. */
  readonly begins: string;
  /** What has to follow the first word, as the source of a pattern; default: nothing. */
  readonly after?: string;
  /** The value, as the source of a pattern that is tried in any case. */
  readonly value: string;
  /** Least digits of a value. */
  readonly digits: number;
  /** The first word counts in capitals alone: in small letters it means something else. */
  readonly capitals?: true;
}

/** Groups of letters and digits of which the first has a digit or is a short prefix in capitals. Bounded. */
const ID =
  '(?:[A-Z]{1,6}(?=\\d)|(?-i:[A-Z]{1,3})[ -](?=\\d))?\\d[A-Z0-9]{0,17}(?:[ .\\-/]{1,2}\\d[A-Z0-9]{0,9}){0,6}(?:[ -]?(?-i:[A-Z])(?![A-Za-z]))?';
const DIGITS = '\\d{1,18}(?:[ -]\\d{2,12}){0,5}';
const PLATE = '(?-i:[A-ZÄÖÜ0-9]{1,4}(?:[ -]{0,2}[A-Z0-9]{1,4}){1,3})';
/** In small letters it has to show by its build, and not look like "at 120 km". */
const SMALL_PLATE =
  '(?-i:[a-z]{2}\\d{2} ?[a-z]{3}|[a-zäöü]{1,3}-[a-z]{1,2} \\d{1,4}[eh]?|[a-z]{2}-?\\d{3}-?[a-z]{2}|(?!at|of|is|in|on|to|or|by|de|di|da|do|du|le|la|el|il|al|en|em|zu|um|am|im|op|na|no)[a-z]{2} \\d{3} ?(?!km|cm|mm|kg|kw|ps|hp|cc)[a-z]{2}|\\d{4} ?[b-df-hj-np-tv-z]{3}|[a-z]{1,2}-\\d{3}-[a-z]{1,2}|\\d{1,2}-[a-z]{2,3}-\\d{1,2}|[a-z]{2}-\\d{2}-[a-z]{2}|\\d{2}-\\d{2}-[a-z]{2}|\\d[a-z]{3}\\d{3}|[a-z]{3}-?\\d{3,4})';
const HANDLE = '@?[a-z][a-z0-9._-]{2,31}';
const POSTCODE =
  '(?:[A-Z]{1,2}\\d[A-Z\\d]? ?\\d[A-Z]{2}|[A-Z]\\d[A-Z][ -]?\\d[A-Z]\\d|\\d{5}-\\d{4}|\\d{5}-\\d{3}|\\d{4}-\\d{3}|\\d{3} \\d{2}|\\d{4} ?(?-i:[A-Z]{2})|\\d{4,6})';

/** Plates that show by their build: United Kingdom, Germany, France and Italy, Spain, the Netherlands. */
const PLATE_BUILD =
  '(?-i:[A-Z]{2}\\d{2} ?[A-Z]{3}|[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} \\d{1,4}[EH]?|[A-Z]{2}[- ]?\\d{3}[- ]?[A-Z]{2}|\\d{4} [BCDFGHJ-NPRSTV-Z]{3}|[A-Z]{1,2}-\\d{3}-[A-Z]{1,2}|\\d{1,2}-[A-Z]{2,3}-\\d{1,2}|[A-Z]{2}-\\d{2}-[A-Z]{2}|\\d[A-Z]{3}\\d{3})';
/** After "registration" these as well; after "car" they are models (BMW 320). */
const REGISTERED = `(?:${PLATE_BUILD}|(?-i:[A-ZÄÖÜ]{1,3} [A-Z]{1,2} \\d{1,4}[EH]?|[A-Z]{3}[- ]\\d{3,4}))`;
/** One word of a letter or more and many digits. */
const CODE = '(?-i:[A-Z]{1,5})\\d{6,14}[A-Z0-9]{0,4}';

export const ANNOUNCED: readonly Announcement[] = [
  {
    kind: 'passport',
    begins:
      'passport passports reisepass reisepassnummer passnummer passnr passeport pasaporte passaporto passaporte paspoort paspoortnummer',
    value: ID,
    digits: 4,
  },
  {
    kind: 'driving-licence',
    begins: 'driver drivers driving',
    after: "(?:['’]?s)?[ _-]?licen[cs]e",
    value: ID,
    digits: 4,
  },
  {
    kind: 'driving-licence',
    begins: 'permis licencia carnet carné permiso patente carta carteira cnh',
    after:
      '(?: de conduire| de conducir| de conducción| di guida| de condução| de motorista| de habilitação)',
    value: ID,
    digits: 4,
  },
  {
    kind: 'driving-licence',
    begins:
      'führerschein führerscheinnummer fuehrerschein fuehrerscheinnummer rijbewijs rijbewijsnummer driverslicense',
    value: ID,
    digits: 4,
  },
  {
    kind: 'licence-plate',
    begins: 'license licence registration vehicle car number reg plate plates',
    after:
      '(?:[ _-]?(?:(?:registration|license|licence|number)[ _-]?)?plates?(?:[ _-]?(?:number|no|nr))?|(?<=plates?))',
    value: `(?:${PLATE}|${SMALL_PLATE})`,
    digits: 1,
  },
  {
    // Vehicle registration | AB12 CDE; registration number: AB12 CDE.
    kind: 'licence-plate',
    begins: 'registration reg',
    after: '(?:[ _-]?(?:number|no|nr|mark|plate))?\\.?',
    value: `(?:${REGISTERED}|${SMALL_PLATE})`,
    digits: 2,
  },
  {
    kind: 'licence-plate',
    begins:
      'kennzeichen kfz nummernschild autokennzeichen immatriculation immatriculée plaque targa kenteken matrícula matricula placa',
    after: "(?:[- ]kennzeichen| d['’]immatriculation)?",
    value: `(?:${PLATE}|${SMALL_PLATE})`,
    digits: 1,
  },
  {
    kind: 'licence-plate',
    begins:
      'car cars vehicle auto wagen voiture véhicule coche vehículo macchina veicolo carro veículo taxi van',
    after: '[^\\n.!?;:]{0,24}?[ :]',
    value: PLATE_BUILD,
    digits: 2,
  },
  {
    kind: 'driving-licence',
    begins: 'licence license permis permiso licencia patente carta rijbewijs',
    value: '(?-i:(?=[A-Z0-9]{0,14}[A-Z])[A-Z0-9]{7,16}|\\d{8}-[A-Z]|[A-Z]{1,2}-\\d{6,8})',
    digits: 5,
  },
  {
    kind: 'medical-id',
    begins:
      'dossier expediente historia cartella tessera processo patient patientin patiënt paciente paziente utente versicherung versicherten krankenkasse mutuelle',
    value: CODE,
    digits: 6,
  },
  {
    kind: 'medical-id',
    begins:
      'mrn medicaid versichertennummer krankenversichertennummer krankenversicherungsnummer versicherungsnummer versicherungsschein policennummer patientennummer patientnummer patiëntnummer zorgnummer patientid polisnummer',
    value: ID,
    digits: 4,
  },
  {
    kind: 'medical-id',
    begins: 'medical patient health hospital chart insurance policy beneficiary subscriber medicare nhs',
    after:
      '(?:[ _-]?(?:record|insurance|plan|policy|member|beneficiary|chart|file|card|care|patient)){0,3}[ _-]?(?:number|no|nr|num|id|#)',
    value: ID,
    digits: 4,
  },
  {
    kind: 'medical-id',
    begins:
      'numéro numero número dossier historia historial cartella tessera tarjeta póliza poliza polizza apólice',
    after:
      '(?: (?:de |del |di |da |du |da la )?(?:patient|paciente|paziente|médical|médico|clínica|clinica|sanitaria|salud|mutuelle|assurance|póliza|poliza|seguro|polizza|utente|apólice))',
    value: ID,
    digits: 4,
  },
  {
    kind: 'national-id',
    begins:
      'ssn ssns nino dni bsn burgerservicenummer sofinummer pesel cpf cnpj curp svnr steuernummer steuerid steueridentifikationsnummer identifikationsnummer sozialversicherungsnummer rentenversicherungsnummer personalausweisnummer personalausweis ausweis ausweisnummer rijksregisternummer aadhaar aadhar nric personnummer fødselsnummer codicefiscale idnr taxid nationalid',
    value: ID,
    digits: 5,
  },
  {
    kind: 'national-id',
    begins: 'nif nie sin fin tin ni nir niss tfn abn pps ppsn ahv avs cpr itin',
    capitals: true,
    value: ID,
    digits: 6,
  },
  {
    // Mexico.
    kind: 'national-id',
    begins: 'rfc',
    capitals: true,
    value: '[A-Z&Ñ]{3,4}\\d{6}[A-Z0-9]{3}',
    digits: 6,
  },
  {
    // IdNr., of which the scan makes two words.
    kind: 'national-id',
    begins: 'id',
    after: '(?-i:Nr)\\.?',
    value: ID,
    digits: 8,
  },
  {
    kind: 'national-id',
    begins: 'social national tax taxpayer identity government voter steuer id insurance resident citizen',
    after:
      '(?:[ _-]?(?:security|social|insurance|id|identity|identification|file|card|document|identifikations?)){1,2}(?:[ _-]?(?:number|no|nr|num|nummer|#))?',
    value: ID,
    digits: 5,
  },
  {
    kind: 'national-id',
    begins:
      'codice código cartão carte carta cédula sécurité sécu seguridad segurança numéro numero número documento',
    after:
      "(?: (?:de |di |da |d['’])?(?:fiscale|fiscal|identité|identità|identidad|identidade|cidadão|contribuinte|sécurité sociale|sécu|sociale|social|seguridad social|segurança social|previdenza sociale|ciudadanía))",
    value: ID,
    digits: 5,
  },
  {
    kind: 'account',
    begins: 'account acct bank',
    after: '(?:[ _-]?account)?[ _-]?(?:number|num|no|nr|#)',
    value: DIGITS,
    digits: 6,
  },
  {
    kind: 'account',
    begins: 'kontonummer kontonr rekeningnummer blz bankleitzahl clabe',
    value: DIGITS,
    digits: 6,
  },
  {
    kind: 'account',
    begins: 'routing sort aba konto numéro numero número',
    after:
      '(?:[ _-]?(?:number|no|code|routing number)|[ -]?(?:nr|nummer)| (?:de |di |del )?(?:compte|cuenta|conto|conta)(?: (?:bancaire|bancaria|bancária|bancario|corrente))?)',
    value: DIGITS,
    digits: 6,
  },
  {
    kind: 'account',
    begins: 'bic swift',
    capitals: true,
    value: '(?-i:[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)',
    digits: 0,
  },
  {
    kind: 'username',
    begins: 'username usernames benutzername nutzername gebruikersnaam nickname screenname',
    after: '["\'*`]{0,3}\\s?(?::|is|ist|(?=@))',
    value: HANDLE,
    digits: 0,
  },
  {
    kind: 'username',
    begins: 'user screen nombre nome nom handle instagram twitter telegram tiktok snapchat skype discord',
    after:
      "(?:[ _-]?name| (?:de |d['’]|di )(?:usuario|utilisateur|utente|utilizador)|[ _-]?(?:handle|account|id|user))?[\"'*`]{0,3}\\s?(?:(?::|=|is)\\s?[\"'*`]?(?=@)|(?=@)|(?<=name[\"'*`]{0,3}\\s?)(?::|=|is))",
    value: HANDLE,
    digits: 0,
  },
  {
    // sshd: Accepted password for mbrandt from 84.112.9.40
    kind: 'username',
    begins: 'password publickey user',
    after: '(?: for)?(?: invalid user)? (?=[\\w.-]{2,32} from (?:\\d{1,3}\\.|[\\da-f]{0,4}:))',
    value: HANDLE,
    digits: 0,
  },
  {
    // A field of a log line: user=mbrandt status=200.
    kind: 'username',
    begins: 'user username login account uid',
    after: '=(?=[^\\s,;)(]{3,40}(?:\\s{1,3}\\w{1,20}[=:\\[]|\\s{0,2}$|\\s{0,2}\\n))',
    value: HANDLE,
    digits: 0,
  },
  {
    kind: 'address',
    begins: 'zip zipcode postcode postal postleitzahl postalcode plz',
    after: '(?:[ _-]?code)?["\'*`]{0,3}\\s?(?::|is|ist|(?=\\d|[A-Z]))',
    value: POSTCODE,
    digits: 2,
  },
  {
    kind: 'address',
    begins: 'code código codigo codice',
    after: '[ _-](?:postal|postale)',
    value: POSTCODE,
    digits: 2,
  },
];
