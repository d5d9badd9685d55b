/**
 * A judge of texts: asked in both orders, since judges favour a place (Zheng et al. 2023, arXiv 2306.05685), within a day's
 * money, and never twice for the same.
 * Does not: know any provider (asking is passed in), or measure itself (quality.ts).
 */
import { UnderstudyError } from '../../core/errors.ts';
import type {
  Judge,
  JudgeCost,
  Judgement,
  PlaceVerdict,
  TextToJudge,
  VerdictStore,
} from '../../core/judge.ts';
import type { TokenPrice } from '../../core/runtime.ts';
import { estimateTokens } from '../../core/tokens.ts';
import { type JudgeMessage, judgeMessages, PROMPT_VERSION, readVerdict } from './prompt.ts';

/** Tokens of a request and its answer, as counted, or estimated where nobody counts. */
export interface JudgeUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Asks the model once. @throws UnderstudyError. */
export type AskJudge = (
  messages: readonly JudgeMessage[],
  signal?: AbortSignal,
) => Promise<{ readonly text: string; readonly usage: JudgeUsage }>;

export interface JudgeOptions {
  readonly name: string;
  /** Names the model and its server. */
  readonly model: string;
  readonly ask: AskJudge;
  readonly price: TokenPrice;
  readonly dollarsADay: number;
  /** Why it may not be asked at all; null where it may. */
  readonly refusal: string | null;
  /** Dollars that judging has taken today. */
  readonly spent: () => number;
  /** Hears of each request that was answered. */
  readonly charge: (usage: JudgeUsage, dollars: number) => void;
  readonly store: () => VerdictStore | null;
  /** A keyed hash: what is asked is payload, and its plain hash could be guessed at. */
  readonly keyOf: (text: string) => string;
  readonly now: () => number;
}

/** Of an answer: one word, with some room. */
const ANSWER_TOKENS = 4;

export function createJudge(options: JudgeOptions): Judge {
  const { name, model, price, dollarsADay, refusal, store, keyOf, now } = options;
  const identity = JSON.stringify([model, PROMPT_VERSION]);
  /** What is under way: several ask the same at once. */
  const asking = new Map<string, Promise<string>>();
  /** Dollars of requests that are under way. */
  let reserved = 0;
  const left = (): number => Math.max(0, dollarsADay - options.spent() - reserved);
  const dollarsFor = ({ promptTokens, completionTokens }: JudgeUsage): number =>
    promptTokens * price.input + completionTokens * price.output;

  const remember = (key: string, work: () => Promise<string>): Promise<string> => {
    const id = keyOf(`judge ${identity} ${key}`);
    const running = asking.get(id);
    if (running) return running;
    const run = (async () => {
      const known = (await store()?.paidVerdict(id)) ?? null;
      if (known !== null) return known;
      const found = await work();
      await store()?.keepVerdict(id, found, now());
      return found;
    })().finally(() => asking.delete(id));
    asking.set(id, run);
    return run;
  };

  const askOnce = async (
    messages: readonly JudgeMessage[],
    signal: AbortSignal | undefined,
  ): Promise<PlaceVerdict> => {
    if (refusal !== null)
      throw new UnderstudyError('budget-spent', refusal, { hint: 'See judge.agreed in the configuration.' });
    const expected = dollarsFor(usageOf(messages));
    if (expected > left())
      throw new UnderstudyError('budget-spent', `The judge’s budget of $${dollarsADay} a day is spent.`, {
        hint: 'Verdicts are kept: it resumes tomorrow, or with a larger judge.dollarsADay.',
        status: 429,
      });
    reserved += expected;
    try {
      const { text, usage } = await options.ask(messages, signal);
      options.charge(usage, dollarsFor(usage));
      return readVerdict(text);
    } finally {
      reserved -= expected;
    }
  };

  const ordered = async (
    input: string,
    first: string,
    second: string,
    signal: AbortSignal | undefined,
  ): Promise<PlaceVerdict> => {
    const messages = judgeMessages(input, first, second);
    return (await remember(JSON.stringify(messages), () => askOnce(messages, signal))) as PlaceVerdict;
  };

  return {
    name,
    identity,
    refusal,
    left,
    isReady: () => refusal === null && left() > 0,
    estimate: (pairs) => pairs.reduce((sum, pair) => added(sum, costOf(pair, dollarsFor)), NO_COST),
    judge: async ({ input, reference, answer }, { signal, both = false } = {}) => {
      const one = await ordered(input, reference, answer, signal);
      if (!both && one !== 'first') return judgementOf(one, 'tie');
      return judgementOf(one, await ordered(input, answer, reference, signal));
    },
    remember,
  };
}

const NO_COST: JudgeCost = { requests: 0, tokens: 0, dollars: 0 };

const added = (a: JudgeCost, b: JudgeCost): JudgeCost => ({
  requests: a.requests + b.requests,
  tokens: a.tokens + b.tokens,
  dollars: a.dollars + b.dollars,
});

function costOf(
  { input, reference, answer }: TextToJudge,
  dollarsFor: (usage: JudgeUsage) => number,
): JudgeCost {
  const usage = usageOf(judgeMessages(input, reference, answer));
  return {
    requests: 2,
    tokens: 2 * (usage.promptTokens + usage.completionTokens),
    dollars: 2 * dollarsFor(usage),
  };
}

/** What a request is expected to take. */
export const usageOf = (messages: readonly JudgeMessage[]): JudgeUsage => ({
  promptTokens: messages.reduce((sum, { content }) => sum + estimateTokens(content), 0),
  completionTokens: ANSWER_TOKENS,
});

/**
 * Worse is what the judge prefers the other to in both orders. One preference that does not survive the exchange of places is
 * no verdict: false alarms cost a proof far more than worse answers that are overlooked, which are measured and allowed for.
 * @param one With the reference first. @param other With the answer first.
 */
export function judgementOf(one: PlaceVerdict, other: PlaceVerdict): Judgement {
  const byPlace = one === other && (one === 'first' || one === 'second') ? one : null;
  if (one === 'unreadable' || other === 'unreadable') return { outcome: 'unreadable', byPlace };
  return { outcome: one === 'first' && other === 'second' ? 'worse' : 'as-good', byPlace };
}
