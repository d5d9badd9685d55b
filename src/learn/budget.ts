/**
 * What a task's trainings may take: the minutes that are left, and how fast trainings went on this machine. Both are
 * put on record, the speed with each finished training, the budget with each dataset that it was used for: a recipe
 * follows from them, so a killed training resumes only where they are the same again.
 * Does not: turn a budget into a recipe (each trainer's plan).
 */
import type { Dataset } from '../core/dataset.ts';
import { newId } from '../core/ids.ts';
import { isObject } from '../core/json.ts';
import type { Artefact } from '../core/specialist.ts';
import type { EventStore } from '../core/store.ts';
import type { Contender, TrainingBudget } from '../select/candidates.ts';
import type { Resources } from '../select/hardware.ts';
import type { LearnContext } from './trial.ts';

/** Work per second, by trainer and base (`keyOf`). */
export type Speeds = Readonly<Record<string, number>>;

const [BUDGETED, FINISHED] = ['training-budgeted', 'training-finished'];
/** A speed is the best of the latest trainings: the machine may have been busy during the others. */
const LATEST = 5;

const keyOf = (trainer: string, base: string | null): string => `${trainer}/${base ?? ''}`;

/** What speeds depend on, beside trainer and base: they hold where it is the same. */
export function machineOf(
  { cpu, cores }: Pick<Resources, 'cpu' | 'cores'>,
  config: LearnContext['config'],
): string {
  return `${cpu}, ${config.train.threads ?? cores} threads`;
}

/** Puts on record how long a training took. */
export async function recordSpeed(
  { trainer, candidate, work }: Pick<Contender, 'trainer' | 'candidate' | 'work'>,
  { trainedMs }: Pick<Artefact, 'trainedMs'>,
  machine: string,
  store: Pick<EventStore, 'addEvent'>,
): Promise<void> {
  if (trainedMs <= 0 || work <= 0) return;
  const at = Date.now();
  const detail = { machine, work, seconds: trainedMs / 1000 };
  await store.addEvent({
    id: newId('event', at),
    at,
    kind: FINISHED,
    detail,
    subject: keyOf(trainer.name, candidate.base),
  });
}

/** How fast the latest trainings on this machine went. */
export async function speedsOn(machine: string, store: Pick<EventStore, 'events'>): Promise<Speeds> {
  const own = (await store.events({ kind: FINISHED })).filter(({ detail }) => detail.machine === machine);
  const speeds = [...Map.groupBy(own, ({ subject }) => subject)].map(([key, events]) => {
    const latest = events.slice(-LATEST).map(({ detail }) => Number(detail.work) / Number(detail.seconds));
    return [key, Math.max(...latest)] as const;
  });
  return Object.fromEntries(speeds.filter(([, speed]) => Number.isFinite(speed) && speed > 0));
}

/** A task's budget, and whether it is that of an earlier run. */
export interface DatasetBudget {
  readonly minutes: number;
  readonly speeds: Speeds;
  readonly isRecorded: boolean;
}

/**
 * The budget of a dataset's trainings of cost `minutes`: what an earlier run with the same configuration gave it, else
 * `minutes` and the speeds as they are known by now.
 */
export async function budgetFor(
  dataset: Pick<Dataset, 'id'>,
  minutes: number,
  machine: string,
  { store, config }: Pick<LearnContext, 'store' | 'config'>,
): Promise<DatasetBudget> {
  const before = (await store.events({ kind: BUDGETED, subject: dataset.id })).findLast(
    ({ detail }) => detail.budget === config.train.minutes,
  )?.detail;
  if (typeof before?.minutes !== 'number')
    return { minutes, speeds: await speedsOn(machine, store), isRecorded: false };
  // A record without speeds is of a version that planned with those that each trainer brings.
  const speeds = isObject(before.speeds) ? (before.speeds as Speeds) : {};
  return { minutes: before.minutes, speeds, isRecorded: true };
}

/** Puts the budget on record, for the same dataset in a later run. */
export async function recordBudget(
  dataset: Pick<Dataset, 'id'>,
  { minutes, speeds }: DatasetBudget,
  { store, config }: Pick<LearnContext, 'store' | 'config'>,
): Promise<void> {
  const at = Date.now();
  const detail = { minutes, speeds, budget: config.train.minutes };
  await store.addEvent({ id: newId('event', at), at, kind: BUDGETED, subject: dataset.id, detail });
}

/** As select asks for it. */
export const toTrainingBudget = ({
  minutes,
  speeds,
}: Pick<DatasetBudget, 'minutes' | 'speeds'>): TrainingBudget => ({
  minutes,
  speedOf: (trainer, base) => speeds[keyOf(trainer, base)] ?? null,
});
