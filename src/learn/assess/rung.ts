/**
 * Which rung will probably do for a task: the cheap one that was probed, or one that takes minutes, by what the answers are.
 * Does not: train any.
 */
import type { ExpectedCoverage, TaskProfile } from '../../core/assessment.ts';
import type { Rung } from '../../core/specialist.ts';
import type { Task } from '../../core/task.ts';
import type { Choice } from '../../select/candidates.ts';
import type { ProbeRun } from './probe.ts';

interface RungInput {
  readonly task: Pick<Task, 'kind'>;
  readonly profile: TaskProfile;
  readonly best: Pick<ProbeRun, 'rung' | 'accuracy'> | null;
  /** At the configuration's epsilon. */
  readonly atBound: ExpectedCoverage | null;
  /** Candidates that take minutes. */
  readonly slow: Pick<Choice, 'contenders' | 'dropped'>;
  /** Why no cheap rung was tried. */
  readonly refusal: string | null;
}

/** With this share served by a cheap rung, minutes of training have little to add (select/compete). */
const ENOUGH = 0.9;
/** Below this share nothing is worth a training. */
const LITTLE = 0.02;
/** From this share on answers are copied. */
const MOSTLY = 0.5;

export function likelyRung({ task, profile, best, atBound, slow, refusal }: RungInput): {
  readonly rung: Rung | null;
  readonly why: string;
  /** Whether it takes minutes of training. */
  readonly isSlow: boolean;
} {
  if (refusal !== null) return { rung: null, why: refusal, isSlow: false };
  const could = atBound?.withMoreCalls ?? 0;
  if (best !== null && could >= ENOUGH)
    return { rung: best.rung, why: 'Learnt in seconds, and good enough.', isSlow: false };
  const there = new Set(slow.contenders.map(({ candidate }) => candidate.rung));
  const wanted = preferred(task, profile).find((rung) => there.has(rung));
  if (wanted !== undefined) {
    return { rung: wanted, why: whySlow(wanted, best, could), isSlow: true };
  }
  if (best !== null && could >= LITTLE) return { rung: best.rung, why: 'Learnt in seconds.', isSlow: false };
  if (best === null) return { rung: null, why: 'No cheap rung can learn these answers.', isSlow: false };
  const late = slow.dropped[0]?.reason;
  return {
    rung: null,
    why: `The best cheap rung (${best.rung}) gets ${Math.round(100 * best.accuracy)} % right, and its confidence does not tell which.${late ? ` ${late}` : ''}`,
    isSlow: false,
  };
}

function whySlow(rung: Rung, best: RungInput['best'], could: number): string {
  const cheap =
    best === null
      ? 'no cheap rung can learn these answers'
      : could >= LITTLE
        ? `${best.rung} does in seconds what is expected here`
        : `the best cheap one (${best.rung}) gets ${Math.round(100 * best.accuracy)} % right and would serve nothing`;
  return `The rung ${rung} may do more: ${cheap}, and only minutes of training tell what ${rung} adds.`;
}

/** Rungs that take minutes, most suitable first. */
function preferred({ kind }: Pick<Task, 'kind'>, { copyable }: TaskProfile): readonly Rung[] {
  if (kind === 'label') return ['encoder', 'lora', 'prompted'];
  if (kind === 'text') return ['prompted'];
  return (copyable ?? 0) >= MOSTLY ? ['extractor', 'lora', 'prompted'] : ['extractor', 'prompted', 'lora'];
}
