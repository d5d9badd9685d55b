/**
 * Words that announce what follows: "phone", "passport", "order". The scan lists where they stand; which of them
 * matter is up to each recogniser.
 */
import { ANNOUNCED } from './announced.ts';
import { wordHash } from './letters.ts';

/** Families of cues, as bits. */
export const CUE = {
  /** A number follows that is a phone whatever it looks like. */
  phone: 1,
  /** A number follows that is likely a phone. */
  call: 2,
  /** The number of a thing, not of a person. */
  reference: 4,
  /** As reference, but a common word besides: it counts right before the number or with "no.", "#", "id". */
  weakReference: 8,
  host: 16,
  version: 32,
  born: 64,
  nationalId: 128,
  account: 256,
  wallet: 512,
  /** The beginning of an announcement; see announced.ts. */
  announced: 1024,
  secret: 2048,
  street: 8192,
  command: 32768,
  header: 65536,
  card: 131072,
  age: 262144,
  /** The prefix of a token; see tokens.ts. */
  token: 524288,
  /** What a program calls its user by follows. */
  username: 1048576,
} as const;

export interface Cue {
  readonly word: string;
  /** Bits of CUE. */
  readonly families: number;
}

export interface CueTable {
  readonly byHash: ReadonlyMap<number, readonly Cue[]>;
  /** By the lower bits of hashes, 1 where some cue has them: most words are told from cues by this alone. */
  readonly sieve: Uint8Array;
}

export const SIEVE_BITS = 0xffff;

/** A table from words by family; a word may be of several. */
export function cueTable(groups: readonly (readonly [families: number, words: string])[]): CueTable {
  const families = new Map<string, number>();
  for (const [bits, words] of groups) {
    for (const word of words.trim().split(/\s+/)) families.set(word, (families.get(word) ?? 0) | bits);
  }
  const table = new Map<number, Cue[]>();
  for (const [word, bits] of families) {
    const hash = wordHash(word);
    table.set(hash, [...(table.get(hash) ?? []), { word, families: bits }]);
  }
  const sieve = new Uint8Array(SIEVE_BITS + 1);
  for (const hash of table.keys()) sieve[hash & SIEVE_BITS] = 1;
  return { byHash: table, sieve };
}

