/** Classes of characters, and hashes of words. By numbers, since the scan asks for each character. */

export const LETTER = 1;
export const DIGIT = 2;

const CLASSES = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)) CLASSES[code] = LETTER;
  else if (code >= 48 && code <= 57) CLASSES[code] = DIGIT;
}

/** LETTER (of the scripts that put spaces between words), DIGIT (ASCII), or 0. */
export function classOf(code: number): number {
  if (code < 128) return CLASSES[code] ?? 0;
  if (code < 0xc0) return code === 0xaa || code === 0xba || code === 0xb5 ? LETTER : 0;
  if (code === 0xd7 || code === 0xf7) return 0;
  return code < 0x2000 || (code >= 0x2c00 && code < 0x2e00) ? LETTER : 0;
}

export const isCjk = (code: number): boolean =>
  (code >= 0x2e80 && code < 0xa000) || (code >= 0xac00 && code < 0xd7b0);

export const isUpper = (code: number): boolean => code <= 90 && code >= 65;

/** Of A to Z and À to Þ; other letters stay. */
export const lowerCode = (code: number): number =>
  (code >= 65 && code <= 90) || (code >= 0xc0 && code <= 0xde) ? code + 32 : code;

export const HASH_START = 5381;

export const hashStep = (hash: number, code: number): number => (Math.imul(hash, 33) + lowerCode(code)) | 0;

/** The hash of a word, the same for its capitals. */
export function wordHash(word: string): number {
  let hash = HASH_START;
  for (let i = 0; i < word.length; i++) hash = hashStep(hash, word.charCodeAt(i));
  return hash;
}
