/**
 * How kinds are called: by Presidio where it finds them, and by the generator of presidio-evaluator in its texts.
 *
 * ours             Presidio finds                                     its generator writes
 * person           PERSON                                             PERSON
 * address          LOCATION                                           STREET_ADDRESS, ZIP_CODE
 * email            EMAIL_ADDRESS                                      EMAIL_ADDRESS
 * phone            PHONE_NUMBER                                       PHONE_NUMBER
 * national-id      US_SSN, US_ITIN, ES_NIF, ES_NIE, IT_FISCAL_CODE,   US_SSN
 *                  IT_IDENTITY_CARD
 * passport         US_PASSPORT, IT_PASSPORT                           -
 * driving-licence  US_DRIVER_LICENSE, IT_DRIVER_LICENSE               US_DRIVER_LICENSE
 * medical-id       UK_NHS, MEDICAL_LICENSE                            -
 * iban             IBAN_CODE                                          IBAN_CODE
 * account          US_BANK_NUMBER                                     -
 * card             CREDIT_CARD                                        CREDIT_CARD
 * wallet           CRYPTO                                             -
 * ip               IP_ADDRESS                                         IP_ADDRESS
 * mac              MAC_ADDRESS                                        -
 * age              AGE                                                AGE
 * birth-date, licence-plate, username, secret: Presidio knows none of them. Its DATE_TIME is any date.
 *
 * Not counted on either side: towns and countries alone (GPE), companies (ORGANIZATION), titles, nationalities (NRP),
 * dates, web addresses: not personal data by themselves. Presidio is not asked for DATE_TIME, NRP, URL, ORGANIZATION.
 */
import type { EntityKind } from '../../src/core/entity.ts';

const PRESIDIO: Partial<Record<EntityKind, readonly string[]>> = {
  person: ['PERSON'],
  address: ['LOCATION'],
  email: ['EMAIL_ADDRESS'],
  phone: ['PHONE_NUMBER'],
  'national-id': ['US_SSN', 'US_ITIN', 'ES_NIF', 'ES_NIE', 'IT_FISCAL_CODE', 'IT_IDENTITY_CARD'],
  passport: ['US_PASSPORT', 'IT_PASSPORT'],
  'driving-licence': ['US_DRIVER_LICENSE', 'IT_DRIVER_LICENSE'],
  'medical-id': ['UK_NHS', 'MEDICAL_LICENSE'],
  iban: ['IBAN_CODE'],
  account: ['US_BANK_NUMBER'],
  card: ['CREDIT_CARD'],
  wallet: ['CRYPTO'],
  ip: ['IP_ADDRESS'],
  mac: ['MAC_ADDRESS'],
  age: ['AGE'],
};

const FROM_PRESIDIO = new Map<string, EntityKind>(
  Object.entries(PRESIDIO).flatMap(([kind, names]) =>
    names.map((name) => [name, kind as EntityKind] as const),
  ),
);
const FROM_GENERATOR: ReadonlyMap<string, EntityKind> = new Map<string, EntityKind>([
  ['STREET_ADDRESS', 'address'],
  ['ZIP_CODE', 'address'],
  ...[...FROM_PRESIDIO].filter(([name]) => name !== 'LOCATION'),
]);

/** What Presidio is asked for. */
export const PRESIDIO_ENTITIES: readonly string[] = [...FROM_PRESIDIO.keys()];

/** Null for what is not asked for. */
export const kindOfPresidio = (name: string): EntityKind | null => FROM_PRESIDIO.get(name) ?? null;
/** 'other' for what is not counted. */
export const kindOfGenerator = (name: string): EntityKind | 'other' => FROM_GENERATOR.get(name) ?? 'other';
/** Whether Presidio has a recogniser of the kind at all. */
export const presidioKnows = (kind: EntityKind): boolean => PRESIDIO[kind] !== undefined;
