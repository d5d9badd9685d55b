/**
 * What a learning run is expected to take, before it begins: by the runs that have ended, else by the time that trainings may
 * take. Pure.
 */
import { availableParallelism } from 'node:os';
import type { Config } from '../../core/config.ts';
import { type Job, type JobEstimate, spentBy } from '../../core/job.ts';
import type { LearnReport } from '../../core/learning.ts';
import { priceOfServer } from '../../setup/server-price.ts';

/** Runs that are looked back on. */
const RUNS = 3;
/** What trainings of one run leave behind before any is known: a few adapters and heads. */
const DISK_BYTES = 200e6;
/** Of the calls, those that are asked again: the validation, calibration and exam splits. */
const ASKED_SHARE = 0.5;
/** Prompt and answer of a call before anything is known of them, in tokens; and passes over the training calls. */
const TOKENS = 1000;
const EPOCHS = 3;
/** Dollars of a call before anything is known of prices: about 800 tokens in and 200 out at a mid-size model's list price. */
const CALL_DOLLARS = 0.001;

/** What a run has paid to others, about: answers that were asked for again, and tokens trained on at a provider. */
export function dollarsPaid({ tasks }: Pick<LearnReport, 'tasks'>, { learn }: Pick<Config, 'learn'>): number {
  let [asked, tokens] = [0, 0];
  for (const task of tasks) {
    asked += task.askedAgain;
    for (const { figures } of task.trained) tokens += figures.paidTokens ?? 0;
  }
  return asked * CALL_DOLLARS + (tokens * learn.budget.hostedDollarsPerMillionTokens) / 1e6;
}

/**
 * @param ended Jobs that have ended, oldest first.
 * @param calls In the store that can be learnt from.
 */
export function estimateOf(
  ended: readonly Pick<Job, 'state' | 'spent' | 'seen'>[],
  config: Pick<Config, 'learn' | 'train' | 'prompted' | 'prices'>,
  calls: number,
): JobEstimate {
  const done = ended.filter(({ state, seen }) => state === 'done' && seen !== null).slice(-RUNS);
  const mean = (of: (job: (typeof done)[number]) => number): number =>
    done.reduce((sum, job) => sum + of(job), 0) / done.length;
  const { minutes, hosted, threads } = config.train;
  const asked = config.learn.askAgain ? calls * ASKED_SHARE * CALL_DOLLARS : 0;
  const trained =
    hosted === undefined
      ? 0
      : (calls * TOKENS * EPOCHS * config.learn.budget.hostedDollarsPerMillionTokens) / 1e6;
  // Each cheaper model answers the held-back calls, with the callers' own prompts.
  const answered = config.prompted.reduce((sum, server) => {
    const price = priceOfServer(server, config.prices);
    return sum + calls * ASKED_SHARE * TOKENS * (price?.input ?? 0);
  }, 0);
  const common = { dollars: asked + trained + answered, savedADay: null };
  if (done.length === 0)
    return {
      ...common,
      cpuMinutes: minutes * (threads ?? availableParallelism()),
      diskBytes: DISK_BYTES,
      basis: 'the time budget (train.minutes), since no run has ended yet',
    };
  // A run reads all calls, whichever it learns.
  const growth = Math.max(
    1,
    calls /
      Math.max(
        1,
        mean(({ seen }) => seen?.calls ?? 1),
      ),
  );
  return {
    ...common,
    cpuMinutes: mean((job) => spentBy(job).cpuMinutes) * growth,
    diskBytes: mean((job) => spentBy(job).diskBytes) * growth,
    basis: `the last ${done.length} run${done.length === 1 ? '' : 's'}, for as many calls as there are now`,
  };
}
