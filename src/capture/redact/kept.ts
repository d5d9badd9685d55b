/** Values that are never replaced, found in a text in one pass (Aho and Corasick 1975). */

interface State {
  readonly next: Map<number, State>;
  /** The state of the longest proper suffix. */
  fail: State | null;
  /** Length of the longest value that ends here; 0 for none. */
  length: number;
}

const automata = new WeakMap<ReadonlySet<string>, State>();

/** Longer ones are no values. */
const MAX_LENGTH = 400;

function automatonOf(values: ReadonlySet<string>): State {
  const known = automata.get(values);
  if (known) return known;
  const root: State = { next: new Map(), fail: null, length: 0 };
  for (const value of values) {
    if (value.length === 0 || value.length > MAX_LENGTH) continue;
    let state = root;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      let next = state.next.get(code);
      if (next === undefined) {
        next = { next: new Map(), fail: null, length: 0 };
        state.next.set(code, next);
      }
      state = next;
    }
    state.length = value.length;
  }
  const queue: State[] = [root];
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at];
    for (const [code, next] of state?.next ?? []) {
      let fail = state?.fail ?? null;
      while (fail !== null && !fail.next.has(code)) fail = fail.fail;
      next.fail = fail?.next.get(code) ?? (next === root ? null : root);
      if (next.length === 0) next.length = next.fail?.length ?? 0;
      queue.push(next);
    }
  }
  automata.set(values, root);
  return root;
}

/**
 * Whether a place of the text lies inside an occurrence of one of the values, as a function of the place. Linear in the
 * text, whatever the number of values; an automaton is made once for each set.
 */
export function keptPlaces(
  text: string,
  values: ReadonlySet<string>,
): (start: number, end: number) => boolean {
  if (values.size === 0) return () => false;
  let state = automatonOf(values);
  const root = state;
  const ends: number[] = [];
  const starts: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    while (state !== root && !state.next.has(code)) state = state.fail ?? root;
    state = state.next.get(code) ?? root;
    if (state.length > 0) {
      ends.push(i + 1);
      starts.push(i + 1 - state.length);
    }
  }
  // The least start among the occurrences that end here or later.
  for (let i = starts.length - 2; i >= 0; i--) starts[i] = Math.min(starts[i] ?? 0, starts[i + 1] ?? 0);
  return (start, end) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) >= end) high = middle;
      else low = middle + 1;
    }
    return low < starts.length && (starts[low] ?? 0) <= start;
  };
}
