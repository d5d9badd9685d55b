/**
 * The second half of a decision: a specialist is asked about a call, and its answer is used or not. It has its time, its
 * places, and so many calls of a session; the model that finds people reads the request first.
 * Does not: say which specialist (assignment.ts), or what makes an answer usable (decision.ts).
 */
import type { EscalationReason } from '../core/call.ts';
import type { RedactedRequest } from '../core/online.ts';
import type { Prediction } from '../core/specialist.ts';
import type { Ask } from './ask.ts';
import type { Candidacy } from './assignment.ts';
import type { Outcome } from './decision.ts';
import type { SessionLimits } from './session-limits.ts';

/** What became of a specialist's answer, and what it had read where that is used. */
export type Attempt =
  | Extract<Outcome, { readonly used: false }>
  | (Extract<Outcome, { readonly used: true }> & { readonly input: string });

/** What became of asking: its prediction, on the request as it read it; or why it was not asked. */
type Asked =
  | { readonly whole: RedactedRequest; readonly input: string; readonly prediction: Prediction }
  | { readonly refused: EscalationReason };

/**
 * @param awaited The request as it is read with the model that finds people, where that was waited for; null: it was not to be
 *   had. Default: it is read within the specialist's time.
 */
export type AttemptToServe = (
  candidacy: Candidacy,
  signal: AbortSignal,
  awaited?: RedactedRequest | null,
) => Promise<Attempt>;

export function createAttempt(
  ask: Ask,
  limits: Pick<SessionLimits, 'isReached' | 'count'>,
  now: () => number,
): AttemptToServe {
  return async ({ route, request, read, input, sessions }, signal, awaited) => {
    const { decision, deployment, runtime, specialist, perSession } = route;
    const isOver = (): boolean => sessions.some((each) => limits.isReached(specialist.id, each, perSession));
    if (isOver()) return { used: false, reason: 'session-limit' };
    const asked = await ask(
      specialist.id,
      async (within): Promise<Asked> => {
        // Within the specialist's time, as its answer is.
        const whole = awaited !== undefined ? awaited : read.complete ? await read.complete() : read;
        if (whole === null) return { refused: 'overload' };
        const admission =
          whole === read ? { asked: true as const, input } : decision.admit(request, whole, now());
        if (!admission.asked) return { refused: admission.reason };
        const told = { signal: within, request: whole.request };
        const prediction = await runtime.predict(specialist.artefact, admission.input, told);
        return { whole, input: admission.input, prediction };
      },
      signal,
    );
    if (typeof asked === 'string') return { used: false, reason: asked };
    if ('refused' in asked) return { used: false, reason: asked.refused };
    const { confidence } = specialist;
    const { threshold } = deployment;
    const outcome = decision.judge(request, asked.whole, asked.prediction, { confidence, threshold });
    if (!outcome.used) return outcome;
    // Others of its session may have been served meanwhile.
    if (isOver()) return { used: false, reason: 'session-limit', confidence: outcome.confidence };
    for (const each of sessions) limits.count(specialist.id, each);
    return { ...outcome, input: asked.input };
  };
}
