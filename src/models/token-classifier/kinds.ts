/** The classes of the token classifier in our kinds. */
import type { EntityKind } from '../../core/entity.ts';

/** What an address is made of: a street alone is one; a number alone or a town alone is none. */
export type Part = 'whole' | 'street' | 'number' | 'code' | 'town';

export interface Meaning {
  readonly kind: EntityKind;
  readonly part: Part;
}

const named = (kind: EntityKind): Meaning => ({ kind, part: 'whole' });
const address = (part: Part): Meaning => ({ kind: 'address', part });

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
  BUILDING_NUMBER: address('number'),
  STREET_NAME: address('street'),
  SECONDARY_ADDRESS: address('number'),
  ZIP_CODE: address('code'),
  CITY: address('town'),
  STATE: address('town'),
};

/** Classes that mean the same, and which of the model's labels they sum. Class 0 is none. */
export interface Classes {
  /** By label: the class. */
  readonly of: readonly number[];
  readonly meanings: readonly (Meaning | null)[];
}

/** Labels without a meaning ('O', URL) are class 0. */
export function classesOf(labels: readonly string[]): Classes {
  const meanings: (Meaning | null)[] = [null];
  const of = labels.map((label) => {
    const meaning = MEANINGS[label.replace(/^[BI]-/, '')];
    if (meaning === undefined) return 0;
    const known = meanings.findIndex((item) => item?.kind === meaning.kind && item.part === meaning.part);
    return known > 0 ? known : meanings.push(meaning) - 1;
  });
  return { of, meanings };
}
