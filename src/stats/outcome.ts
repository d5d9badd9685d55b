/**
 * How probable it is that a cheap model, and that the LLM, answers a call correctly: two logistic models over what is
 * known before either is asked, which are the encoder's vector of the call, its words and the shape of its text.
 * The same function offline and online; a decision takes tens of microseconds, the encoder's vector not counted.
 * Does not: fit the weights (evaluate/outcome), choose a model (route/model-choice), or make the vector (an Encoder).
 */

/** Words are known by a hash into this many buckets (feature hashing, Weinberger et al. 2009). */
export const WORD_BUCKETS = 4096;
/** Of a longer text the first quarter of these and the last three: it bounds the time of a decision. */
const MAX_CHARACTERS = 2_000;
/** What is measured of a text's shape, in the order of `CallFeatures.shape`. */
export const SHAPE = [
  'length',
  'digits',
  'symbols',
  'capitals',
  'words',
  'lines',
  'listed lines',
  'length of listed lines',
  'spread of listed lines',
  'digits in listed lines',
  'question marks',
  'quotation marks',
] as const;

/** What a call's text tells about it. */
export interface CallFeatures {
  /** Buckets of the words that occur, ascending. */
  readonly places: Uint16Array;
  /** 1 + ln(times that the bucket's words occur), in the same order. */
  readonly counts: Float32Array;
  /** One number for each of SHAPE. */
  readonly shape: Float32Array;
}

/** Weights of one logistic model. */
export interface OutcomeHead {
  /** WORD_BUCKETS for the words, then SHAPE.length, then the vector's dimensions. */
  readonly weights: Float32Array;
  readonly bias: number;
  /** Strength of the ridge that it was fitted with. */
  readonly ridge: number;
}

export interface OutcomeModel {
  /** Of the encoder's vector; 0: the model uses none. */
  readonly dimensions: number;
  /** Inverse document frequency of each bucket. */
  readonly idf: Float32Array;
  /** Mean of each number of the shape, and what it is multiplied by. */
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  readonly cheap: OutcomeHead;
  /** Null where the LLM's answers are the reference: it then counts as correct. */
  readonly llm: OutcomeHead | null;
}

/** Probabilities of a correct answer, in [0, 1]. */
export interface OutcomeProbabilities {
  readonly cheap: number;
  readonly llm: number;
}

/**
 * The probabilities for one call.
 * @param vector the encoder's unit vector of the text; null where the model has none, or the encoder gave none: it then
 *   adds nothing, and the answer is less certain.
 */
export function predictOutcomes(
  model: OutcomeModel,
  text: string,
  vector: Float32Array | null,
): OutcomeProbabilities {
  const features = callFeatures(text);
  const words = wordValues(features, model.idf);
  return {
    cheap: probability(model, model.cheap, features, words, vector),
    llm: model.llm === null ? 1 : probability(model, model.llm, features, words, vector),
  };
}

function probability(
  { mean, scale, dimensions }: OutcomeModel,
  { weights, bias }: OutcomeHead,
  { places, shape }: CallFeatures,
  words: Float32Array,
  vector: Float32Array | null,
): number {
  let sum = bias;
  for (let i = 0; i < places.length; i++) sum += words[i]! * weights[places[i]!]!;
  for (let i = 0; i < shape.length; i++)
    sum += (shape[i]! - mean[i]!) * scale[i]! * weights[WORD_BUCKETS + i]!;
  const from = WORD_BUCKETS + shape.length;
  if (vector !== null) for (let d = 0; d < dimensions; d++) sum += vector[d]! * weights[from + d]!;
  return 1 / (1 + Math.exp(-sum));
}

/** The words' TF-IDF values at unit length, in the order of `places`. */
export function wordValues({ places, counts }: CallFeatures, idf: Float32Array): Float32Array {
  const values = new Float32Array(places.length);
  let square = 0;
  for (let i = 0; i < places.length; i++) {
    const value = counts[i]! * idf[places[i]!]!;
    values[i] = value;
    square += value * value;
  }
  const norm = square === 0 ? 1 : Math.sqrt(square);
  for (let i = 0; i < values.length; i++) values[i]! /= norm;
  return values;
}

