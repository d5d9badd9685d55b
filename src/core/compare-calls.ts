/**
 * Equality of the tool calls in two answers: the same tools with the same arguments, in the same order; calls of tools
 * with the policy `set` have no order, but a count. Ids of calls are not looked at.
 */
import { type Difference, differenceOf, keyOf, MAX_PAIRS, type TextPair } from './compare-values.ts';
import type { PolicyPlace } from './equality-policy.ts';
import type { Exact } from './exact-json.ts';

export interface ToolCallValue {
  readonly name: string;
  /** The arguments, as canonical.ts writes them. */
  readonly value: Exact;
}

interface CallDifference extends Difference {
  /** Null where the calls differ, and not their arguments. */
  readonly tool: string | null;
}

/** The first difference; texts for a judge are added to `texts`. @param root The place whose keys are tools. */
export function sameCalls(
  want: readonly ToolCallValue[],
  got: readonly ToolCallValue[],
  root: PolicyPlace,
  texts: TextPair[],
): CallDifference | null {
  if (want.length !== got.length) return calls(`${count(got.length)}, not ${want.length}`);
  const hasOrder = ({ name }: ToolCallValue): boolean => root.key(name).own !== 'set';
  const ordered = got.filter(hasOrder);
  const expected = want.filter(hasOrder);
  if (expected.length !== ordered.length) return calls('other tools are called');
  for (const [i, { name, value }] of expected.entries()) {
    const other = ordered[i]!;
    if (other.name !== name) return calls(`the tool \`${other.name}\` is not \`${name}\``);
    const difference = inputDifference(value, other.value, root.key(name), texts);
    if (difference !== null) return { ...difference, tool: name };
  }
  return unordered(
    want.filter((call) => !hasOrder(call)),
    got.filter((call) => !hasOrder(call)),
    root,
  );
}

/** A custom tool's input is a text of its own notation (a patch, a query): the white space around it counts. */
function inputDifference(want: Exact, got: Exact, place: PolicyPlace, texts: TextPair[]): Difference | null {
  const isText = typeof want === 'string' && typeof got === 'string' && place.inherited === null;
  if (isText && want.trim() === got.trim() && want.normalize('NFC') !== got.normalize('NFC'))
    return { path: [], reason: 'the white space around the input differs' };
  return differenceOf(want, got, place, [], texts);
}

const calls = (reason: string): CallDifference => ({ tool: null, path: [], reason });
const count = (n: number): string => `${n} tool call${n === 1 ? '' : 's'}`;

/** Each call must have a partner of its own: by its key, else a matching by the policies for its fields. */
function unordered(
  want: readonly ToolCallValue[],
  got: readonly ToolCallValue[],
  root: PolicyPlace,
): CallDifference | null {
  const byKey = Map.groupBy(got, (call) => keyOfCall(call, root));
  const left: ToolCallValue[] = [];
  for (const call of want) if (byKey.get(keyOfCall(call, root))?.pop() === undefined) left.push(call);
  const others = [...byKey.values()].flat();
  const partner = new Map<ToolCallValue, ToolCallValue>();
  let pairs = MAX_PAIRS;
  // Kuhn's algorithm for a maximum matching: a partner that is taken is freed where its first one finds another.
  const place = (call: ToolCallValue, seen: Set<ToolCallValue>): boolean =>
    others.some((other) => {
      if (seen.has(other) || pairs-- <= 0 || !isSameCall(call, other, root)) return false;
      seen.add(other);
      const taken = partner.get(other);
      if (taken !== undefined && !place(taken, seen)) return false;
      partner.set(other, call);
      return true;
    });
  for (const call of left)
    if (!place(call, new Set()))
      return { tool: null, path: [], reason: `a call of \`${call.name}\` has no equal` };
  return null;
}

const keyOfCall = ({ name, value }: ToolCallValue, root: PolicyPlace): string =>
  `${name} ${typeof value === 'string' ? value : keyOf(value, root.key(name))}`;

function isSameCall(a: ToolCallValue, b: ToolCallValue, root: PolicyPlace): boolean {
  if (a.name !== b.name) return false;
  // `set` speaks of the calls here, not of their arguments.
  const texts: TextPair[] = [];
  return inputDifference(a.value, b.value, root.key(a.name), texts) === null && texts.length === 0;
}
