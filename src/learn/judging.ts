/**
 * What the configured judge does for a task: what it would cost, and its own errors, measured before it decides anything.
 * Joins evaluate/judge with the captured calls for rounds.ts and proof.ts.
 * Does not: derive the bound (stats/judge-limits), or know a provider (setup/judge.ts).
 */
import { answerKindOf } from '../core/answer.ts';
import type { CallRequest } from '../core/call.ts';
import { compareAnswers, schemasOf } from '../core/compare.ts';
import type { Dataset, Example } from '../core/dataset.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Judge, JudgeCost, JudgeReport } from '../core/judge.ts';
import { progressOf } from '../core/progress.ts';
import { referenceOf } from '../core/reference.ts';
import type { Task } from '../core/task.ts';
import type { JudgedRun } from '../evaluate/judge/judged-run.ts';
import { countsOf, measureJudge, secondOutcome, spoiltPairs } from '../evaluate/judge/quality.ts';
import { qualityText } from '../report/judge-text.ts';
import { JUDGE_SHARE, judgeLimits, powerOf } from '../stats/judge-limits.ts';
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
/** Second answers of the LLM that differ from the first, below which its own rate is not worth comparing with. */
const MIN_SECOND = 20;
/** A judge that shows so little of epsilon would need four times as many calls, and hardly ever get them. */
const MIN_POWER = 0.25;

/** Null where no judge is configured, or the LLM answers no call of the task with a text. */
export async function judgingFor(
  task: Task,
  dataset: Dataset,
  requests: ReadonlyMap<string, CallRequest>,
  context: LearnContext,
): Promise<Judging | null> {
  const { judge, config, askAgain, onProgress, signal } = context;
  if (judge === undefined || (task.kind !== 'text' && task.kind !== 'mixed')) return null;
  const texts = textsOf(task, dataset);
  const all = Object.values(texts).flat();
  if (all.length === 0) return null;
  const options = schemasOf(task, config.equality);
  const same = (a: string, b: string): boolean => compareAnswers(task.kind, a, b, options).right === true;
  const again =
    askAgain &&
    (async ({ callId }: Example): Promise<string | null> => {
      signal?.throwIfAborted();
      const request = requests.get(callId);
      const response = request ? await askAgain(request) : null;
      const second = response && referenceOf(task, response);
      // A tool call where the first answer was a text is for equality to tell.
      return second && answerKindOf(task.kind, second) === 'text' ? second : null;
    });
  const known = [...texts.train, ...texts.validation];
  const count = config.judge?.knownPairs ?? MIN_KNOWN;
  const spoilt = spoiltPairs(known, count);
  const cost = costOf(judge, texts, spoilt.length, again !== undefined);
  const report = { judge: judge.name, texts: all.length, cost, quality: null };
  const refused = (refusal: string): Judging => ({ report: { ...report, refusal }, run: null });
  if (judge.refusal !== null) return refused(judge.refusal.replace(/\.$/, ''));
  if (spoilt.length < MIN_KNOWN)
    return refused(
      `${judge.name} cannot be measured: of the ${known.length} texts that nothing is proved on ${spoilt.length} can be spoilt, one a session, and it takes ${MIN_KNOWN}`,
    );
  try {
    const quality = await measureJudge({
      judge,
      examples: known,
      count,
      same,
      ...(again ? { again } : {}),
      ...(signal ? { signal } : {}),
      onDone: progressOf(onProgress, 'evaluate', spoilt.length, `${task.name}: the judge’s own errors`),
    });
    // Where the LLM repeats itself, or no second answer of it is ever found worse, there is nothing to excuse.
    const isPaired = quality.failed !== null && quality.failed.n >= MIN_SECOND && quality.failed.hits > 0;
    const counts = { ...countsOf(quality), ...(isPaired ? {} : { second: null }) };
    const limits = judgeLimits(counts, deltaOfTry(config.gate.delta, 1) * JUDGE_SHARE);
    const refusal =
      powerOf(limits) >= MIN_POWER
        ? null
        : `${judge.name} errs too often to prove anything: ${qualityText(quality)}`;
    const run: JudgedRun = {
      quality,
      counts,
      ...(again && isPaired
        ? { second: (example: Example) => secondOutcome({ judge, again, same }, example) }
        : {}),
      reserve: (examples) => reserve(judge, examples),
    };
    return { report: { ...report, quality, refusal }, run: refusal === null ? run : null };
  } catch (error) {
    if (!(error instanceof UnderstudyError) || error.code === 'cancelled') throw error;
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
function costOf(
  judge: Judge,
  { validation, calibration, exam, train }: Texts,
  spoilt: number,
  isPaired: boolean,
): JudgeCost {
  const cost = (examples: readonly Example[], times = 1): JudgeCost => {
    const one = judge.estimate(examples.map(asPair));
    return { requests: one.requests * times, tokens: one.tokens * times, dollars: one.dollars * times };
  };
  const known = [...train, ...validation].slice(0, spoilt);
  const costs = [
    cost(known, isPaired ? 1.5 : 1),
    cost(validation, CANDIDATES),
    cost(calibration, isPaired ? 2 : 1),
    cost(exam),
  ];
  return costs.reduce((sum, each) => ({
    requests: Math.round(sum.requests + each.requests),
    tokens: Math.round(sum.tokens + each.tokens),
    dollars: sum.dollars + each.dollars,
  }));
}

/** A specialist's answers are about as long as the LLM's. */
const asPair = ({ input, answer }: Example) => ({ input, reference: answer, answer });

function reserve(judge: Judge, examples: readonly Example[]): void {
  const { dollars } = judge.estimate(examples.map(asPair));
  if (dollars <= judge.left()) return;
  throw new UnderstudyError(
    'budget-spent',
    `Judging the exam may take $${dollars.toFixed(2)}, and $${judge.left().toFixed(2)} of today's budget are left.`,
    { hint: 'It resumes tomorrow; judge.dollarsADay must be at least as much.', status: 429 },
  );
}
