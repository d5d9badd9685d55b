/**
 * The proof of a task's winner: the one it has already, or a new one, with references settled, the threshold by the gate and
 * the exam. What comes of it is a specialist with its evidence, passed or not.
 * Does not: report or deploy (proof.ts).
 */
import { provedOn, type TimedRequest } from '../callsite/proved.ts';
import type { CallRequest } from '../core/call.ts';
import { equalityId } from '../core/compare.ts';
import type { Config } from '../core/config.ts';
import type { Dataset } from '../core/dataset.ts';
import { isInService } from '../core/deployment.ts';
import { newId } from '../core/ids.ts';
import { dayOf } from '../core/job.ts';
import type { LearnOptions } from '../core/learning.ts';
import type { Specialist } from '../core/specialist.ts';
import type { DeploymentStore, Event } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { taskChanged } from '../deploy/epochs.ts';
import { changePoint } from '../evaluate/change-point.ts';
import { assess } from '../evaluate/evaluate.ts';
import { byEquality } from '../evaluate/predictions.ts';
import { referencesFor } from './references.ts';
import { auditsAgainst, withAudits } from './standing.ts';
import { examination, type LearnContext, nextTry, type TaskRun, type TrainedTrial } from './trial.ts';

/** What a proof gave. */
export interface WinnerProof {
  readonly specialist: Specialist;
  /** Answers that the LLM was asked for again. */
  readonly asked: number;
  /** Why a specialist that was proved before is out of service again; null where it is not, or the proof is new. */
  readonly withdrawal: string | null;
}

/**
 * What was proved before, on the same examples and to the same bound, is not examined again.
 * @throws as the runtime; where a judge is asked also UnderstudyError of core/judge.ts, when it cannot go on.
 */
export async function proofOf(
  winner: TrainedTrial,
  run: TaskRun,
  context: LearnContext,
  options: Pick<LearnOptions, 'dryRun'>,
): Promise<WinnerProof> {
  const { store, config } = context;
  const judge = winner.isJudged ? context.judge?.identity : undefined;
  const proved = (await store.specialists(run.task.id)).find((each) =>
    isProof(each, winner, run, config, judge),
  );
  if (!proved) return { ...(await prove(winner, run, context, options)), withdrawal: null };
  return { specialist: proved, asked: 0, withdrawal: await withdrawalOf(proved, store) };
}

/** Whether the specialist is this very artefact, held to this bound on these examples, by the same equality and judge. */
function isProof(
  { candidate, artefact, evidence, proved }: Specialist,
  trained: Pick<TrainedTrial, 'candidate' | 'artefact'>,
  { task, dataset }: Pick<TaskRun, 'task' | 'dataset'>,
  { gate: { epsilon, delta }, equality }: Config,
  judge: string | undefined,
): boolean {
  const { datasetId, gate } = evidence;
  if (proved !== undefined && proved.shapedBy !== task.shapedBy) return false;
  if (evidence.equality !== equalityId(equality) || evidence.judge?.identity !== judge) return false;
  const same =
    candidate.id === trained.candidate.id &&
    artefact.path === trained.artefact.path &&
    datasetId === dataset.id;
  return same && gate.epsilon === epsilon && gate.delta === delta;
}

/** Why the specialist went out of service, where nothing took its place: evidence speaks against it. Null otherwise. */
async function withdrawalOf(specialist: Specialist, store: DeploymentStore): Promise<string | null> {
  const last = (await store.deployments()).filter(({ taskId }) => taskId === specialist.taskId).at(-1);
  const withdrawn =
    last?.specialistId === specialist.id && !isInService(last.stage) && last.stage !== 'proposed';
  return withdrawn ? (last.history.at(-1)?.reason ?? 'no reason was given') : null;
}

async function prove(
  { candidate, artefact, runtime, graded, isJudged }: TrainedTrial,
  {
    task,
    dataset: recorded,
    requests,
    models,
    judging,
  }: Pick<TaskRun, 'task' | 'dataset' | 'requests' | 'models' | 'judging'>,
  context: LearnContext,
  { dryRun }: Pick<LearnOptions, 'dryRun'>,
): Promise<Pick<WinnerProof, 'specialist' | 'asked'>> {
  const { store, config } = context;
  const { dataset, selfAgreement, repeats, asked } = await referencesFor(
    task,
    recorded,
    ['calibration', 'exam'],
    requests,
    context,
  );
  const {
    confidence,
    evidence: onCalls,
    outcomes,
  } = await assess({
    ...examination(task, requests, context, { isJudged }),
    ...config.gate,
    ...(isJudged && judging?.run ? { judging: judging.run } : {}),
    runtime,
    artefact,
    dataset,
    validation: isJudged ? graded : byEquality(graded),
    selfAgreement,
    ...(repeats ? { repeats } : {}),
    useExam: () => store.useExam(task.id, recorded.id),
    tries: {
      number: await nextTry(task.id, context),
      // Counted first: of two that begin at once, both are tested at the stricter level.
      use: async () => {
        await store.useGate(task.id, recorded.id);
        return (await nextTry(task.id, context)) - 1;
      },
    },
  });
  const evidence = {
    ...onCalls,
    gate: withAudits(onCalls.gate, await auditsAgainst(candidate, recorded.epoch ?? null, context)),
  };
  const now = Date.now();
  const proved = { ...evidence, equality: equalityId(config.equality) };
  const specialist: Specialist = {
    id: newId('specialist', now),
    taskId: task.id,
    version: (await store.specialists(task.id)).length + 1,
    kind: task.kind,
    candidate,
    artefact,
    confidence,
    evidence: proved,
    proved: {
      ...provedOn(task, timedRequests(recorded, requests)),
      models,
      contradictions: recorded.contradictions,
    },
    createdAt: now,
  };
  const isTimed = recorded.order === 'time' && !specialist.evidence.gate.passed;
  const changed = isTimed && !dryRun ? changeIn(task, outcomes, now) : null;
  await store.addSpecialist(specialist, changed ? [changed] : []);
  return { specialist, asked };
}

/** The record of a change of the task that the held-back answers show: an epoch begins with it. Null where they show none. */
function changeIn({ id }: Task, outcomes: Parameters<typeof changePoint>[0], found: number): Event | null {
  const changed = changePoint(outcomes);
  if (changed === null) return null;
  const { before, after, since } = changed;
  const reason = `of the held-back answers ${after.errors} of ${after.n} are wrong since ${dayOf(since)}, and ${before.errors} of ${before.n} before`;
  return taskChanged(id, { since, found, reason }, false);
}

/** The requests of the dataset's calls, each with its time where that is known. */
function timedRequests(
  { splits, order }: Dataset,
  requests: ReadonlyMap<string, CallRequest>,
): TimedRequest[] {
  return Object.values(splits)
    .flat()
    .flatMap(({ callId, at }) => {
      const request = requests.get(callId);
      return request ? [{ request, at: order === 'time' ? at : null }] : [];
    });
}
