/**
 * What the trainer of the encoder proposes: as many passes as pay, with its share of the task's minutes.
 * Does not: train.
 */
import type { Dataset, Example } from '../../core/dataset.ts';
import type { Proposal, Refusal, TrainingLimits } from '../../core/runtime.ts';
import type { Task } from '../../core/task.ts';
import { whyNotClassified } from '../../models/classifier/answer-classes.ts';
import { type Budget, type PassPlan, planPasses } from '../plan.ts';

/** Tokens per second with two threads, for the encoder of 22M parameters (dev/LOG.md). */
const MEASURED = { tokensPerSecond: 1_800, parameters: 22_713_216, threads: 2 };
/** What the encoder reads of an input at most, in tokens, and how many characters a token of English has. */
const [MAX_TOKENS, CHARACTERS_PER_TOKEN] = [256, 4.5];
/** Vectors before and after, and the first head, take about as long as this number of passes. */
const OVERHEAD_PASSES = 1;
/** About as many examples in all are enough, in 3 to 8 passes (tried with 616 to 8,503; dev/LOG.md). */
const ENOUGH_EXAMPLES = 30_000;
const [MIN_PASSES, MAX_PASSES] = [3, 8];

/** Its share of a task's minutes: for labels it is the best there is; else a language model may know more. */
const shareOf = ({ kind }: Pick<Task, 'kind'>): number => (kind === 'label' ? 1 : 1 / 3);

/** @param base Its encoder; `isHere`: whether the weights are on this machine. */
export function proposeEncoder(
  task: Task,
  { splits: { train } }: Dataset,
  limits: TrainingLimits,
  { base, isHere, threads }: { readonly base: string; readonly isHere: boolean; readonly threads: number },
): Proposal {
  const parameters = limits.bases.find(({ name }) => name === base)?.parameters ?? MEASURED.parameters;
  const expected =
    MEASURED.tokensPerSecond * (MEASURED.parameters / parameters) * (threads / MEASURED.threads);
  const { epochs, refusal, ...plan } = planEncoder(train, {
    minutes: limits.minutes * shareOf(task),
    speed: limits.speedOf(base) ?? expected,
  });
  return {
    rung: 'encoder',
    base,
    recipe: { epochs },
    cost: 'minutes',
    ...plan,
    refusal: (isHere ? whyNotChosenAmong(task.kind, train) : MISSING) ?? refusal,
  };
}

const MISSING: Refusal = {
  reason: 'Nothing here can train an encoder specialist: its weights are missing.',
};

/** It learns to choose, not to copy: where most answers hold a value of their own, its minutes are better spent. */
function whyNotChosenAmong(kind: Task['kind'], train: readonly Example[]): Refusal | null {
  const reason = whyNotClassified(
    kind,
    train.map(({ answer, weight }) => ({ template: answer, weight })),
  );
  return reason === null ? null : { reason };
}

export function planEncoder(train: readonly Pick<Example, 'input'>[], budget: Budget): PassPlan {
  const lengths = train.map(({ input }) =>
    Math.min(MAX_TOKENS, Math.ceil(input.length / CHARACTERS_PER_TOKEN) + 2),
  );
  const wanted = Math.min(MAX_PASSES, Math.max(MIN_PASSES, ENOUGH_EXAMPLES / Math.max(1, lengths.length)));
  return planPasses(lengths, wanted, budget, OVERHEAD_PASSES);
}
