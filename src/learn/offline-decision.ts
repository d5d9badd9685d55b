/**
 * The online decision on recorded calls, so that what is proved is what is served: policy, the variable part, validity
 * and what the answer copies are judged by route/decision, as for a call that comes in. Joins route and capture for
 * trial.ts and proof.ts. Does not: compare confidences with a threshold; the gate does, as the router does (>=).
 */
import { recordedRequest } from '../capture/recorded-request.ts';
import type { CallRequest, EscalationReason } from '../core/call.ts';
import type { Example } from '../core/dataset.ts';
import type { ProvedOn } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { decisionFor } from '../route/decision.ts';

/**
 * Why a specialist's answer to an example's call would not be given to the caller; null where it would be, its confidence
 * being high enough.
 * @param requests Of the task's calls, by their ids. An example of none of them counts as not served.
 * @param proved What the specialist was proved on, if it is not being proved now.
 */
export function offlineDecision(
  task: Task,
  requests: ReadonlyMap<string, CallRequest>,
  proved?: ProvedOn,
): (example: Pick<Example, 'callId' | 'at'>, answer: string) => EscalationReason | null {
  const { admit, accept } = decisionFor(task, proved);
  return ({ callId, at }, answer) => {
    const request = requests.get(callId);
    if (request === undefined) return 'error';
    const read = recordedRequest(request);
    const admission = admit(request, read, at);
    if (!admission.asked) return admission.reason;
    return accept(request, read, answer) === null ? 'invalid-output' : null;
  };
}
