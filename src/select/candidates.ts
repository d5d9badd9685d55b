/**
 * Which candidates are worth trying on a task: the ladder of rungs, cheapest first, less what cannot work here, each
 * with its reason.
 * Does not: try them (compete.ts).
 */
import { type Dataset, SPLITS } from '../core/dataset.ts';
import { contentHash } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { Candidate, Rung, Verdict } from '../core/specialist.ts';
import { callsNeeded } from '../core/statistics.ts';
import type { Task } from '../core/task.ts';
import type { CatalogueEntry } from '../models/catalogue.ts';
import type { Room } from './hardware.ts';

export interface Surroundings {
  readonly catalogue: readonly CatalogueEntry[];
  readonly room: Room;
  /** Catalogue names of the models whose weights are at hand. */
  readonly available: ReadonlySet<string>;
  /** Rungs that some trainer can train. */
  readonly trainable: ReadonlySet<Rung>;
  /** The model that a provider fine-tunes and runs, by the provider's name; null where none is configured. */
  readonly hosted: string | null;
  /** Minutes that training language models may take for this task. */
  readonly minutes: number;
  readonly gate: { readonly epsilon: number; readonly delta: number };
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

/** Fewer examples than this teach nothing that can be told apart from chance. */
const LEAST_EXAMPLES = 30;

/** Training: 250 tokens/s at 135M parameters on two cores (see docs), in proportion to cores and to parameters. */
const tokensPerSecond = (parameters: number, cores: number): number =>
  250 * (135e6 / parameters) * (cores / 2);

/** English and JSON come to about this many characters per token. */
const CHARACTERS_PER_TOKEN = 3.5;

/** The candidates for a task, and why the others were dropped. */
export function chooseCandidates(task: Task, dataset: Dataset, around: Surroundings): Choice {
  const candidates: Candidate[] = [];
  const dropped: Verdict[] = [];
  const consider = (rung: Rung, base: string | null, why: string | null, recipe: JsonObject = {}): void => {
    const id = `candidate_${contentHash(JSON.stringify([dataset.id, rung, base, recipe]), 16)}`;
    const candidate: Candidate = { id, taskId: task.id, rung, base, recipe };
    if (why === null) candidates.push(candidate);
    else dropped.push({ candidate, chosen: false, reason: why });
  };
  const hopeless =
    task.kind === 'text'
      ? 'Its answers are free text: whether two texts are equally good takes a judge model, and there is none.'
      : whyTooFew(dataset);
  consider('lexical', null, hopeless ?? whyNotTrained('lexical', around));
  for (const entry of around.catalogue.filter(({ kind }) => kind === 'encoder'))
    for (const rung of ['knn', 'head'] as const)
      consider(rung, entry.name, hopeless ?? whyNotTrained(rung, around) ?? whyNotHere(entry, around));
  for (const entry of around.catalogue.filter(({ kind }) => kind === 'language')) {
    const plan = planLora(entry, dataset, around);
    const why =
      hopeless ??
      (entry.trainable === true ? null : entry.trainable.no) ??
      whyNotTrained('lora', around) ??
      whyNotHere(entry, around) ??
      whyNotProved(dataset, around) ??
      whyNotSuited(entry, dataset, around) ??
      plan.why;
    consider('lora', entry.name, why, plan.recipe);
  }
  if (around.hosted !== null)
    consider(
      'hosted',
      around.hosted,
      hopeless ?? whyNotTrained('hosted', around) ?? whyNotProved(dataset, around),
    );
  return { candidates, dropped };
}

function whyTooFew({ splits }: Dataset): string | null {
  const examples = splits.train.length;
  if (examples < LEAST_EXAMPLES)
    return `Only ${examples} training ${examples === 1 ? 'example' : 'examples'}, duplicates not counted; at least ${LEAST_EXAMPLES} are needed.`;
  const sessions = new Set(Object.values(splits).flatMap((split) => split.map(({ sessionId }) => sessionId)));
  if (sessions.size < SPLITS.length)
    return `All its calls belong to ${sessions.size === 1 ? 'one session' : `${sessions.size} sessions`}. A session is never split, so at least ${SPLITS.length} are needed to hold calls back for the proof.`;
  return null;
}

const whyNotTrained = (rung: Rung, { trainable }: Surroundings): string | null =>
  trainable.has(rung) ? null : `Nothing here can train a ${rung} specialist: its weights are missing.`;

function whyNotHere(entry: CatalogueEntry, around: Surroundings): string | null {
  const { room } = around;
  if (!(around.licences ?? PERMISSIVE).includes(entry.license))
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

function whyNotProved({ splits }: Dataset, { gate }: Surroundings): string | null {
  const least = callsNeeded(0, gate.epsilon, gate.delta);
  const held = splits.calibration.length;
  return held < least
    ? `With ${held} calls held back for the gate it could not be proved: at least ${least} are needed.`
    : null;
}

function whyNotSuited(entry: CatalogueEntry, dataset: Dataset, around: Surroundings): string | null {
  const room = Math.min(entry.context, around.contextTokens ?? 1024);
  const tooLong = tokenLengths(dataset).filter((tokens) => tokens > room).length;
  if (tooLong * 5 > dataset.splits.train.length)
    return `${tooLong} of ${dataset.splits.train.length} examples are longer than the ${room} tokens it is served with.`;
  return null;
}

/** How many passes the time allows: about 8,000 examples in all are enough, 1 to 4 passes each. */
function planLora(
  entry: CatalogueEntry,
  dataset: Dataset,
  { room, minutes }: Surroundings,
): { readonly recipe: JsonObject; readonly why: string | null } {
  const lengths = tokenLengths(dataset);
  const wanted = Math.min(4, Math.max(1, 8_000 / Math.max(1, lengths.length)));
  const total = lengths.reduce((sum, tokens) => sum + tokens, 0);
  const speed = tokensPerSecond(entry.parameters, room.cores);
  const passMinutes = total / speed / 60;
  const epochs = Number(Math.min(wanted, minutes / Math.max(passMinutes, 1e-9)).toFixed(2));
  const why =
    epochs < Math.min(0.5, wanted)
      ? `One pass over its ${lengths.length} examples would take about ${Math.ceil(passMinutes)} minutes; ${Number(minutes.toFixed(1))} are left for it.`
      : null;
  return { recipe: { epochs: Math.max(0.01, epochs) }, why };
}

const tokenLengths = ({ splits }: Dataset): number[] =>
  splits.train.map(
    ({ input, answer }) => Math.ceil((input.length + answer.length) / CHARACTERS_PER_TOKEN) + 12,
  );

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
