/** The layout of what a model says: groups of options, each a softmax over the whole input, and tags of units. Pure. */
import type { ExtractionPlan } from './plan.ts';

/** What belongs to a plan, and is a caller's words too. */
export interface Extraction {
  readonly plan: ExtractionPlan;
  /** As in Lesson. */
  readonly forms: readonly string[];
}

export interface Group {
  /** Place of the field in the plan; null: the form. */
  readonly field: number | null;
  readonly options: readonly string[];
  /** First option among those of all groups. */
  readonly offset: number;
}

/** The form first, where there is a choice; then each chosen field, in the plan's order. */
export function groupsOf({ plan, forms }: Extraction): readonly Group[] {
  const groups: Group[] = [];
  let offset = 0;
  const add = (field: number | null, options: readonly string[]): void => {
    groups.push({ field, options, offset });
    offset += options.length;
  };
  if (forms.length > 1) add(null, forms);
  plan.fields.forEach(({ chosen, options }, i) => {
    if (chosen) add(i, options);
  });
  return groups;
}

export const groupSizes = (groups: readonly Group[]): readonly number[] =>
  groups.map(({ options }) => options.length);

/** Outside of all values; then for each tag the unit that begins a value, and those that go on with it. */
export const tagCount = ({ tags }: Pick<ExtractionPlan, 'tags'>): number => 1 + 2 * tags;
export const beginOf = (tag: number): number => 1 + 2 * tag;
export const insideOf = (tag: number): number => 2 + 2 * tag;
