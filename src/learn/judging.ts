/**
 * What the configured judge does for a task: what it would cost, and its own errors, measured before it decides anything.
 * Joins evaluate/judge with the captured calls for rounds.ts and proof.ts.
 * Does not: derive the bound (stats/judge-limits), or know a provider (setup/judge.ts).
 */
import { answerKindOf } from '../core/answer.ts';
import type { Dataset, Example } from '../core/dataset.ts';
import { isJudgeFailure, type Judge, type JudgeCost, type JudgeReport } from '../core/judge.ts';
import { progressOf } from '../core/progress.ts';
import type { Task } from '../core/task.ts';
import type { JudgedRun } from '../evaluate/judge/judged-run.ts';
import { countsOf, measureJudge, spoiltPairs } from '../evaluate/judge/quality.ts';
import { qualityText } from '../report/judge-text.ts';
import { JUDGE_SHARE, sensitivityLimit } from '../stats/judge-limits.ts';
import { deltaOfTry } from '../stats/spending.ts';
import type { LearnContext } from './trial.ts';

export interface Judging {
  readonly report: JudgeReport;
  /** For the proof; null where it decides nothing. */
  readonly run: JudgedRun | null;
}

/** Candidates whose answers are judged on the validation split, about. */
const CANDIDATES = 3;
/** Spoilt answers below which a judge is not measured. */
const MIN_KNOWN = 40;
/** A judge that shows so little of epsilon would need four times as many calls, and hardly ever get them. */
const MIN_SENSITIVITY = 0.25;

/** Null where no judge is configured, or the LLM answers no call of the task with a text. */
export async function judgingFor(
  task: Task,
  dataset: Dataset,
  context: LearnContext,
): Promise<Judging | null> {
  const { judge, config, onProgress, signal } = context;
  if (judge === undefined || (task.kind !== 'text' && task.kind !== 'mixed')) return null;
  const texts = textsOf(task, dataset);
  const all = Object.values(texts).flat();
  if (all.length === 0) return null;
  const known = [...texts.train, ...texts.validation];
  const count = config.judge?.knownPairs ?? MIN_KNOWN;
  const spoilt = spoiltPairs(known, count);
  const cost = costOf(judge, texts, spoilt.length);
  const report = { judge: judge.name, texts: all.length, cost, quality: null };
  const refused = (refusal: string): Judging => ({ report: { ...report, refusal }, run: null });
  if (judge.refusal !== null) return refused(judge.refusal.replace(/\.$/, ''));
  if (spoilt.length < MIN_KNOWN)
    return refused(
      `${judge.name} cannot be measured: of the ${known.length} texts that nothing is proved on ${spoilt.length} can be spoilt, one a session, and it takes ${MIN_KNOWN}`,
    );
  if (!spoilt.some(({ way }) => way === 'changed'))
    return refused(
      `${judge.name} cannot be measured: too few of the texts have a fact that can be changed, and that is what matters most`,
    );
  try {
    const quality = await measureJudge({
      judge,
      examples: known,
      count,
      ...(signal ? { signal } : {}),
      onDone: progressOf(onProgress, 'evaluate', spoilt.length, `${task.name}: the judge’s own errors`),
    });
    const counts = countsOf(quality);
    const refusal =
      sensitivityLimit(counts, deltaOfTry(config.gate.delta, 1) * JUDGE_SHARE) >= MIN_SENSITIVITY
        ? null
        : `${judge.name} errs too often to prove anything: ${qualityText(quality)}`;
    const run = refusal === null ? { quality, counts } : null;
    return { report: { ...report, quality, refusal }, run };
  } catch (error) {
    if (!isJudgeFailure(error)) throw error;
    return refused(`${judge.name} could not be measured: ${error.message} ${error.hint}`.replace(/\.$/, ''));
  }
}

type Texts = Readonly<Record<keyof Dataset['splits'], readonly Example[]>>;

/** The examples that the LLM answered with a text. */
function textsOf({ kind }: Task, { splits }: Dataset): Texts {
  const own = (examples: readonly Example[]): Example[] =>
    examples.filter(({ answer }) => answer !== '' && answerKindOf(kind, answer) === 'text');
  const { train, validation, calibration, exam } = splits;
  return {
    train: own(train),
    validation: own(validation),
    calibration: own(calibration),
    exam: own(exam),
  };
}

/** About: what differs is known only when candidates have answered, and here all of it does. */
function costOf(judge: Judge, { validation, calibration, exam, train }: Texts, spoilt: number): JudgeCost {
  const cost = (examples: readonly Example[], times = 1): JudgeCost => {
    const one = judge.estimate(examples.map(asPair));
    return { requests: one.requests * times, tokens: one.tokens * times, dollars: one.dollars * times };
  };
  const known = [...train, ...validation].slice(0, spoilt);
  const costs = [cost(known), cost(validation, CANDIDATES), cost(calibration), cost(exam)];
  return costs.reduce((sum, each) => ({
    requests: Math.round(sum.requests + each.requests),
    tokens: Math.round(sum.tokens + each.tokens),
    dollars: sum.dollars + each.dollars,
  }));
}

/** A specialist's answers are about as long as the LLM's. */
const asPair = ({ input, answer }: Example) => ({ input, reference: answer, answer });
