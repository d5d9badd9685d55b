/** Specialists, candidates and deployments as the API shows them. Pure. */
import type { Deployment } from '../../core/deployment.ts';
import type { Specialist, Verdict } from '../../core/specialist.ts';
import type { Task } from '../../core/task.ts';
import type { Outlook } from '../../deploy/stages.ts';
import type { DeploymentView } from '../schemas/deployments.ts';
import type { CandidateView, SpecialistView } from '../schemas/specialists.ts';

/** The deployment that a task's people look at: the newest that serves or was suspended, then one that waits, then any. */
export function currentOf(deployments: readonly Deployment[], taskId: string): Deployment | undefined {
  const own = deployments.filter((each) => each.taskId === taskId);
  const kept = own.filter(({ stage }) => stage !== 'retired');
  return kept.findLast(({ stage }) => stage !== 'proposed') ?? kept.at(-1) ?? own.at(-1);
}

export function candidateView({
  candidate,
  chosen,
  reason,
  estimate,
  minutesNeeded,
}: Verdict): CandidateView {
  return {
    rung: candidate.rung,
    base: candidate.base,
    chosen,
    reason,
    estimate: estimate ?? null,
    minutesNeeded: minutesNeeded ?? null,
  };
}

/** @param mayReadWords Whether labels, which callers wrote, are shown. */
export function specialistView(
  specialist: Specialist,
  stage: Deployment['stage'] | null,
  mayReadWords: boolean,
): SpecialistView {
  const { id, version, artefact, createdAt, evidence } = specialist;
  const { gate, calibration, exam, selfAgreement, latencyMs } = evidence;
  return {
    id,
    version,
    createdAt,
    stage,
    rung: artefact.rung,
    base: artefact.base,
    trainedMs: artefact.trainedMs,
    figures: { ...artefact.figures },
    evidence: {
      gate: {
        passed: gate.passed,
        threshold: gate.threshold,
        epsilon: gate.epsilon,
        delta: gate.tries?.delta ?? gate.delta,
        served: gate.served,
        errors: gate.errors,
        n: gate.n,
        pValue: gate.pValue,
        effectiveCalls: gate.sessions?.effectiveCalls ?? null,
        reason: gate.reason,
        moreCalls: gate.moreCalls,
      },
      calibration: {
        accuracy: calibration.accuracy,
        curve: calibration.curve,
        bins: calibration.confidence?.bins ?? [],
        calibrationError: calibration.confidence?.calibrationError ?? null,
        confusions: mayReadWords ? (calibration.confusions ?? []) : null,
        mistakes: calibration.mistakes ?? [],
      },
      exam: {
        accuracy: exam.accuracy,
        coverage: exam.coverage,
        servedError: exam.servedError,
        unseenError: exam.unseenError ?? null,
        curve: exam.curve,
        fieldScore: exam.fieldScore,
        uses: exam.uses,
      },
      selfAgreement,
      latencyMs,
    },
  };
}

export function deploymentView(
  deployment: Deployment,
  task: Task | undefined,
  specialist: Specialist | undefined,
  outlook: Outlook | null,
): DeploymentView {
  const { id, taskId, specialistId, stage, threshold, history } = deployment;
  return {
    id,
    taskId,
    specialistId,
    stage,
    threshold,
    outlook,
    taskName: task?.name ?? taskId,
    version: specialist?.version ?? null,
    rung: specialist?.artefact.rung ?? null,
    bound: specialist?.evidence.gate.epsilon ?? null,
    delta: specialist?.evidence.gate.delta ?? null,
    history: history.map(({ numbers, ...change }) => (numbers ? { ...change, numbers } : change)),
  };
}
