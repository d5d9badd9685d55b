/** People and places in the texts of a call: what the model finds, and names in obvious positions. */
import type { Entity, EntityFinder } from '../core/entity.ts';
import { type EntityTexts, entityTexts } from './redact/entity-texts.ts';
import { obviousNames } from './redact/redact.ts';
import type { WalkedText } from './texts.ts';

/** Of a word: it is not read. */
const NO_TEXTS: EntityTexts = { texts: [], place: () => [] };

/** The entities of each text, in order; none in words. @throws as `find`. */
export async function findEntities(
  texts: readonly WalkedText[],
  find: EntityFinder['find'],
): Promise<Entity[][]> {
  const plain = texts.map(({ text, isWord }) => (isWord ? NO_TEXTS : entityTexts(text)));
  const toRead = plain.flatMap((each) => each.texts);
  const model = toRead.length === 0 ? [] : await find(toRead);
  let at = 0;
  return texts.map(({ text, isWord }, i) => {
    const each = plain[i]!;
    const found = each.place(model.slice(at, at + each.texts.length));
    at += each.texts.length;
    return isWord ? [] : [...found, ...obviousNames(text)];
  });
}
