/**
 * Which candidates are worth trying on a task: what the trainers propose, cheapest first, less what the facts of the
 * catalogue, this machine and the gate rule out, each with its reason.
 * Does not: know how a trainer works or how long it takes (Trainer.propose), or try candidates (compete.ts).
 */
import { type Dataset, SPLITS } from '../core/dataset.ts';
import { contentHash } from '../core/ids.ts';
import type { Json } from '../core/json.ts';
import type { Proposal, Refusal, Trainer } from '../core/runtime.ts';
import type { Candidate, Rung, Verdict } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { exampleTokens } from '../core/tokens.ts';
import type { CatalogueEntry } from '../models/weights/entry.ts';
import { callsNeeded } from '../stats/statistics.ts';
import { type LlmFigures, whyNotCheaper } from './cost.ts';
import type { Resources } from './hardware.ts';
import { whyNotRepeated } from './repeats.ts';

/** What candidates have to keep to. */
export interface SelectionLimits {
  /** Whose trainings are cheapest first. */
  readonly trainers: readonly Trainer[];
  /** Whether something here can run a specialist of the rung. */
  readonly canRun: (rung: Rung) => boolean;
  readonly catalogue: readonly CatalogueEntry[];
  readonly resources: Resources;
  /** Catalogue names of the models whose weights are on this machine. */
  readonly available: ReadonlySet<string>;
  /** The base model that the configuration names: whoever did has accepted its licence. */
  readonly base: string;
  readonly budget: TrainingBudget;
  readonly gate: { readonly epsilon: number; readonly delta: number };
  /** What the task's calls cost and take at the LLM. */
  readonly llm: LlmFigures;
  /** Why no judge decides whether texts are equally good; null where one does. Default: there is none. */
  readonly noJudge?: string | null;
  /** Why answers to the task would not be served, whoever gives them; null where they would. */
  readonly unserved: string | null;
  /** Longest prompt with answer that a language model is served with, in tokens. Default: 1,024. */
  readonly contextTokens?: number;
  /** Licences that may be used, by SPDX name. Default: permissive ones. */
  readonly licences?: readonly string[];
}

/** What a task's trainings may take. */
export interface TrainingBudget {
  /** For trainings of cost `minutes`, together. */
  readonly minutes: number;
  /** Work per second in a trainer's trainings on this machine, by base; null before one is finished. */
  readonly speedOf: (trainer: string, base: string | null) => number | null;
}

/** A candidate, who would train it, and what that takes. */
export interface Contender extends Pick<Proposal, 'cost' | 'work' | 'minutes' | 'price'> {
  readonly candidate: Candidate;
  readonly trainer: Trainer;
}

export interface Choice {
  /** Cheapest first. */
  readonly contenders: readonly Contender[];
  readonly dropped: readonly Verdict[];
}

const PERMISSIVE = ['Apache-2.0', 'MIT', 'BSD-3-Clause', 'CC-BY-4.0'];

/** Fewer examples than this teach nothing that can be told apart from chance. */
const MIN_EXAMPLES = 30;

/**
 * The part of the catalogue that a contest is about: the models that the configuration names, and the bases that are
 * had without the hub. The rest is a person's choice (`understudy models`), and not worth a line in each report.
 */
export function inQuestion(
  catalogue: readonly CatalogueEntry[],
  named: { readonly base: string; readonly encoder: string },
): readonly CatalogueEntry[] {
  return catalogue.filter(({ name, kind, files }) =>
    kind === 'encoder' ? name === named.encoder : name === named.base || files.length > 0,
  );
}

/**
 * The candidates of this cost for a task, and why the others were dropped. What a training is expected to take is taken
 * off the minutes of those after it.
 */
export function chooseCandidates(
  task: Task,
  dataset: Dataset,
  cost: Proposal['cost'],
  limits: SelectionLimits,
): Choice {
  const contenders: Contender[] = [];
  const dropped: Verdict[] = [];
  const hopeless = whyHopeless(task, dataset, limits);
  let { minutes } = limits.budget;
  for (const trainer of limits.trainers) {
    const ask = (): readonly Proposal[] =>
      trainer
        .propose(task, dataset, {
          bases: limits.catalogue,
          minutes,
          speedOf: (base) => limits.budget.speedOf(trainer.name, base),
        })
        .filter((proposal) => proposal.cost === cost);
    let proposals = ask();
    for (let i = 0; i < proposals.length; i++) {
      const proposal = proposals[i]!;
      const known = [...contenders, ...dropped].map(({ candidate }) => candidate.id);
      const candidate = candidateOf(proposal, task, dataset, trainer, known);
      const refusal = hopeless ?? refusalOf(proposal, dataset, limits);
      if (refusal === null) {
        const { work, minutes: expected, price } = proposal;
        const priced = price === undefined ? {} : { price };
        contenders.push({ candidate, trainer, cost, work, minutes: expected, ...priced });
        minutes = Math.max(0, minutes - (expected ?? 0));
        // Those after it have less time.
        proposals = ask();
      } else {
        const late = refusal.minutesNeeded === undefined ? {} : { minutesNeeded: refusal.minutesNeeded };
        dropped.push({ candidate, chosen: false, reason: refusal.reason, ...late });
      }
    }
  }
  return { contenders, dropped };
}

