/** Ours, as the benchmark drives it: one function from a text to the places of personal data. */
import { findAddresses, findEmails, findPhones } from '../../src/capture/redact/contact.ts';
import type { Recogniser } from '../../src/capture/redact/match.ts';
import { findCards, findIbans } from '../../src/capture/redact/money.ts';
import { findNames, namesIn } from '../../src/capture/redact/names.ts';
import { findAssignedSecrets, findKnownSecrets } from '../../src/capture/redact/secrets.ts';
import type { Entity, EntityFinder, EntityKind } from '../../src/core/entity.ts';

export interface Detector {
  /** Both stages. */
  detect(text: string): Promise<readonly Entity[]>;
  /** The first stage: what is found while a call is recorded. */
  recognise(text: string): readonly Entity[];
}

const RECOGNISERS: readonly (readonly [EntityKind, Recogniser])[] = [
  ['secret', findKnownSecrets],
  ['secret', findAssignedSecrets],
  ['email', findEmails],
  ['iban', findIbans],
  ['card', findCards],
  ['ip', findAddresses],
  ['phone', findPhones],
  ['person', (text, key) => findNames(text, namesIn(text), key)],
];
const KEY = new Uint8Array(32);

export function detectorOf(finder: EntityFinder | null): Detector {
  const recognise = (text: string): readonly Entity[] =>
    RECOGNISERS.flatMap(([kind, find]) => find(text, KEY).map(({ start, end }) => ({ start, end, kind })));
  return {
    recognise,
    detect: async (text) => {
      const found = recognise(text);
      if (finder === null) return found;
      const [more = []] = await finder.find([text]);
      return [...found, ...more];
    },
  };
}
