/**
 * What token sequences have in common, in order: the mechanics under template mining. A common sequence is a list
 * of token ids in which GAP stands wherever the texts differ.
 */

/** A place where anything may stand. */
export const GAP = -1;

/**
 * Words with the white space before them; numbers, dates and times whole, so that a slot never begins inside one;
 * Chinese characters one by one. Joined, they are the text.
 */
const TOKEN =
  /\s*(?:\p{Script=Han}|[[\p{L}_]--\p{Script=Han}]*\p{N}[\p{L}\p{N}_]*(?:[\-:.\/,][\p{L}\p{N}_]+)*|[[\p{L}_]--\p{Script=Han}]+(?:['’]\p{L}+)*|[^\s\p{L}\p{N}_])|\s+/gv;
const WORD = /[\p{L}\p{N}]/u;

/** Token texts ⇄ ids, shared by the texts that are compared. */
export interface Vocabulary {
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
  isWord(id: number): boolean;
}

export function vocabulary(): Vocabulary {
  const ids = new Map<string, number>();
  const tokens: string[] = [];
  const words: boolean[] = [];
  return {
    encode: (text) =>
      (text.match(TOKEN) ?? []).map((token) => {
        let id = ids.get(token);
        if (id === undefined) {
          id = tokens.length;
          ids.set(token, id);
          tokens.push(token);
          words.push(WORD.test(token));
        }
        return id;
      }),
    decode: (list) => list.map((id) => tokens[id] ?? '').join(''),
    isWord: (id) => words[id] ?? false,
  };
}

/** The stretches between the gaps, empty ones at the ends where the sequence begins or ends with a gap. */
export function runsOf(sequence: readonly number[]): number[][] {
  const runs: number[][] = [[]];
  for (const id of sequence) {
    if (id === GAP) runs.push([]);
    else runs.at(-1)!.push(id);
  }
  return runs;
}

/**
 * The common sequence of two: the longest common block, then the same to its left and right (Ratcliff and
 * Obershelp 1988). Unlike a longest common subsequence it keeps phrases whole rather than picking single words.
 */
export function align(a: readonly number[], b: readonly number[]): number[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start] && a[start] !== GAP) start++;
  let aEnd = a.length;
  let bEnd = b.length;
  while (aEnd > start && bEnd > start && a[aEnd - 1] === b[bEnd - 1] && a[aEnd - 1] !== GAP) {
    aEnd--;
    bEnd--;
  }
  const blocks: Block[] = [];
  if (start > 0) blocks.push({ a: 0, b: 0, size: start });
  middle(a, b, start, aEnd, bEnd, blocks);
  if (aEnd < a.length) blocks.push({ a: aEnd, b: bEnd, size: a.length - aEnd });

  const out: number[] = [];
  let aAt = 0;
  let bAt = 0;
  for (const block of blocks) {
    if (block.a > aAt || block.b > bAt) out.push(GAP);
    for (let i = 0; i < block.size; i++) out.push(a[block.a + i]!);
    aAt = block.a + block.size;
    bAt = block.b + block.size;
  }
  if (aAt < a.length || bAt < b.length) out.push(GAP);
  return out;
}

interface Block {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

/** A token more frequent than this begins no block (it may be inside one): it would make the search quadratic. */
const FREQUENT = 200;

function middle(
  a: readonly number[],
  b: readonly number[],
  start: number,
  aEnd: number,
  bEnd: number,
  out: Block[],
): void {
  const places = new Map<number, number[]>();
  for (let j = start; j < bEnd; j++) {
    const id = b[j]!;
    if (id === GAP) continue;
    const list = places.get(id);
    if (list) list.push(j);
    else places.set(id, [j]);
  }
  const found: Block[] = [];
  const queue = [{ aLow: start, aHigh: aEnd, bLow: start, bHigh: bEnd }];
  for (let span = queue.pop(); span; span = queue.pop()) {
    const block = longest(a, b, places, span.aLow, span.aHigh, span.bLow, span.bHigh);
    if (block.size === 0) continue;
    found.push(block);
    queue.push({ aLow: span.aLow, aHigh: block.a, bLow: span.bLow, bHigh: block.b });
    queue.push({
      aLow: block.a + block.size,
      aHigh: span.aHigh,
      bLow: block.b + block.size,
      bHigh: span.bHigh,
    });
  }
  out.push(...found.sort((x, y) => x.a - y.a));
}

function longest(
  a: readonly number[],
  b: readonly number[],
  places: ReadonlyMap<number, readonly number[]>,
  aLow: number,
  aHigh: number,
  bLow: number,
  bHigh: number,
): Block {
  let best: Block = { a: aLow, b: bLow, size: 0 };
  if (aLow >= aHigh || bLow >= bHigh) return best;
  let ending = new Map<number, number>();
  for (let i = aLow; i < aHigh; i++) {
    const next = new Map<number, number>();
    const list = places.get(a[i]!);
    if (list && list.length <= FREQUENT) {
      for (const j of list) {
        if (j < bLow) continue;
        if (j >= bHigh) break;
        const size = (ending.get(j - 1) ?? 0) + 1;
        next.set(j, size);
        if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
      }
    }
    ending = next;
  }
  if (best.size === 0) return best;
  let { a: from, b: bFrom, size } = best;
  const same = (i: number, j: number) => a[i] === b[j] && a[i] !== GAP;
  while (from > aLow && bFrom > bLow && same(from - 1, bFrom - 1)) {
    from--;
    bFrom--;
    size++;
  }
  while (from + size < aHigh && bFrom + size < bHigh && same(from + size, bFrom + size)) size++;
  return { a: from, b: bFrom, size };
}