/**
 * Its id is a hash of all that it is made of, so that a training which was killed is found again; of its trainer only
 * where another one proposes the same.
 * @param known Ids of the other candidates.
 */
function candidateOf(
  { rung, base, recipe }: Proposal,
  task: Task,
  dataset: Dataset,
  trainer: Trainer,
  known: readonly string[],
): Candidate {
  const idOf = (...parts: readonly Json[]): string =>
    `candidate_${contentHash(JSON.stringify([dataset.id, rung, base, recipe, ...parts]), 16)}`;
  const id = known.includes(idOf()) ? idOf(trainer.name) : idOf();
  return { id, taskId: task.id, rung, base, recipe };
}

/** Why nothing could be learnt from these calls, or served if it were, whoever trains. */
function whyHopeless(task: Task, dataset: Dataset, { unserved, noJudge }: SelectionLimits): Refusal | null {
  return because(unserved ?? whyNotRepeated(task.kind, dataset.splits.train, noJudge) ?? whyTooFew(dataset));
}

/** Why a proposal is not worth trying. A want of time is the last reason: with more time, the others would still hold. */
function refusalOf(proposal: Proposal, dataset: Dataset, limits: SelectionLimits): Refusal | null {
  const { rung, base, cost, refusal } = proposal;
  const entry = proposal.elsewhere ? undefined : limits.catalogue.find(({ name }) => name === base);
  if (refusal !== null && refusal.minutesNeeded === undefined) return refusal;
  const reason =
    (entry === undefined ? null : whyNotHere(entry, limits)) ??
    (limits.canRun(rung) ? null : `Nothing here can run a ${rung} specialist.`) ??
    whyNotCheaper(proposal, limits.llm) ??
    (cost === 'minutes' ? whyNotProvable(dataset, limits) : null) ??
    (entry?.kind === 'language' ? whyTooLong(entry, dataset, limits) : null);
  return because(reason) ?? refusal;
}

const because = (reason: string | null): Refusal | null => (reason === null ? null : { reason });

function whyTooFew({ splits, dropped }: Dataset): string | null {
  const refused = dropped.policy ?? 0;
  if (refused > 0 && splits.validation.length + splits.calibration.length + splits.exam.length === 0)
    return 'All calls that were held back ask for what no specialist is served for: log-probabilities, several choices, media, custom or built-in tools, or token biases that not all of its calls have.';
  const examples = splits.train.length;
  if (examples < MIN_EXAMPLES)
    return `Only ${examples} training ${examples === 1 ? 'example' : 'examples'}, duplicates not counted; at least ${MIN_EXAMPLES} are needed.`;
  const sessions = new Set(Object.values(splits).flatMap((split) => split.map(({ sessionId }) => sessionId)));
  if (sessions.size < SPLITS.length)
    return `All its calls belong to ${sessions.size === 1 ? 'one session' : `${sessions.size} sessions`}. A session is never split, so at least ${SPLITS.length} are needed to hold calls back for the proof.`;
  return null;
}

function whyNotHere(entry: CatalogueEntry, limits: SelectionLimits): string | null {
  const { resources } = limits;
  const isHere = limits.available.has(entry.name);
  if (entry.name !== limits.base && !(limits.licences ?? PERMISSIVE).includes(entry.license))
    return `Its licence (${entry.license}) is not among those that may be used.`;
  // Serving and training need not stand side by side with everything else; the weights must.
  if (entry.memory.bytes > resources.freeMemoryBytes)
    return `It needs ${gigabytes(entry.memory.bytes)} of memory, and ${gigabytes(resources.freeMemoryBytes)} are free.`;
  if (isHere) return null;
  if (entry.diskBytes > resources.freeDiskBytes)
    return `It needs ${gigabytes(entry.diskBytes)} of disk, and ${gigabytes(resources.freeDiskBytes)} are free.`;
  return `Its weights are not on this machine: \`understudy models download ${entry.name}\`, then name it in train.base.`;
}

function whyNotProvable({ splits }: Dataset, { gate }: SelectionLimits): string | null {
  const least = callsNeeded(0, gate.epsilon, gate.delta);
  const held = splits.calibration.length;
  if (held >= least) return null;
  return `With ${held} calls held back for the gate it could not be proved: at least ${least} are needed.`;
}

function whyTooLong(entry: CatalogueEntry, { splits }: Dataset, limits: SelectionLimits): string | null {
  const context = Math.min(entry.context, limits.contextTokens ?? 1024);
  const tooLong = splits.train.filter((example) => exampleTokens(example) > context).length;
  if (tooLong * 5 > splits.train.length)
    return `${tooLong} of ${splits.train.length} examples are longer than the ${context} tokens it is served with.`;
  return null;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
