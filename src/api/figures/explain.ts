/**
 * Why a call went where it went: what the router asked in its order, what decided, and what would have changed it. From the
 * record of the call, its task and its deployment alone; no payload is opened.
 * Does not: gather the record (explained.ts), or route (route/, whose order of questions this repeats).
 */

import type { Served } from '../../core/call.ts';
import type { Deployment, Stage } from '../../core/deployment.ts';
import { percent } from '../../core/percent.ts';
import type { Specialist, Verdict } from '../../core/specialist.ts';
import type { StoredCall } from '../../core/store.ts';
import type { Task } from '../../core/task.ts';
import { judgedByText } from '../../report/judge-text.ts';
import type { Explanation } from '../schemas/calls.ts';
import { candidateView } from './views.ts';

export interface CallRecord {
  readonly call: StoredCall;
  readonly task: Task | null;
  /** The task's deployment that was in service when the call came, else the last one before it. */
  readonly deployment: Deployment | null;
  readonly specialist: Specialist | null;
  readonly verdicts: readonly Verdict[];
  readonly audit: Explanation['audit'];
  /** Today's setting. */
  readonly canaryShare: number;
}

type StepName =
  | 'read'
  | 'asked-for'
  | 'task'
  | 'specialist'
  | 'demands'
  | 'input'
  | 'stage'
  | 'answer'
  | 'valid'
  | 'confidence';
const STEPS: readonly StepName[] = [
  'read',
  'asked-for',
  'task',
  'specialist',
  'demands',
  'input',
  'stage',
  'answer',
  'valid',
  'confidence',
];

const QUESTIONS: Readonly<Record<StepName, string>> = {
  read: 'Can the request be read on its way?',
  'asked-for': 'May a specialist answer, as far as the caller is concerned?',
  task: 'Is it a call of a known task?',
  specialist: 'Does that task have a specialist in service?',
  demands: 'Can a specialist do what the request demands?',
  input: 'Is the input like those that the specialist was proved on?',
  stage: 'Does the deployment’s stage let the specialist answer?',
  answer: 'Did the specialist answer in time?',
  valid: 'Is its answer one that the caller can use?',
  confidence: 'Is its confidence high enough?',
};

/** At which question the call went to the LLM; 'confidence' also where the specialist served. */
function decidingStep({ reason, taskId, confidence }: Served): StepName {
  switch (reason) {
    case 'pass-through':
    case 'too-large':
      return 'read';
    case 'asked-for':
      return 'asked-for';
    case 'stopped':
      return 'specialist';
    case 'no-specialist':
      return taskId === undefined ? 'task' : 'specialist';
    case 'policy':
      return 'demands';
    case 'unfamiliar-input':
      return confidence === undefined ? 'input' : 'confidence';
    case 'shadow':
    case 'canary':
      return 'stage';
    case 'session-limit':
      return 'stage';
    case 'overload':
    case 'error':
      return 'answer';
    case 'invalid-output':
      return 'valid';
    default:
      return 'confidence';
  }
}

/** The stage that a deployment had at a time; null before it was made. */
export function stageAt({ history }: Deployment, at: number): Stage | null {
  return history.findLast((change) => change.at <= at)?.stage ?? null;
}

export function explain(record: CallRecord): Explanation {
  const { call, task, deployment, specialist, verdicts, audit } = record;
  const { served } = call;
  const deciding = decidingStep(served);
  const place = STEPS.indexOf(deciding);
  const stage = deployment && stageAt(deployment, call.at);
  const outcome = outcomeOf(record);
  return {
    callId: call.id,
    at: call.at,
    summary: outcome.summary,
    served: { by: served.by, reason: served.reason },
    task: task && { id: task.id, name: task.name, kind: task.kind, sites: task.sites.length },
    deployment:
      deployment && stage
        ? {
            id: deployment.id,
            stage,
            specialistId: deployment.specialistId,
            version: specialist?.version ?? null,
            rung: specialist?.artefact.rung ?? null,
          }
        : null,
    steps:
      served.reason === 'audit'
        ? []
        : STEPS.map((step, i) => ({
            step: QUESTIONS[step],
            outcome: i < place ? 'passed' : i === place ? 'decided' : 'not-reached',
            detail: i === place ? outcome.detail : '',
          })),
    confidence:
      served.confidence === undefined
        ? null
        : {
            value: served.confidence,
            threshold: deployment?.threshold ?? null,
            signals: (specialist?.confidence.signals ?? []).map((signal, i) => ({
              signal,
              weight: specialist?.confidence.weights[i] ?? 0,
            })),
          },
    candidates: verdicts.map(candidateView),
    wouldChange: outcome.wouldChange,
    audit,
  };
}

interface Outcome {
  readonly summary: string;
  /** What the deciding question came to. */
  readonly detail: string;
  readonly wouldChange: readonly string[];
}