/** The cues of the recognisers of the first stage. English, German, French, Spanish, Italian, Portuguese, Dutch. */
export const CUES: CueTable = cueTable([
  [
    CUE.phone,
    `phone phones telephone cellphone tel telefon telefonnummer mobile mobil mobilnummer mobiltelefon cell cellular
    fax faxnummer telefax whatsapp handy handynummer rufnummer rückrufnummer rueckrufnummer callback téléphone
    portable teléfono móvil celular cellulare telefono telemóvel telemovel telefone telefoon telefoonnummer mobiel
    mobiele sms phonenumber msisdn festnetz`,
  ],
  [
    CUE.call,
    `call ring reach text dial number nummer numéro numero número num nr joindre appeler appelez rappeler rappelez
    llame llamar llamarme llámame llámeme ligar ligue-me telefonar telefonare telefoneer ligue anrufen ruf rufen ruft erreichen erreichbar zurückrufen chiamare chiami
    chiamami bellen bel bereiken bereikbaar contact contacts kontakt contacto contatto contato desk
    landline hotline`,
  ],
  [
    CUE.reference,
    `order orders tracking invoice invoices booking reservation confirmation ticket tickets parcel shipment sku upc
    ean gtin isbn issn serial imei asin rma sendung sendungsnummer bestellung bestellnummer rechnung rechnungsnummer
    artikelnummer auftrag auftragsnummer commande facture pedido factura ordine fattura bestelling factuur
    transaction transaktion id ids uuid guid hash sha md5 commit build timestamp created updated expires epoch
    vorgangsnummer aktenzeichen kundennummer`,
  ],
  [
    CUE.weakReference,
    `ref reference case package product item part model article batch lot po pos artikel code version port size
    line row page seite chapter section`,
  ],
  [
    CUE.host,
    'ip ips host hosts hostname address addr server servers client peer remote gateway login ping dns',
  ],
  [
    CUE.version,
    `version versions v release releases build upgrade upgraded upgrading downgrade update updated firmware section
    sections chapter kernel driver chrome safari firefox edg opr edge mozilla applewebkit gecko netscape chromium
    sdk java jdk assembly package`,
  ],
  [
    CUE.born,
    `born dob birth birthday birthdate birthdays bday geboren geburtsdatum geburtstag geb geburtsjahr née né nee
    naissance nacido nacida nació nacimiento nascido nascida nasceu nascimento nato nata nascita geboortedatum
    geboorte geburt`,
  ],
  [
    CUE.nationalId,
    `ssn ssns social sozialversicherung sozialversicherungsnummer itin tin nino ni nhs insurance steuer steuerid
    identifikationsnummer idnr steuernummer steueridentifikationsnummer personalausweis ausweis ausweisnummer nir
    insee sécu secu sécurité dni nie nif niss codice fiscale contribuinte bsn burgerservicenummer sofinummer
    rijksregisternummer rijksregister ahv avs oasi versichertennummer svnr pesel personnummer samordningsnummer hetu
    henkilötunnus cpr fødselsnummer fodselsnummer personnr aadhaar aadhar uidai pan cpf cnpj sin tfn medicare abn
    nric fin rrn mynumber national nationale nacional nazionale tax taxpayer identity identité identidad identità
    identidade identiteit curp rfc pps ppsn sozial`,
  ],
  [
    CUE.account,
    `account acct acc konto kontonummer kontonr compte cuenta conto conta rekening rekeningnummer sort routing aba
    blz bankleitzahl bank bic swift clabe ifsc`,
  ],
  [
    CUE.card,
    'card cards visa mastercard amex karte kreditkarte kreditkartennummer carte tarjeta carta cartão kaart creditcard',
  ],
  [
    CUE.street,
    `address addresses adresse adressen anschrift wohnhaft wohne wohnt dirección domicilio domicile indirizzo endereço morada
    adres woonachtig residing lives habite résidence`,
  ],
  [CUE.wallet, 'wallet btc bitcoin eth ethereum crypto deposit address wallets litecoin ltc'],
  [
    CUE.secret,
    `api apikey access accesskey secret private auth client signing encryption service token tokens key keys
    password passwords passwd passphrase passwort passwörter kennwort pwd pass credential credentials contraseña
    contrasena clave senha wachtwoord parola palavra palabra codice código toegangscode mot pin cvv cvc cvv2 cvc2 otp webhook bearer accountkey
    sharedaccesskey sig sharedaccesssignature pgpassword mysql_pwd passcode zugangscode dd datadog code`,
  ],
  [CUE.command, 'mysql mysqldump curl wget sshpass redis mongo psql smbclient ldapsearch net'],
  [CUE.header, 'authorization cookie bearer basic'],
  [
    CUE.age,
    `old aged age ages jahre jahren jährige jähriger jähriges jährigen ans años anni anos jaar jarige yo yrs alter
    edad età idade leeftijd âge âgé âgée yr y turn turned turns turning when years werde wird wurde cumplo cumple cumplí
    cumplirá cumplir word wordt werd worden von of de di van mann frau man woman hombre mujer`,
  ],
  [
    CUE.token,
    `sk pk rk whsec gsk xai pplx hf ghp gho ghu ghs ghr github glpat gldt glrt glptt glsoat glcbt glft glimt glagent gocspx
    xoxa xoxb xoxe xoxo xoxp xoxr xoxs xapp hooks discord discordapp sg key xkeysib npm pypi rubygems dckr dop doo dor
    hvs hvb hvr dp shpat shpss shpca shppa lin secret ntn sntrys sntryu glc glsa nrak pmak pul sbp figd nfp cfpat tskey
    pscale sqp squ hrku bkua ccipat tfp aio age ey`,
  ],
  [
    CUE.username,
    `user users username login logins logon handle nick nickname account benutzer benutzername nutzer nutzername
    anmeldename kennung usuario usuário utilisateur identifiant pseudo utente utilizador gebruiker gebruikersnaam
    inlognaam nutzerin kundin uid actor`,
  ],
  [CUE.announced, ANNOUNCED.map(({ begins }) => begins).join(' ')],
]);
