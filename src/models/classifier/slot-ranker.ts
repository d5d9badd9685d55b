/**
 * Ranks the candidates for a slot: which of the tokens in an input that could be a value is the one meant ("not 25175 but 21575"). A linear
 * score on each candidate's surroundings, softmax over the candidates.
 * Does not: fit the weights (train/linear/fit-slots), or know what the value is for (answer-template.ts).
 */

export interface Token {
  readonly text: string;
  /** See shapeOf in template.ts. */
  readonly shape: string;
  /** Where it begins in the input. */
  readonly at: number;
}

/** Weights of one slot; features are hashed into this many places. */
export const RANKER_PLACES = 4096;

/** A slot of the task's answers: its key in them, and the shapes that its values have had. */
export interface Slot {
  readonly name: string;
  readonly shapes: readonly string[];
}

/** The distinct candidates for a slot, in order of first appearance. */
export function slotCandidates(slot: Slot, tokens: readonly Token[]): string[] {
  return [...new Set(tokens.filter(({ shape }) => slot.shapes.includes(shape)).map(({ text }) => text))];
}

/** The places of each candidate's features: the words around its mentions, its shape, order and number of mentions. */
export function slotFeatures(
  candidates: readonly string[],
  tokens: readonly Token[],
  input: string,
): Uint32Array[] {
  return candidates.map((text, i) => {
    const mentions = tokens.filter((token) => token.text === text);
    const features = new Set<string>([
      `shape ${mentions[0]?.shape}`,
      `mentions ${Math.min(3, mentions.length)}`,
      `of ${Math.min(4, candidates.length)}: ${i === candidates.length - 1 ? 'last' : i}`,
    ]);
    for (const { at } of mentions) {
      const left = wordsOf(
        input
          .slice(Math.max(0, at - 100), at)
          .split(/[.!?\n]/)
          .at(-1) ?? '',
      );
      const right = wordsOf(input.slice(at + text.length, at + text.length + 100).split(/[.!?\n]/)[0] ?? '');
      for (let k = 1; k <= 3; k++) {
        features.add(`left ${k} ${left.at(-k) ?? ''}`);
        features.add(`right ${k} ${right[k - 1] ?? ''}`);
      }
      for (const word of left) features.add(`before ${word}`);
      for (const word of right) features.add(`after ${word}`);
      // How the line begins tells headers from text.
      const line = input.lastIndexOf('\n', at - 1) + 1;
      features.add(`line ${wordsOf(input.slice(line, Math.min(at, line + BEGINNING)))[0] ?? ''}`);
    }
    return Uint32Array.from(features, placeOf);
  });
}

/** Characters in which a line's first word is looked for: JSON may be a single line. */
const BEGINNING = 100;

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .replace(/\d/g, '0')
    .match(/[\p{L}\p{N}_']+|#/gu) ?? [];

/** FNV-1a, folded. */
function placeOf(feature: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < feature.length; i++) hash = Math.imul(hash ^ feature.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) & (RANKER_PLACES - 1);
}

/** How probable it is of each candidate that it is the one meant. */
export function slotProbabilities(features: readonly Uint32Array[], weights: Float32Array): number[] {
  const scores = features.map((places) => {
    let sum = 0;
    for (const place of places) sum += weights[place]!;
    return sum;
  });
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