/** Reads a text once. Words are runs of letters and digits, in lower case, each digit as 0; symbols are words, too. */
export function callFeatures(text: string): CallFeatures {
  const read =
    text.length <= MAX_CHARACTERS
      ? text
      : `${text.slice(0, MAX_CHARACTERS / 4)}\n${text.slice((-3 * MAX_CHARACTERS) / 4)}`;
  const times = new Uint16Array(WORD_BUCKETS);
  const seen: number[] = [];
  const add = (hash: number): void => {
    // The high bits of FNV-1a mix best; 20 = 32 − log2(4096).
    const bucket = Math.imul(hash, 0x9e3779b1) >>> 20;
    if (times[bucket]!++ === 0) seen.push(bucket);
  };
  const count = { digits: 0, symbols: 0, capitals: 0, words: 0, questions: 0, quotes: 0 };
  const lines = newLines();
  let [hash, inWord] = [OFFSET, false];
  for (let i = 0; i < read.length; i++) {
    let code = read.charCodeAt(i);
    const digit = code >= 48 && code <= 57;
    if (code >= 65 && code <= 90) {
      count.capitals++;
      code += 32;
    }
    if (digit || code > 127 || (code >= 97 && code <= 122)) {
      if (digit) count.digits++;
      hash = Math.imul(hash ^ (digit ? 48 : code), 0x01000193);
      inWord = true;
    } else {
      if (inWord) {
        add(hash);
        count.words++;
      }
      [hash, inWord] = [OFFSET, false];
      if (code > 32) {
        if (code === 63) count.questions++;
        else if (code === 34) count.quotes++;
        else if (code !== 44 && code !== 46) count.symbols++;
        add(Math.imul(OFFSET ^ code, 0x01000193));
      }
    }
    readLine(lines, code, digit);
  }
  if (inWord) {
    add(hash);
    count.words++;
  }
  endLine(lines);
  const places = Uint16Array.from(seen).sort();
  const length = Math.max(1, read.length);
  return {
    places,
    counts: Float32Array.from(places, (place) => 1 + Math.log(times[place]!)),
    shape: Float32Array.of(
      Math.log1p(text.length),
      count.digits / length,
      count.symbols / length,
      count.capitals / length,
      Math.log1p(count.words),
      Math.log1p(lines.lines),
      Math.log1p(lines.listed),
      Math.log1p(lines.listed === 0 ? 0 : lines.characters / lines.listed),
      Math.log1p(lines.listed === 0 ? 0 : lines.longest - lines.shortest),
      lines.digits / Math.max(1, lines.characters),
      Math.min(3, count.questions),
      Math.log1p(count.quotes),
    ),
  };
}

const OFFSET = 0x811c9dc5;

/** What is known of the lines so far; a listed line begins with one sign or letter and a full stop, bracket or space. */
interface Lines {
  lines: number;
  listed: number;
  characters: number;
  longest: number;
  shortest: number;
  digits: number;
  /** Of the current line. */
  at: number;
  first: number;
  isListed: boolean;
  digitsHere: number;
}

const newLines = (): Lines => ({
  lines: 0,
  listed: 0,
  characters: 0,
  longest: 0,
  shortest: Number.POSITIVE_INFINITY,
  digits: 0,
  at: 0,
  first: 0,
  isListed: false,
  digitsHere: 0,
});

function readLine(lines: Lines, code: number, digit: boolean): void {
  if (code === 10) {
    endLine(lines);
    return;
  }
  if (lines.at === 0) lines.first = code;
  else if (lines.at === 1) lines.isListed = isListing(lines.first, code);
  if (digit) lines.digitsHere++;
  lines.at++;
}

/** "A.", "1)", "- ", "* ". */
function isListing(first: number, second: number): boolean {
  const mark = first === 45 || first === 42;
  const sign = (first >= 48 && first <= 57) || (first >= 97 && first <= 122);
  return (mark && second === 32) || (sign && (second === 46 || second === 41));
}

function endLine(lines: Lines): void {
  if (lines.at > 0) lines.lines++;
  if (lines.isListed) {
    lines.listed++;
    lines.characters += lines.at;
    lines.digits += lines.digitsHere;
    lines.longest = Math.max(lines.longest, lines.at);
    lines.shortest = Math.min(lines.shortest, lines.at);
  }
  lines.at = 0;
  lines.isListed = false;
  lines.digitsHere = 0;
}
