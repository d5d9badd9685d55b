/** The classes of the token classifier in our kinds. */
import type { EntityKind } from '../../core/entity.ts';

/** What a class tells: a kind, and whether it is a place name that is personal only beside a street or a code. */
export interface Meaning {
  readonly kind: EntityKind;
  readonly place: boolean;
}

const named = (kind: EntityKind): Meaning => ({ kind, place: false });

/**
 * By the class's name without B- and I-. URL has no counterpart and is left out: an address in the web names no
 * person, and the recognisers find the secrets in it. SSNs come as TAX_ID or GOVERNMENT_ID, IBANs as BANK_ACCOUNT.
 */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  GIVEN_NAME: named('person'),
  SURNAME: named('person'),
  EMAIL: named('email'),
  PHONE: named('phone'),
  TAX_ID: named('national-id'),
  GOVERNMENT_ID: named('national-id'),
  BANK_ACCOUNT: named('account'),
  ROUTING_NUMBER: named('account'),
  PASSPORT: named('passport'),
  DRIVERS_LICENSE: named('driving-licence'),
  BUILDING_NUMBER: named('address'),
  STREET_NAME: named('address'),
  SECONDARY_ADDRESS: named('address'),
  ZIP_CODE: named('address'),
  CITY: { kind: 'address', place: true },
  STATE: { kind: 'address', place: true },
};

/** Null for 'O' and for classes that are not used. */
export function meaningOf(label: string): Meaning | null {
  return MEANINGS[label.replace(/^[BI]-/, '')] ?? null;
}
