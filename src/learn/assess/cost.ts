/**
 * What learning a task takes beside what it saves, and which way is cheaper. Pure.
 * Does not: know prices (savings/), or what can be served (expect.ts).
 */
import type { ExpectedCoverage, LearningCost, TaskUsage } from '../../core/assessment.ts';
import type { Dataset } from '../../core/dataset.ts';

export interface CostInput {
  readonly usage: TaskUsage;
  /** Dollars of one call at the LLM; null where that is not known. */
  readonly callDollars: number | null;
  readonly dataset: Pick<Dataset, 'splits'>;
  /** Share of its answers that are texts. */
  readonly textShare: number;
  /** At the configuration's epsilon; null where nothing was expected. */
  readonly expected: ExpectedCoverage | null;
  readonly minutes: number;
  readonly dollarsPerMinute: number;
  /** Share of served calls that the LLM answers as well. */
  readonly auditShare: number;
}

/** Answers for one call that is asked again: a second, and where the two differ a third and a fourth. */
const ANSWERS_AGAIN = 1.1;
/** A judge sees both answers in both orders. */
const ORDERS = 2;
/** What is paid for by this time is not worth a word. */
const WORTH_DAYS = 1;

export function costOf(input: CostInput): LearningCost {
  const { usage, callDollars, dataset, textShare, expected, minutes } = input;
  const { validation, calibration, exam } = dataset.splits;
  const heldBack = validation.length + calibration.length + exam.length;
  const structured = heldBack * (1 - textShare);
  const askAgainDollars =
    callDollars === null || structured < 1 ? null : structured * ANSWERS_AGAIN * callDollars;
  const texts = (calibration.length + exam.length) * textShare;
  const judgeDollars = callDollars === null || texts < 1 ? null : texts * ORDERS * callDollars;
  const machineDollars = minutes * input.dollarsPerMinute;
  const perDay = (coverage: number): number | null =>
    usage.callsPerDay === null || callDollars === null
      ? null
      : coverage * (1 - input.auditShare) * usage.callsPerDay * callDollars;
  const savingPerDay = perDay(expected?.mean ?? 0);
  const days = (dollars: number): number | null =>
    savingPerDay === null || savingPerDay <= 0 ? null : dollars / savingPerDay;
  const paybackDays = days(machineDollars);
  const paybackDaysAskingAgain = askAgainDollars === null ? null : days(machineDollars + askAgainDollars);
  const waiting =
    usage.callsPerDay !== null && expected?.moreCalls ? expected.moreCalls / usage.callsPerDay : null;
  return {
    minutes,
    machineDollars,
    askAgainDollars,
    judgeDollars,
    savingPerDay,
    paybackDays,
    paybackDaysAskingAgain,
    advice: adviceOn({ expected, askAgainDollars, paybackDaysAskingAgain, waiting }),
  };
}

function adviceOn({
  expected,
  askAgainDollars,
  paybackDaysAskingAgain,
  waiting,
}: {
  readonly expected: ExpectedCoverage | null;
  readonly askAgainDollars: number | null;
  readonly paybackDaysAskingAgain: number | null;
  /** Days until the calls that are missing have come; null where none are, or nobody knows. */
  readonly waiting: number | null;
}): string {
  if (expected === null || expected.withMoreCalls === 0) return '';
  if (expected.moreCalls !== null && expected.moreCalls > 0 && expected.passes < 0.5) {
    const when = waiting === null ? '' : `, about ${days(waiting)} of this traffic`;
    return `Wait for about ${expected.moreCalls.toLocaleString('en-US')} more calls${when}: that costs nothing, and asking again would not replace them.`;
  }
  if (askAgainDollars === null || paybackDaysAskingAgain === null || paybackDaysAskingAgain <= WORTH_DAYS)
    return '';
  return `Learn from the recorded answers, which is what this expects: asking the LLM again would cost ${dollars(askAgainDollars)}, what ${days(paybackDaysAskingAgain)} of serving ${paybackDaysAskingAgain < 1.5 ? 'saves' : 'save'}.`;
}

const days = (n: number): string => (n < 1.5 ? 'a day' : `${Math.round(n).toLocaleString('en-US')} days`);
const dollars = (amount: number): string =>
  amount >= 1 ? `$${amount.toFixed(2)}` : `$${amount.toPrecision(2)}`;
