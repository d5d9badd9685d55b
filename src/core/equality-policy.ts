/**
 * What a team says of the fields of its answers beyond the schemas: which may differ, and how far. Paths are
 * `tool.field.sub[]`; the answers of tasks without tools begin with `answer`, or with the name of their response format.
 * Does not: compare (compare.ts).
 */

/** What a number may differ by: so much, or this share of the larger one. */
export type Tolerance = { readonly absolute: number } | { readonly relative: number };

export const POLICIES = ['ignore', 'case-insensitive', 'set', 'text', 'exact'] as const;

/**
 * ignore: whatever it is. case-insensitive: texts in upper and lower case are equal. set: neither the order nor repeats
 * of an array matter; on a tool, the order of its calls in one answer does not. text: texts that differ are for a judge.
 * exact: white space around texts, and their Unicode form, count too. All but `set` hold for what is inside as well.
 */
export type FieldPolicy = (typeof POLICIES)[number] | Tolerance;

/** By path. */
export type EqualityPolicy = Readonly<Record<string, FieldPolicy>>;

/** Root of the paths into answers that are no tool calls. */
export const ANSWER = 'answer';

/** Where a walk through an answer stands among the policies. */
export interface PolicyPlace {
  /** That of this very place; null where there is none. */
  readonly own: FieldPolicy | null;
  /** That of the nearest place above, or this one, for what is inside; null where there is none. */
  readonly inherited: FieldPolicy | null;
  key(name: string): PolicyPlace;
  /** As `key`, for each of the names, but not for `*`. */
  named(...names: string[]): PolicyPlace;
  item(): PolicyPlace;
}

interface PolicyNode {
  policy: FieldPolicy | null;
  readonly keys: Map<string, PolicyNode>;
  any: PolicyNode | null;
  items: PolicyNode | null;
}

type Step = { readonly key: string } | 'any' | 'item';

const STEP = /^(?:(\.?)(?:"([^"]+)"|([^."[\]]+))|(\[\]))/;

/** The steps of a path; null where it is none. */
function stepsOf(path: string): Step[] | null {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== '') {
    const match = STEP.exec(rest);
    const [whole = '', dot, quoted, plain, item] = match ?? [];
    // A dot stands between two names, and before no other.
    if (!match || (item === undefined && (dot === '.') !== steps.length > 0) || (item && steps.length === 0))
      return null;
    steps.push(item ? 'item' : plain === '*' ? 'any' : { key: quoted ?? plain ?? '' });
    rest = rest.slice(whole.length);
  }
  return steps.length === 0 ? null : steps;
}

/** What is wrong with a path and its policy, in a sentence; null where nothing is. */
export function whyNoPolicy(path: string, policy: FieldPolicy): string | null {
  const steps = stepsOf(path);
  if (steps === null)
    return `\`${path}\` is no path: write \`tool.field\`, \`tool.list[].field\` or \`answer.field\`, names with dots in double quotes.`;
  const whole = steps.length === 1 && (path === ANSWER || steps[0] === 'any');
  if (whole && policy === 'ignore') return `\`${path}: ignore\` would make every answer right.`;
  return null;
}

/** The place of the answers' roots: its keys are tools, `answer`, and names of response formats. */
export function policyRoot(policy: EqualityPolicy): PolicyPlace {
  const known = roots.get(policy);
  if (known) return known;
  const root = newNode();
  for (const [path, value] of Object.entries(policy)) {
    let at = root;
    for (const step of stepsOf(path) ?? []) {
      if (step === 'item') at.items ??= newNode();
      else if (step === 'any') at.any ??= newNode();
      else if (!at.keys.has(step.key)) at.keys.set(step.key, newNode());
      at = (step === 'item' ? at.items : step === 'any' ? at.any : at.keys.get(step.key))!;
    }
    at.policy = value;
  }
  const place = placeOf([root], null);
  roots.set(policy, place);
  return place;
}

const roots = new WeakMap<EqualityPolicy, PolicyPlace>();

const newNode = (): PolicyNode => ({ policy: null, keys: new Map(), any: null, items: null });

/** @param nodes Most specific first: names before `*`. */
function placeOf(nodes: readonly PolicyNode[], above: FieldPolicy | null): PolicyPlace {
  const own = nodes.find(({ policy }) => policy !== null)?.policy ?? null;
  const inherited = own !== null && own !== 'set' ? own : above;
  return {
    own,
    inherited,
    key: (name) => {
      if (nodes.length === 0) return placeOf(nodes, inherited);
      const named = nodes.flatMap(({ keys }) => keys.get(name) ?? []);
      return placeOf([...named, ...nodes.flatMap(({ any }) => any ?? [])], inherited);
    },
    named: (...names) =>
      placeOf(
        nodes.flatMap(({ keys }) => names.flatMap((name) => keys.get(name) ?? [])),
        inherited,
      ),
    item: () =>
      placeOf(
        nodes.flatMap(({ items }) => items ?? []),
        inherited,
      ),
  };
}
