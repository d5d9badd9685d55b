/**
 * The proof of a task's winner: references settled, threshold by the gate, the exam, and the deployment if it passed.
 * Joins evaluate and deploy for pipeline.ts. Does not: train or choose (trial.ts, select/).
 */
import { provedOn, type TimedRequest } from '../callsite/proved.ts';
import type { CallRequest } from '../core/call.ts';
import { equalityId } from '../core/compare.ts';
import type { Config } from '../core/config.ts';
import type { Dataset, SplitName } from '../core/dataset.ts';
import { isInService } from '../core/deployment.ts';
import { UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { dayOf } from '../core/job.ts';
import { isJudgeFailure } from '../core/judge.ts';
import { countTwins } from '../core/label.ts';
import { type LearnOptions, leftOutOf, type TaskReport } from '../core/learning.ts';
import { percent } from '../core/percent.ts';
import type { Specialist } from '../core/specialist.ts';
import type { DeploymentStore, Event } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { callsToHoldBack } from '../curate/splits.ts';
import { changeDeployment } from '../deploy/change.ts';
import { taskChanged } from '../deploy/epochs.ts';
import { makeRoom } from '../deploy/make-room.ts';
import { deploy, moveTo } from '../deploy/stages.ts';
import { changePoint } from '../evaluate/change-point.ts';
import { assess, byEquality } from '../evaluate/evaluate.ts';
import { whyNotRepeated } from '../select/repeats.ts';
import { deltaOfTry } from '../stats/spending.ts';
import { callsNeeded } from '../stats/statistics.ts';
import { referencesFor } from './references.ts';
import { auditsAgainst, suspendIfRefuted, withAudits } from './standing.ts';
import { examination, type LearnContext, nextTry, type TaskRun, type TrainedTrial } from './trial.ts';

/**
 * The task's report. What was proved before, on the same examples and to the same bound, is not examined again. Where
 * nothing new comes into service, whoever is in service is graded on the new held-back calls.
 * @param options.changed Why whoever was in service was suspended already, if so.
 */
export async function proveAndDeploy(
  run: TaskRun,
  context: LearnContext,
  options: LearnOptions & { readonly changed: string | null },
): Promise<TaskReport> {
  const report = await proveWinner(run, context, options);
  if (report.deployed) return report;
  const suspended = options.changed ?? (options.dryRun ? null : await suspendIfRefuted(run, context));
  return suspended === null
    ? report
    : { ...report, suspended, reason: `${report.reason} The one in service: ${suspended}.` };
}

async function proveWinner(
  { task, dataset, requests, dropped, competition, models, askedAgain, judging }: TaskRun,
  context: LearnContext,
  options: LearnOptions,
): Promise<TaskReport> {
  const { store, config } = context;
  const verdicts = [...competition.verdicts, ...dropped];
  await store.addVerdicts(task.id, Date.now(), verdicts);
  const common = {
    task: {
      id: task.id,
      name: task.name,
      kind: task.kind,
      calls: task.calls,
      ...(task.kinds ? { kinds: task.kinds } : {}),
    },
    dataset: {
      id: dataset.id,
      sizes: sizesOf(dataset),
      dropped: dataset.dropped,
      leftOut: leftOutOf(dataset.dropped, dataset.droppedExamples ?? {}),
    },
    verdicts,
    askedAgain,
    ...(judging ? { judge: judging.report } : {}),
    trained: competition.trials.map(({ candidate, artefact }) => ({
      candidateId: candidate.id,
      rung: candidate.rung,
      base: candidate.base,
      seconds: artefact.trainedMs / 1000,
      figures: artefact.figures,
    })),
  };
  if (competition.winner === null) {
    // What became of the cheapest candidate says most, and what more time would have let be tried.
    const cheapest = competition.verdicts[0]?.reason ?? dropped[0]?.reason ?? 'No candidate could be tried.';
    const late = dropped.find(({ minutesNeeded }) => minutesNeeded !== undefined);
    const reason = late
      ? `${cheapest} For ${late.candidate.rung} the time was too short: ${late.minutesNeeded} minutes (--minutes) would do.`
      : cheapest;
    const missing =
      callsNeeded(0, config.gate.epsilon, deltaOfTry(config.gate.delta, await nextTry(task.id, context))) -
      dataset.splits.calibration.length;
    // Other texts need a judge, however many there are; calls that ask for more than is served need another caller.
    const isRefused = (dataset.dropped.policy ?? 0) > 0 && dataset.splits.calibration.length === 0;
    const isHelped = whyNotRepeated(task.kind, dataset.splits.train, judging?.report.refusal) === null;
    const moreCalls = isHelped && missing > 0 && !isRefused ? callsFor(missing, dataset) : null;
    return { ...common, ...REFUSED, specialist: null, reason, moreCalls };
  }

  const { winner } = competition;
  const { candidate } = winner;
  const correct = correctOfGiven(winner);
  // Nothing that it could be expected to serve, and most answers wrong: minutes of predictions would show the same.
  if (winner.coverage < MIN_COVERAGE && correct < 0.5) {
    const reason = `Of the best candidate's answers (${candidate.rung}) ${percent(correct, 0)} were correct on the validation split: too few to spend held-back calls on a proof.${spellingsOf(task)}`;
    return { ...common, ...REFUSED, specialist: null, reason, moreCalls: null };
  }
  const proved = (await store.specialists(task.id)).find((each) =>
    isProof(each, winner, { task, dataset }, config, winner.isJudged ? context.judge?.identity : undefined),
  );
  const found = proved
    ? { specialist: proved, asked: 0 }
    : await prove(winner, { task, dataset, requests, models, judging }, context, options).catch(
        (error: unknown) => {
          if (isJudgeFailure(error)) return error;
          throw error;
        },
      );
  // The judge cannot go on now: nothing was spent of delta, and what it has said is kept.
  if (found instanceof UnderstudyError)
    return {
      ...common,
      ...REFUSED,
      specialist: null,
      reason: `The proof waits for the judge. ${found.message} ${found.hint}`,
      moreCalls: null,
    };
  const { specialist, asked } = found;
  const withdrawal = proved && (await withdrawalOf(proved, store));
  if (withdrawal)
    return {
      ...common,
      ...REFUSED,
      specialist,
      reason: `It passed, and was taken out of service: ${withdrawal}. It is tried again when there are new calls to learn from.`,
      moreCalls: null,
    };
  const { passed, reason, moreCalls } = specialist.evidence.gate;
  const deployed = passed && !options.dryRun;
  if (deployed) await putIntoService(specialist, context, options.propose === true);
  return {
    ...common,
    specialist,
    askedAgain: askedAgain + asked,
    deployed,
    outcome: passed ? 'passed' : 'refused',
    reason: passed ? reason : reason + epochWords(dataset) + spellingsOf(task),
    moreCalls: passed || moreCalls === null ? null : callsFor(moreCalls, dataset),
  };
}

/** Share of the answers that it gave, of those it was tried on, that are correct: where it abstains it is not wrong. */
function correctOfGiven({ graded }: TrainedTrial): number {
  const given = graded.filter(({ prediction }) => prediction.answer !== '');
  return given.filter(({ grade }) => grade.correct === true).length / Math.max(1, given.length);
}

/** Names the labels' spellings as a likely cause of a refusal; '' where they are none. */
function spellingsOf({ labels }: Task): string {
  const twins = countTwins(labels);
  if (twins === 0) return '';
  return ` ${twins} of its ${labels.length} labels differ from another in case alone, and its prompt has both spellings: if they mean the same, let the prompt have one.`;
}

/** A forecast is hardly ever 0 exactly. */
const MIN_COVERAGE = 0.001;

const REFUSED = { deployed: false, outcome: 'refused' } as const;

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
  { dryRun }: LearnOptions,
): Promise<{ specialist: Specialist; asked: number }> {
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

/** The record of a change of the task that the held-back answers show; null where they show none. */
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

/**
 * Deploys in shadow, in the place of a former deployment of the task; nothing changes where it is deployed already.
 * @param isProposal A person decides on it (deploy/control.ts): until then what serves stays, and only an earlier proposal goes.
 */
async function putIntoService(
  specialist: Specialist,
  { store }: LearnContext,
  isProposal: boolean,
): Promise<void> {
  const serving = (await store.deployments()).filter(
    ({ taskId, stage }) => taskId === specialist.taskId && stage !== 'retired',
  );
  const own = serving.find(({ specialistId }) => specialistId === specialist.id);
  if (own && (isProposal || own.stage !== 'proposed')) return;
  const now = Date.now();
  for (const active of serving) {
    if (active === own || (isProposal && active.stage !== 'proposed')) continue;
    await makeRoom(store, active, `version ${specialist.version}`, now);
  }
  if (own) {
    // It waited for a person, and may now come into service without one.
    await changeDeployment(store, own.id, (proposal) =>
      proposal.stage === 'proposed'
        ? moveTo(proposal, 'shadow', now, specialist.evidence.gate.reason)
        : proposal,
    );
    return;
  }
  const deployment = deploy(specialist, now, isProposal ? 'proposed' : 'shadow');
  await store.putDeployment(deployment, null, [
    {
      id: newId('event', now),
      at: now,
      kind: isProposal ? 'specialist-proposed' : 'specialist-deployed',
      subject: specialist.id,
      detail: {
        deployment: deployment.id,
        task: specialist.taskId,
        reason: specialist.evidence.gate.reason,
      },
    },
  ]);
}

/**
 * About how many more calls of the task bring this number more into its calibration split; null where that is beyond hope.
 * Calls are expected to be left out as often as they were.
 */
function callsFor(heldBack: number, dataset: Dataset): number | null {
  const { splits, dropped, epoch } = dataset;
  // Nothing, or all of it says the same.
  if (splits.train.length < 2) return null;
  const kept = keptSince(dataset, Number.NEGATIVE_INFINITY);
  const calls = kept + Object.values(dropped).reduce((sum, n) => sum + n, 0);
  // Of how many calls one is kept; since a change that was found all are the LLM's.
  const each = epoch ? 1 : calls / kept;
  const [own, fresh] = epoch
    ? [keptSince(dataset, epoch.since), keptSince(dataset, epoch.found)]
    : [calls, calls];
  const more = callsToHoldBack((splits.calibration.length + heldBack) * each, own, fresh);
  return more > MAX_CALLS ? null : Math.max(more, heldBack);
}

/** Calls of the dataset from this time on. */
function keptSince({ splits }: Dataset, since: number): number {
  return Object.values(splits)
    .flat()
    .reduce((sum, { weight, at }) => sum + (at >= since ? weight : 0), 0);
}

/** Why so few calls count; '' where all do. */
function epochWords({ epoch, splits }: Dataset): string {
  if (!epoch) return '';
  const held = splits.calibration.length + splits.exam.length;
  return ` The task changed (${epoch.reason}): only calls since that was found, on ${dayOf(epoch.found)}, can prove anything, and ${held} of them are held back.`;
}

/** Beyond this, a number of calls is no help to anyone. */
const MAX_CALLS = 50_000;

function sizesOf({ splits }: Dataset): Record<SplitName, number> {
  const { train, validation, calibration, exam } = splits;
  return {
    train: train.length,
    validation: validation.length,
    calibration: calibration.length,
    exam: exam.length,
  };
}
