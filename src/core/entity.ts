/**
 * What is taken out of texts: a place and its kind. Recognisers (capture/) and the token classifier (models/) both
 * give these; what is put in their place is decided by the kind.
 */

/** Kinds of personal data and secrets, as the configuration names them. */
export const ENTITY_KINDS = [
  'person',
  'address',
  'email',
  'phone',
  'birth-date',
  'age',
  'national-id',
  'passport',
  'driving-licence',
  'licence-plate',
  'medical-id',
  'iban',
  'account',
  'card',
  'wallet',
  'ip',
  'mac',
  'username',
  'secret',
  'organisation',
] as const;

export type EntityKind = (typeof ENTITY_KINDS)[number];

export interface Entity {
  /** UTF-16 offsets into the text: [start, end). */
  readonly start: number;
  readonly end: number;
  readonly kind: EntityKind;
}

/** Finds entities that need a model. Implementations: models/token-classifier. */
export interface EntityFinder {
  /** The entities of each text, in order, without overlaps. */
  find(texts: readonly string[]): Promise<readonly (readonly Entity[])[]>;
  close(): Promise<void>;
}
