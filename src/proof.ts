/**
 * The proof of a task's winner: references settled, threshold by the gate, the exam, and the deployment if it passed.
 * Joins evaluate and deploy for pipeline.ts. Does not: train or choose (trial.ts, select/).
 */
import type { Call } from './core/call.ts';
import { compareAnswers, schemasOf } from './core/compare.ts';
import type { Dataset, SplitName } from './core/dataset.ts';
import { newId } from './core/ids.ts';
import type { LearnOptions, TaskReport } from './core/learning.ts';
import { progressOf } from './core/progress.ts';
import type { Candidate, Rate, Specialist } from './core/specialist.ts';
import { callsNeeded } from './core/statistics.ts';
import type { Store } from './core/store.ts';
import type { Task } from './core/task.ts';
import { deploy, moveTo } from './deploy/stages.ts';
import { withReferences } from './evaluate/ask-again.ts';
import { assess } from './evaluate/evaluate.ts';
import { examination, type Prospect, type Trial, type Workshop } from './trial.ts';

/** The task's report. A winner that was proved on the same examples before is not examined again. */
export async function proveAndDeploy(
  { task, dataset, dropped, heat }: Prospect,
  calls: readonly Call[],
  workshop: Workshop,
  options: LearnOptions,
): Promise<TaskReport> {
  const { store, config } = workshop;
  const verdicts = [...heat.verdicts, ...dropped];
  store.addVerdicts(task.id, Date.now(), verdicts);
  const common = {
    task: { id: task.id, name: task.name, kind: task.kind, calls: task.calls },
    dataset: { id: dataset.id, sizes: sizesOf(dataset), dropped: dataset.dropped },
    verdicts,
    trained: heat.tried.map(({ candidate, result: { artefact } }) => ({
      candidateId: candidate.id,
      rung: candidate.rung,
      base: candidate.base,
      seconds: artefact.trainedMs / 1000,
      figures: artefact.figures,
    })),
  };
  if (heat.winner === null) {
    const reason = dropped.at(-1)?.reason ?? heat.verdicts.at(-1)?.reason ?? 'No candidate could be tried.';
    const missing =
      callsNeeded(0, config.gate.epsilon, config.gate.delta) - dataset.splits.calibration.length;
    const moreCalls = missing > 0 ? callsFor(missing, dataset) : null;
    return {
      ...common,
      specialist: null,
      askedAgain: 0,
      deployed: false,
      outcome: 'refused',
      reason,
      moreCalls,
    };
  }

  const { candidate, result } = heat.winner;
  const proved = store
    .specialists(task.id)
    .find((each) => each.candidate.id === candidate.id && each.evidence.datasetId === dataset.id);
  const { specialist, asked } = proved
    ? { specialist: proved, asked: 0 }
    : await prove(candidate, result, task, dataset, calls, workshop);
  const { passed, reason, moreCalls } = specialist.evidence.gate;
  const deployed = passed && !options.dryRun;
  if (deployed) putIntoService(specialist, store);
  return {
    ...common,
    specialist,
    askedAgain: asked,
    deployed,
    outcome: passed ? 'passed' : 'refused',
    reason,
    moreCalls: passed || moreCalls === null ? null : callsFor(moreCalls, dataset),
  };
}

async function prove(
  candidate: Candidate,
  { artefact, runtime, marked }: Trial,
  task: Task,
  recorded: Dataset,
  calls: readonly Call[],
  workshop: Workshop,
): Promise<{ specialist: Specialist; asked: number }> {
  const { store, config } = workshop;
  const { dataset, selfAgreement, asked } = await referencesFor(task, recorded, calls, workshop);
  const { confidence, evidence } = await assess({
    ...examination(task, workshop),
    ...config.gate,
    runtime,
    artefact,
    dataset,
    validation: marked,
    selfAgreement,
    useExam: () => store.useExam(task.id, recorded.id),
  });
  const now = Date.now();
  const specialist: Specialist = {
    id: newId('specialist', now),
    taskId: task.id,
    version: store.specialists(task.id).length + 1,
    kind: task.kind,
    candidate,
    artefact,
    confidence,
    evidence,
    createdAt: now,
  };
  store.addSpecialist(specialist);
  return { specialist, asked };
}

/** The dataset as it is measured against: with the LLM's majority answers where it can be asked again. */
async function referencesFor(
  task: Task,
  dataset: Dataset,
  calls: readonly Call[],
  { askAgain, onProgress }: Workshop,
): Promise<{ dataset: Dataset; selfAgreement: Rate | null; asked: number }> {
  // Two free texts are hardly ever the same, so there is no majority to be had.
  if (!askAgain || task.kind === 'text') return { dataset, selfAgreement: null, asked: 0 };
  const requests = new Map(calls.map((call) => [call.id, call.request]));
  const total = dataset.splits.calibration.length + dataset.splits.exam.length;
  const report = progressOf(onProgress, 'ask the LLM again', total, task.name);
  return withReferences(dataset, {
    ask: async ({ callId }) => {
      const request = requests.get(callId);
      return request ? askAgain(request) : null;
    },
    same: (a, b) => compareAnswers(task.kind, a, b, schemasOf(task)).right === true,
    onDone: report,
  });
}

/** Deploys in shadow, in the place of a former deployment of the task; nothing changes where it is deployed already. */
function putIntoService(specialist: Specialist, store: Store): void {
  const active = store
    .deployments()
    .filter(({ taskId, stage }) => taskId === specialist.taskId && stage !== 'retired');
  if (active.some(({ specialistId }) => specialistId === specialist.id)) return;
  const now = Date.now();
  for (const former of active)
    store.putDeployment(moveTo(former, 'retired', now, `replaced by version ${specialist.version}`));
  const deployment = deploy(specialist, now);
  store.putDeployment(deployment);
  store.addEvent({
    id: newId('event', now),
    at: now,
    kind: 'specialist-deployed',
    subject: specialist.id,
    detail: { deployment: deployment.id, reason: specialist.evidence.gate.reason },
  });
}

/** How many calls of the task bring so many more into its calibration split. */
function callsFor(heldBack: number, dataset: Dataset): number {
  const { calibration, ...rest } = sizesOf(dataset);
  const total = calibration + rest.train + rest.validation + rest.exam;
  // A third is held back for calibration where there are few calls (curate/splits).
  return Math.ceil(heldBack / (calibration === 0 ? 0.35 : calibration / total));
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
