/**
 * How long a training of minutes goes: as many passes as pay, where the time allows them.
 * Does not: decide whether it is worth trying (candidates.ts, compete.ts).
 */
import type { Example } from '../core/dataset.ts';
import type { JsonObject } from '../core/json.ts';

/** Training: 250 tokens/s at 135M parameters on two cores (see docs), in proportion to cores and to parameters. */
const tokensPerSecond = (parameters: number, cores: number): number =>
  250 * (135e6 / parameters) * (cores / 2);

/** Tokens of a step, about, and examples at least and at most: of short ones four a step leave the products too small. */
const STEP = { tokens: 250, fewest: 4, most: 8 };

/** Fine-tuning the encoder of 22M parameters on two cores, tokens per second (dev/LOG.md). */
const ENCODER_SPEED = 1_800;
/** What the encoder reads of an input at most, in tokens, and how many characters a token of English has. */
const [ENCODER_TOKENS, ENCODER_CHARACTERS] = [256, 4.5];
/** Vectors before and after, and the first head, take about as long as so many passes. */
const ENCODER_BESIDES = 1;

/** English and JSON come to about this many characters per token. */
const CHARACTERS_PER_TOKEN = 3.5;

export interface Plan {
  readonly recipe: JsonObject;
  /** What the training will take, about. */
  readonly minutes: number;
  /** Why the time is too short; null where it is not. */
  readonly why: string | null;
  /** For one pass, and what comes besides. */
  readonly minutesNeeded: number;
}

export interface Means {
  readonly cores: number;
  readonly minutes: number;
}

type Examples = readonly Pick<Example, 'input' | 'answer'>[];

/** About 8,000 examples in all are enough, 1 to 4 passes each. */
export function planLora(
  parameters: number,
  train: readonly Pick<Example, 'input' | 'answer' | 'soft'>[],
  { cores, minutes }: Means,
): Plan {
  // An example is trained on once for each of its answers.
  const lengths = tokenLengths(
    train.flatMap((example) => [example, ...(example.soft ?? []).map(() => example)]),
  );
  const wanted = Math.min(4, Math.max(1, 8_000 / Math.max(1, lengths.length)));
  const plan = planPasses(lengths, wanted, tokensPerSecond(parameters, cores), minutes);
  return { ...plan, recipe: { ...plan.recipe, batch: stepBatch(lengths) } };
}

/** Examples per step of a language model's training, of their lengths in tokens. */
export function stepBatch(lengths: readonly number[]): number {
  const mean = lengths.reduce((sum, tokens) => sum + tokens, 0) / Math.max(1, lengths.length);
  return Math.max(STEP.fewest, Math.min(STEP.most, Math.round(STEP.tokens / mean)));
}

/** About 30,000 examples in all are enough, 3 to 8 passes each (tried with 616 to 8,503; dev/LOG.md). */
export function planEncoder(train: Examples, { cores, minutes }: Means): Plan {
  const lengths = train.map(({ input }) =>
    Math.min(ENCODER_TOKENS, Math.ceil(input.length / ENCODER_CHARACTERS) + 2),
  );
  const wanted = Math.min(8, Math.max(3, 30_000 / Math.max(1, lengths.length)));
  return planPasses(lengths, wanted, ENCODER_SPEED * (cores / 2), minutes, ENCODER_BESIDES);
}

/** How many passes the time allows, up to those that are wanted, beside what else takes as long as `besides` of them. */
function planPasses(
  lengths: readonly number[],
  wanted: number,
  speed: number,
  minutes: number,
  besides = 0,
): Plan {
  const total = lengths.reduce((sum, tokens) => sum + tokens, 0);
  const passMinutes = Math.max(total / speed / 60, 1e-9);
  const epochs = Math.max(0.01, Number(Math.min(wanted, minutes / passMinutes - besides).toFixed(2)));
  const why =
    epochs < Math.min(0.5, wanted)
      ? `One pass over its ${lengths.length} examples would take about ${Math.ceil(passMinutes)} minutes; ${Number(minutes.toFixed(1))} are left for it.`
      : null;
  const minutesNeeded = Math.ceil((1 + besides) * passMinutes);
  return { recipe: { epochs }, minutes: (epochs + besides) * passMinutes, why, minutesNeeded };
}

/** Tokens of each prompt with its answer, about. */
export const tokenLengths = (train: Examples): number[] =>
  train.map(({ input, answer }) => Math.ceil((input.length + answer.length) / CHARACTERS_PER_TOKEN) + 12);
