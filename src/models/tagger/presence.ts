/**
 * Whether a field is copied from the input: two that say so, the ranker of stretches by what stands there, and the head of
 * the field's options by what is said on the whole, weighed as both did on examples that neither had learnt from. A value
 * that is met now and then is seen where it stands, not in the words around; a flag that nobody names is not.
 * Does not: fit the weights (train/tagger/fit-presence.ts).
 */

/** For each field of the plan: weight of the stretches' log odds, of the head's, and bias; NaN where it is not asked. */
export type Presence = Float32Array;
export const PRESENCE_SIZE = 3;

/**
 * Log odds that the field is copied; null where the tags alone say so.
 * @param head Null where the field has no head.
 */
export function copiedOdds(
  presence: Presence,
  field: number,
  spans: number,
  head: number | null,
): number | null {
  const [forSpans, forHead, bias] = presence.subarray(field * PRESENCE_SIZE, (field + 1) * PRESENCE_SIZE);
  if (bias === undefined || Number.isNaN(bias)) return null;
  return forSpans! * spans + (head === null ? 0 : forHead! * head) + bias;
}
