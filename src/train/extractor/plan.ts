/**
 * What the trainer of extractors proposes: for structured answers, as many passes as pay, with its share of the task's
 * minutes; and why not where their values neither stand in the inputs nor are few.
 * Does not: train.
 */
import { toolChoiceOf } from '../../core/answer.ts';
import type { Dataset, Example } from '../../core/dataset.ts';
import type { Proposal, Refusal, TrainingLimits } from '../../core/runtime.ts';
import type { Task } from '../../core/task.ts';
import { learnTargets } from '../../models/extractor/targets.ts';
import { planPasses } from '../plan.ts';

/** Tokens per second with two threads, through both members on the encoder of 22M parameters (dev/LOG.md). */
const MEASURED = { tokensPerSecond: 900, parameters: 22_713_216, threads: 2 };
/** What it reads of an input at most, in tokens, and how many characters a token of English has. */
const [MAX_TOKENS, CHARACTERS_PER_TOKEN] = [1_024, 4.5];
/** Vectors afterwards and alignment before take about as long as this number of passes. */
const OVERHEAD_PASSES = 0.5;
/** About as many examples in all are enough, in 4 to 16 passes (dev/LOG.md). */
const ENOUGH_EXAMPLES = 45_000;
const [MIN_PASSES, MAX_PASSES] = [4, 16];
/** Its share of a task's minutes, at most: a language model may know more, and takes longer. */
const SHARE = 1 / 2;

/** @param here Its encoder; `isHere`: whether the weights are on this machine. Nothing for answers without structure. */
export function proposeExtractor(
  task: Pick<Task, 'kind'>,
  { splits: { train } }: Pick<Dataset, 'splits'>,
  limits: TrainingLimits,
  here: { readonly base: string; readonly isHere: boolean; readonly threads: number },
): readonly Proposal[] {
  if (!isExtractable(task.kind)) return [];
  const { base } = here;
  const parameters = limits.bases.find(({ name }) => name === base)?.parameters ?? MEASURED.parameters;
  const expected =
    MEASURED.tokensPerSecond * (MEASURED.parameters / parameters) * (here.threads / MEASURED.threads);
  const lengths = train.map(({ input }) =>
    Math.min(MAX_TOKENS, Math.ceil(input.length / CHARACTERS_PER_TOKEN) + 2),
  );
  const wanted = Math.min(MAX_PASSES, Math.max(MIN_PASSES, ENOUGH_EXAMPLES / Math.max(1, train.length)));
  const budget = { minutes: limits.minutes * SHARE, speed: limits.speedOf(base) ?? expected };
  const { epochs, refusal, ...plan } = planPasses(lengths, wanted, budget, OVERHEAD_PASSES);
  return [
    {
      rung: 'extractor',
      base,
      recipe: { epochs },
      cost: 'minutes',
      ...plan,
      refusal: (here.isHere ? whyNotExtracted(task.kind, train) : MISSING) ?? refusal,
    },
  ];
}

/** The kinds of answers that have fields. */
type Structured = 'json' | 'tool' | 'mixed';
export const isExtractable = (kind: Task['kind']): kind is Structured =>
  kind === 'json' || kind === 'tool' || kind === 'mixed';

const MISSING: Refusal = {
  reason: 'Nothing here can train an extractor specialist: its weights are missing.',
};

/** By the examples: aligning them takes a moment, and a trainer is asked more than once. */
const reasons = new WeakMap<readonly Example[], Refusal | null>();

export function whyNotExtracted(kind: Structured, train: readonly Example[]): Refusal | null {
  const known = reasons.get(train);
  if (known !== undefined) return known;
  const reason = findReason(kind, train);
  const refusal = reason === null ? null : { reason };
  reasons.set(train, refusal);
  return refusal;
}

const NOTHING_TO_FIND =
  'Nothing in its answers is copied from the input or chosen apart from the rest: the cheaper rungs do as much.';

/** This number of the examples, evenly spread, tells whether it is worth trying. */
const MAX_LOOKED_AT = 2_000;

function findReason(kind: Structured, examples: readonly Example[]): string | null {
  // Texts among tool calls have no fields.
  const all =
    kind === 'mixed' ? examples.filter(({ answer }) => toolChoiceOf(kind, answer) !== '') : examples;
  const every = Math.ceil(all.length / MAX_LOOKED_AT);
  const train = all.filter((_, i) => i % every === 0);
  const { forms, plan, targets } = learnTargets(kind, train);
  const whole = targets.filter(({ lost, form }) => lost.length === 0 && form !== '' && forms.includes(form));
  if (whole.length * 2 >= train.length)
    return plan.fields.some(({ tag, chosen }) => tag !== null || chosen) ? null : NOTHING_TO_FIND;
  const lost = new Map<string, number>();
  for (const target of targets)
    for (const { path } of target.lost) {
      const name = path.filter((key) => key !== '[]' && key !== '').join('.');
      lost.set(name, (lost.get(name) ?? 0) + 1);
    }
  const [worst] = [...lost].sort(([, a], [, b]) => b - a);
  const share = `${train.length - whole.length} of ${train.length} answers hold what it could not give`;
  if (worst === undefined) return `${share}: most have a form seen only once.`;
  return `${share}: the value of \`${worst[0]}\` neither stands in the input nor is one of few in ${worst[1]} of them.`;
}
