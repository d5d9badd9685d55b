/**
 * Which candidates are worth trying on a task: the ladder of rungs, cheapest first, less what cannot work here, each
 * with its reason.
 * Does not: try them (compete.ts).
 */
import { type Dataset, SPLITS } from '../core/dataset.ts';
import { contentHash } from '../core/ids.ts';
import type { Candidate, Rung, Verdict } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { whyNotClassified } from '../models/classifier/answer-template.ts';
import type { CatalogueEntry } from '../models/weights/catalogue.ts';
import { callsNeeded } from '../stats/statistics.ts';
import type { Room } from './hardware.ts';
import { type Plan, planEncoder, planLora, tokenLengths } from './plan.ts';

export interface Surroundings {
  readonly catalogue: readonly CatalogueEntry[];
  readonly room: Room;
  /** Catalogue names of the models whose weights are at hand. */
  readonly available: ReadonlySet<string>;
  /** The base model that the configuration names: whoever did has accepted its licence. */
  readonly base: string;
  /** Rungs that some trainer can train. */
  readonly trainable: ReadonlySet<Rung>;
  /** The model that a provider fine-tunes and runs, by the provider's name; null where none is configured. */
  readonly hosted: string | null;
  /** Minutes that rungs which take minutes may take for this task, together. */
  readonly minutes: number;
  readonly gate: { readonly epsilon: number; readonly delta: number };
  /** Why answers to the task would not be served, whoever gives them; null where they would. */
  readonly unserved?: string | null;
  /** Longest prompt with answer that a language model is served with, in tokens; 1,024 unless told. */
  readonly contextTokens?: number;
  /** Licences that may be used, by SPDX name; permissive ones unless told. */
  readonly licences?: readonly string[];
}

export interface Choice {
  /** Cheapest first. */
  readonly candidates: readonly Candidate[];
  readonly dropped: readonly Verdict[];
}

const PERMISSIVE = ['Apache-2.0', 'MIT', 'BSD-3-Clause', 'CC-BY-4.0'];

/** The encoder's share of a task's minutes: for labels it is the best there is; else a language model may know more. */
const encoderShare = ({ kind }: Task): number => (kind === 'label' ? 1 : 1 / 3);

/** Fewer examples than this teach nothing that can be told apart from chance. */
const MIN_EXAMPLES = 30;

/** The candidates for a task, and why the others were dropped. */
export function chooseCandidates(task: Task, dataset: Dataset, around: Surroundings): Choice {
  const candidates: Candidate[] = [];
  const dropped: Verdict[] = [];
  const consider = (rung: Rung, base: string | null, why: string | null, plan?: Plan): void => {
    const recipe = plan?.recipe ?? {};
    const id = `candidate_${contentHash(JSON.stringify([dataset.id, rung, base, recipe]), 16)}`;
    const candidate: Candidate = { id, taskId: task.id, rung, base, recipe };
    if (why === null) candidates.push(candidate);
    else {
      const late = why === plan?.why ? { minutesNeeded: plan.minutesNeeded } : {};
      dropped.push({ candidate, chosen: false, reason: why, ...late });
    }
  };
  const hopeless =
    task.kind === 'text'
      ? 'Its answers are free text: whether two texts are equally good takes a judge model, and there is none.'
      : (around.unserved ?? whyTooFew(dataset));
  consider('lexical', null, hopeless ?? whyNotTrained('lexical', around));
  const encoders = around.catalogue.filter(({ kind }) => kind === 'encoder');
  for (const entry of encoders)
    for (const rung of ['knn', 'head'] as const)
      consider(rung, entry.name, hopeless ?? whyNotTrained(rung, around) ?? whyNotHere(entry, around));
  // Fine-tuning the encoder costs less than training a language model, which gets the minutes that are left.
  let { minutes } = around;
  for (const entry of encoders) {
    const plan = planEncoder(dataset.splits.train, {
      cores: around.room.cores,
      minutes: minutes * encoderShare(task),
    });
    const why =
      hopeless ??
      whyNotTrained('encoder', around) ??
      whyNotHere(entry, around) ??
      whyNotProvable(dataset, around) ??
      // It learns to choose, not to copy: where most answers hold a value of their own, its minutes are better spent.
      whyNotClassified(dataset.splits.train.map(({ answer }) => answer)) ??
      plan.why;
    if (why === null) minutes -= plan.minutes;
    consider('encoder', entry.name, why, plan);
  }
  for (const entry of around.catalogue.filter(({ kind }) => kind === 'language')) {
    const plan = planLora(entry.parameters, dataset.splits.train, { cores: around.room.cores, minutes });
    const why =
      hopeless ??
      (entry.trainable === true ? null : entry.trainable.no) ??
      whyNotTrained('lora', around) ??
      whyNotHere(entry, around) ??
      whyNotProvable(dataset, around) ??
      whyTooLong(entry, dataset, around) ??
      plan.why;
    consider('lora', entry.name, why, plan);
  }
  if (around.hosted !== null)
    consider(
      'hosted',
      around.hosted,
      hopeless ?? whyNotTrained('hosted', around) ?? whyNotProvable(dataset, around),
    );
  return { candidates, dropped };
}

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

const whyNotTrained = (rung: Rung, { trainable }: Surroundings): string | null =>
  trainable.has(rung) ? null : `Nothing here can train a ${rung} specialist: its weights are missing.`;

function whyNotHere(entry: CatalogueEntry, around: Surroundings): string | null {
  const { room } = around;
  if (entry.name !== around.base && !(around.licences ?? PERMISSIVE).includes(entry.license))
    return `Its licence (${entry.license}) is not among those that may be used.`;
  // Serving and training need not stand side by side with everything else; the weights must.
  if (entry.memory.bytes > room.freeMemoryBytes)
    return `It needs ${gigabytes(entry.memory.bytes)} of memory, and ${gigabytes(room.freeMemoryBytes)} are free.`;
  if (!around.available.has(entry.name)) {
    if (entry.diskBytes > room.freeDiskBytes)
      return `It needs ${gigabytes(entry.diskBytes)} of disk, and ${gigabytes(room.freeDiskBytes)} are free.`;
    return 'Its weights are not at hand.';
  }
  return null;
}

function whyNotProvable({ splits }: Dataset, { gate }: Surroundings): string | null {
  const least = callsNeeded(0, gate.epsilon, gate.delta);
  const held = splits.calibration.length;
  if (held >= least) return null;
  return `With ${held} calls held back for the gate it could not be proved: at least ${least} are needed.`;
}

function whyTooLong(entry: CatalogueEntry, dataset: Dataset, around: Surroundings): string | null {
  const room = Math.min(entry.context, around.contextTokens ?? 1024);
  const tooLong = tokenLengths(dataset.splits.train).filter((tokens) => tokens > room).length;
  if (tooLong * 5 > dataset.splits.train.length)
    return `${tooLong} of ${dataset.splits.train.length} examples are longer than the ${room} tokens it is served with.`;
  return null;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
