/**
 * What becomes of a task's winner: whether there is one worth a proof, what the proof says (winner-proof.ts), and its
 * deployment if it passed (into-service.ts); all of it told in the task's report. For pipeline.ts.
 * Does not: train or choose (trial.ts, select/).
 */
import type { Dataset, SplitName } from '../core/dataset.ts';
import { UnderstudyError } from '../core/errors.ts';
import { isJudgeFailure } from '../core/judge.ts';
import { countCaseVariants } from '../core/label.ts';
import { type LearnOptions, leftOutOf, type TaskReport } from '../core/learning.ts';
import { percent } from '../core/percent.ts';
import type { Task } from '../core/task.ts';
import { whyNotRepeated } from '../select/repeats.ts';
import { deltaOfTry } from '../stats/spending.ts';
import { callsNeeded } from '../stats/statistics.ts';
import { putIntoService } from './into-service.ts';
import { callsFor, epochWords } from './more-calls.ts';
import { suspendIfRefuted } from './standing.ts';
import { type LearnContext, nextTry, type TaskRun, type TrainedTrial } from './trial.ts';
import { proofOf, type WinnerProof } from './winner-proof.ts';

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

/** A forecast is hardly ever 0 exactly. */
const MIN_COVERAGE = 0.001;

async function proveWinner(run: TaskRun, context: LearnContext, options: LearnOptions): Promise<TaskReport> {
  const { task, competition } = run;
  const { winner } = competition;
  await context.store.addVerdicts(task.id, Date.now(), [...competition.verdicts, ...run.dropped]);
  const refused = (
    reason: string,
    rest: Partial<Pick<TaskReport, 'specialist' | 'moreCalls'>> = {},
  ): TaskReport => ({
    ...reportOf(run),
    deployed: false,
    outcome: 'refused',
    specialist: null,
    reason,
    moreCalls: null,
    ...rest,
  });
  if (winner === null) return refused(whyNoWinner(run), { moreCalls: await callsForAnyProof(run, context) });
  const correct = correctOfGiven(winner);
  // Nothing that it could be expected to serve, and most answers wrong: minutes of predictions would show the same.
  if (winner.coverage < MIN_COVERAGE && correct < 0.5)
    return refused(
      `Of the best candidate's answers (${winner.candidate.rung}) ${percent(correct, 0)} were correct on the validation split: too few to spend held-back calls on a proof.${spellingsOf(task)}`,
    );
  const proof = await proofOf(winner, run, context, options).catch((error: unknown): UnderstudyError => {
    if (isJudgeFailure(error)) return error;
    throw error;
  });
  // The judge cannot go on now: nothing was spent of delta, and what it has said is kept.
  if (proof instanceof UnderstudyError)
    return refused(`The proof waits for the judge. ${proof.message} ${proof.hint}`);
  const { specialist, withdrawal } = proof;
  if (withdrawal !== null)
    return refused(
      `It passed, and was taken out of service: ${withdrawal}. It is tried again when there are new calls to learn from.`,
      { specialist },
    );
  const deployed = specialist.evidence.gate.passed && !options.dryRun;
  if (deployed) await putIntoService(specialist, context, options.propose === true);
  return provedReport(run, proof, deployed);
}

/** What the report says of a run, whatever came of it. */
function reportOf({ task, dataset, dropped, competition, askedAgain, judging }: TaskRun) {
  const { id, name, kind, calls, kinds } = task;
  return {
    task: { id, name, kind, calls, ...(kinds ? { kinds } : {}) },
    dataset: {
      id: dataset.id,
      sizes: sizesOf(dataset),
      dropped: dataset.dropped,
      leftOut: leftOutOf(dataset.dropped, dataset.droppedExamples ?? {}),
    },
    verdicts: [...competition.verdicts, ...dropped],
    askedAgain,
    ...(judging ? { judge: judging.report } : {}),
    trained: competition.trials.map(({ candidate, artefact }) => ({
      candidateId: candidate.id,
      rung: candidate.rung,
      base: candidate.base,
      seconds: artefact.trainedMs / 1000,
      figures: artefact.figures,
    })),
  } satisfies Partial<TaskReport>;
}

function provedReport(run: TaskRun, { specialist, asked }: WinnerProof, deployed: boolean): TaskReport {
  const { task, dataset, askedAgain } = run;
  const { passed, reason, moreCalls } = specialist.evidence.gate;
  return {
    ...reportOf(run),
    specialist,
    askedAgain: askedAgain + asked,
    deployed,
    outcome: passed ? 'passed' : 'refused',
    reason: passed ? reason : reason + epochWords(dataset) + spellingsOf(task),
    moreCalls: passed || moreCalls === null ? null : callsFor(moreCalls, dataset),
  };
}

/** What became of the cheapest candidate says most, and what more time would have let be tried. */
function whyNoWinner({ competition, dropped }: TaskRun): string {
  const cheapest = competition.verdicts[0]?.reason ?? dropped[0]?.reason ?? 'No candidate could be tried.';
  const late = dropped.find(({ minutesNeeded }) => minutesNeeded !== undefined);
  return late
    ? `${cheapest} For ${late.candidate.rung} the time was too short: ${late.minutesNeeded} minutes (--minutes) would do.`
    : cheapest;
}

/** About how many more calls it takes until any candidate could be proved; null where more calls are no help. */
async function callsForAnyProof(
  { task, dataset, judging }: TaskRun,
  context: LearnContext,
): Promise<number | null> {
  const { epsilon, delta } = context.config.gate;
  const { train, calibration } = dataset.splits;
  const tried = await nextTry(task.id, context);
  const missing = callsNeeded(0, epsilon, deltaOfTry(delta, tried)) - calibration.length;
  // Other texts need a judge, however many there are; calls that ask for more than is served need another caller.
  const isRefused = (dataset.dropped.policy ?? 0) > 0 && calibration.length === 0;
  const isHelped = whyNotRepeated(task.kind, train, judging?.report.refusal) === null;
  return isHelped && missing > 0 && !isRefused ? callsFor(missing, dataset) : null;
}

/** Share of the answers that it gave, of those it was tried on, that are correct: where it abstains it is not wrong. */
function correctOfGiven({ graded }: TrainedTrial): number {
  const given = graded.filter(({ prediction }) => prediction.answer !== '');
  return given.filter(({ grade }) => grade.correct === true).length / Math.max(1, given.length);
}

/** Names the labels' spellings as a likely cause of a refusal; '' where they are none. */
function spellingsOf({ labels }: Task): string {
  const variants = countCaseVariants(labels);
  if (variants === 0) return '';
  return ` ${variants} of its ${labels.length} labels differ from another in case alone, and its prompt has both spellings: if they mean the same, let the prompt have one.`;
}

function sizesOf({ splits }: Dataset): Record<SplitName, number> {
  const { train, validation, calibration, exam } = splits;
  return {
    train: train.length,
    validation: validation.length,
    calibration: calibration.length,
    exam: exam.length,
  };
}
