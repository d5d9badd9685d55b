/**
 * Asks the LLM again for held-back calls and takes the majority of its answers as the reference.
 *
 * Why: an LLM contradicts itself now and then, and each slip among the references looks like a specialist's error.
 * With 1 % of slips a perfect specialist needs about 1,550 held-back calls to prove an error of at most 2 %;
 * against the majority of up to three answers it needs about 150. All held-back calls are asked again, those
 * that a specialist got right too, since asking only about its errors would flatter it. Where the first two answers
 * differ, a fourth tells how often one more would differ from the majority (slips.ts).
 * Does not: know any provider; asking is passed in.
 */
import type { Dataset, Example, SplitName } from '../core/dataset.ts';
import type { Rate } from '../core/specialist.ts';
import { rateOf } from '../stats/statistics.ts';
import type { Repeats } from './slips.ts';

interface AskAgainOptions {
  /** One more answer of the LLM to the example's call, as core/reference gives it; null where it failed. */
  readonly ask: (example: Example) => Promise<string | null>;
  /** Whether two answers come to the same, by the task's output kind. */
  readonly same: (a: string, b: string) => boolean;
  /** Whether the LLM's slips are to be measured on the example (slips.ts); it costs an answer where the first two differ. */
  readonly measured: (example: Example) => boolean;
  /** Questions at once. */
  readonly concurrency?: number;
  readonly onDone?: (done: number) => void;
}

interface References {
  /** The examples with the majority answer in place of the recorded one. */
  readonly examples: readonly Example[];
  /** How often the second answer came to the same as the first: the ceiling for any agreement with the LLM. */
  readonly selfAgreement: Rate;
  /** By example, those that a second answer came for. */
  readonly repeats: ReadonlyMap<string, Repeats>;
  readonly asked: number;
}

/** The examples with majority references: of two answers where they agree, else of three; without one, as recorded. */
async function askAgain(examples: readonly Example[], options: AskAgainOptions): Promise<References> {
  const out: Example[] = [...examples];
  const repeats = new Map<string, Repeats>();
  let asked = 0;
  let agreed = 0;
  let done = 0;
  let next = 0;
  const ask = (example: Example): Promise<string | null> => {
    asked++;
    return options.ask(example);
  };
  const one = async (i: number): Promise<void> => {
    const example = examples[i]!;
    const { answer: first, id } = example;
    const second = await ask(example);
    if (second !== null && options.same(first, second)) {
      agreed++;
      repeats.set(id, { outcome: 'agree', freshDiffers: false });
    } else if (second !== null) {
      const third = await ask(example);
      const isSecond = third !== null && options.same(second, third);
      const isSettled = isSecond || (third !== null && options.same(first, third));
      const reference = isSecond ? second : first;
      if (isSecond) out[i] = { ...example, answer: second };
      const fourth = options.measured(example) ? await ask(example) : null;
      const freshDiffers = fourth === null || !options.same(reference, fourth);
      repeats.set(id, { outcome: isSettled ? 'settled' : 'open', freshDiffers });
    }
    options.onDone?.(++done);
  };
  const worker = async (): Promise<void> => {
    while (next < examples.length) await one(next++);
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 8 }, worker));
  return { examples: out, selfAgreement: rateOf(agreed, repeats.size), repeats, asked };
}

export interface Referenced {
  /** The same examples, with majority answers in the splits that were named. */
  readonly dataset: Dataset;
  readonly selfAgreement: Rate;
  /** What asking again told, by example. */
  readonly repeats: ReadonlyMap<string, Repeats>;
  readonly asked: number;
}

/** The dataset with majority answers as references in `names`, splits to measure on; training data stays as it is. */
export async function withReferences(
  dataset: Dataset,
  names: readonly SplitName[],
  options: Omit<AskAgainOptions, 'measured'>,
): Promise<Referenced> {
  const calibration = new Set(dataset.splits.calibration);
  const heldBack = names.flatMap((split) => dataset.splits[split]);
  const { examples, ...told } = await askAgain(heldBack, {
    ...options,
    measured: (example) => calibration.has(example),
  });
  const byId = new Map(examples.map((example) => [example.id, example]));
  const splits = { ...dataset.splits };
  for (const split of names) splits[split] = splits[split].map((example) => byId.get(example.id) ?? example);
  return { dataset: { ...dataset, splits }, ...told };
}