function outcomeOf(record: CallRecord): Outcome {
  const { call, task, deployment, specialist } = record;
  const { reason, confidence = 0 } = call.served;
  const name = task?.name ?? 'its task';
  const threshold = deployment?.threshold ?? null;
  const said = confidence.toFixed(3);
  const least = threshold === null ? 'the threshold' : `the threshold of ${threshold.toFixed(3)}`;
  const judge = specialist?.evidence.judge;
  const judged = judge ? ` Its ${judgedByText(judge)}` : '';
  const byLlm = (detail: string, ...wouldChange: readonly string[]): Outcome => ({
    summary: `The LLM answered: ${detail}`,
    detail: capital(detail),
    wouldChange,
  });
  switch (reason) {
    case 'confident':
      return {
        summary: `The specialist for ‘${name}’ answered: its confidence of ${said} reached ${least}.`,
        detail: `Its confidence of ${said} reached ${least}.${judged}`,
        wouldChange: [
          `A confidence below ${least} would have sent it to the LLM.`,
          'So would the header `x-understudy-route: llm`, or the task’s kill switch.',
        ],
      };
    case 'low-confidence':
      return byLlm(
        `the confidence of ${said} was below ${least}.`,
        `A confidence of at least ${threshold === null ? 'the threshold' : threshold.toFixed(3)}.`,
        ...riskAt(specialist, confidence),
      );
    case 'unfamiliar-input':
      return byLlm(
        call.served.confidence === undefined
          ? 'its prompt or its input is unlike those that the specialist was proved on.'
          : 'the words or the meaning of its input are too far from those that were learnt from.',
        'A learning run over calls like this one: `understudy learn`.',
      );
    case 'invalid-output':
      return byLlm(
        'the specialist’s answer does not follow the schema, the tools or the labels that the caller expects.',
        'A valid answer. Where this happens often, the task needs other examples or another rung.',
      );
    case 'policy':
      return byLlm(
        'the request demands what specialists do not do, such as several answers or log-probabilities.',
        'A request without that demand; docs/router.md lists them.',
      );
    case 'session-limit':
      return byLlm(
        'as many calls of its session were served as the specialist’s proof allows.',
        'A call of another session; docs/proof.md says why there is a limit.',
      );
    case 'overload':
      return byLlm(
        'the specialist had too many calls at once, or did not answer in time.',
        'Fewer calls at once, more threads (`serve.threads`), or a longer `serve.timeoutMs`.',
      );
    case 'error':
      return byLlm('the specialist failed.', 'A model that runs: `understudy doctor` checks it.');
    case 'shadow':
      return byLlm(
        'the specialist was in shadow, where it is compared and never used.',
        'A deployment that has left shadow: comparisons move it, `understudy status` says how many more.',
      );
    case 'canary':
      return byLlm(
        `a canary answers a share of the sessions (${record.canaryShare}), and this one was drawn for the LLM.`,
        'Another session, a larger `serve.canaryShare`, or a live deployment.',
      );
    case 'no-specialist':
      return call.served.taskId === undefined
        ? byLlm(
            'it is no call of a task that was found.',
            'A task for calls like this one: `understudy learn` finds it once there are enough of them.',
          )
        : byLlm(
            `no specialist for ‘${name}’ was in service.`,
            'A specialist that passes the gate, and is not stopped, suspended or retired.',
          );
    case 'stopped':
      return byLlm(`a person had stopped ‘${name}’.`, 'Letting the task go on: `understudy resume`.');
    case 'asked-for':
      return byLlm(
        'the caller asked for the LLM.',
        'The request without the header `x-understudy-route: llm`.',
      );
    case 'too-large':
      return byLlm('it is longer than what is read on a call’s way.', 'A shorter request.');
    case 'pass-through':
      return byLlm(
        'it is no chat completion, and was passed through as it is.',
        'A request in a dialect that is understood.',
      );
    case 'audit':
      return {
        summary: 'The LLM was asked as well, to check the specialist that answered.',
        detail: '',
        wouldChange: ['It was drawn at random; `serve.auditShare` says how often.'],
      };
    default:
      return byLlm(`${reason}.`);
  }
}

/** What serving at this confidence would have meant on the calibration split. */
function riskAt(specialist: Specialist | null, confidence: number): string[] {
  if (!specialist) return [];
  const { calibration, gate, judge } = specialist.evidence;
  const point = calibration.curve
    .filter((each) => each.threshold <= confidence)
    .reduce<(typeof calibration.curve)[number] | null>(
      (best, each) => (best === null || each.threshold > best.threshold ? each : best),
      null,
    );
  if (point === null || point.served === 0) return [];
  const by = judge ? `, by ${judge.judge}` : '';
  const risk = percent(point.errors / point.served);
  return [
    `Another bound: with the threshold at its confidence, ${point.errors} of ${point.served} held-back calls would have been served wrong (${risk}${by}); the gate allows ${percent(gate.epsilon)}.`,
  ];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
