/**
 * A judge of texts: asked in both orders, since judges favour a place (Zheng et al. 2023, arXiv 2306.05685), within a day's
 * money. What it says of a text is kept and not paid for again, and so is that it says nothing of it, once that is confirmed.
 * Does not: know any provider (asking is passed in), or measure itself (quality.ts).
 */
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
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

/**
 * Asks the model once, and again where that may help. @throws UnderstudyError.
 * @param onTimeOut Hears of each try that was given up: it may have to be paid. What it throws ends the asking.
 */
export type AskJudge = (
  messages: readonly JudgeMessage[],
  signal: AbortSignal | undefined,
  onTimeOut: () => void,
) => Promise<{ readonly text: string; readonly usage: JudgeUsage }>;

export interface JudgeOptions {
  readonly name: string;
  /** Names the model and its server. */
  readonly model: string;
  readonly ask: AskJudge;
  readonly price: TokenPrice;
  /** Tokens of an answer, at most, as they are paid. */
  readonly maxTokens: number;
  readonly dollarsADay: number;
  /** Why it may not be asked at all; null where it may. */
  readonly refusal: string | null;
  /** Dollars that judging has taken today. */
  readonly spent: () => number;
  /** Hears of each request that was answered, or may have to be paid all the same. */
  readonly charge: (usage: JudgeUsage, dollars: number) => void;
  readonly store: () => VerdictStore | null;
  /** A keyed hash: what is asked is payload, and its plain hash could be guessed at. */
  readonly keyOf: (text: string) => string;
  readonly now: () => number;
}

/** Of an answer: one word, with some room. More where the model reasons first, which nobody knows before. */
const ANSWER_TOKENS = 4;
/** Of a request, before any was asked. */
const TYPICAL_TOKENS = 500;
/** What a server says of one text: that it is too long, or filtered. Or of all, where its settings are wrong: that is found out. */
const TEXT_REFUSED: readonly (number | undefined)[] = [400, 413, 422];
/** A text of ours, short and harmless. A server that gives no word on it says nothing about anybody's text. */
const OWN_TEXT = judgeMessages('What is two and two?', 'Four.', 'It is five.');

export function createJudge(options: JudgeOptions): Judge {
  const { name, model, price, maxTokens, dollarsADay, refusal, store, keyOf, now } = options;
  const asked = JSON.stringify([model, PROMPT_VERSION]);
  const identity = contentHash(asked, 16);
  /** What is under way: several ask the same at once. */
  const asking = new Map<string, Promise<string>>();
  /** Requests that are under way, and the dollars that are set aside for them. */
  let [underWay, reserved] = [0, 0];
  /** Of those that wait for one of them to end, since it will have taken less than was set aside. */
  const waiting = new Set<() => void>();
  const left = (): number => dollarsADay - options.spent() - reserved;
  const dollarsFor = ({ promptTokens, completionTokens }: JudgeUsage): number =>
    promptTokens * price.input + completionTokens * price.output;
  /** What a request may take. */
  const mostFor = (promptTokens: number): JudgeUsage => ({ promptTokens, completionTokens: maxTokens });
  let typical = dollarsFor(mostFor(TYPICAL_TOKENS));

  const remembered = async (
    key: string,
    signal: AbortSignal | undefined,
    work: () => Promise<PlaceVerdict>,
  ): Promise<string> => {
    const id = keyOf(`judge ${asked} ${key}`);
    const running = asking.get(id);
    if (running)
      // Whoever began it may have left; whoever still waits begins anew.
      return running.catch((error: unknown) => {
        const isOthers = error instanceof UnderstudyError && error.code === 'cancelled' && !signal?.aborted;
        if (isOthers) return remembered(key, signal, work);
        throw error;
      });
    const run = (async () => {
      const paid = async (place: string) => (await store()?.paidVerdict(place)) ?? null;
      const first = await paid(id);
      if (first !== null && first !== 'unreadable') return first;
      // Earlier versions kept noise, which says nothing, and what is kept stays. So what is confirmed has a place beside it.
      const beside = keyOf(`judge ${asked} again ${key}`);
      const second = await paid(beside);
      if (second !== null) return second;
      const found = await work();
      const place = first === null && found !== 'unreadable' ? id : beside;
      await store()?.keepVerdict(place, found, now());
      return found;
    })().finally(() => asking.delete(id));
    asking.set(id, run);
    return run;
  };

  const spentError = (): UnderstudyError =>
    new UnderstudyError('budget-spent', `The judge’s budget of $${dollarsADay} a day is spent.`, {
      hint: 'Verdicts are kept: it resumes tomorrow, or with a larger judge.dollarsADay.',
      status: 429,
      data: { judge: name },
    });

  /** One request. Null where the server refuses it as it refuses single texts, or says nothing. @throws UnderstudyError. */
  const request = async (
    messages: readonly JudgeMessage[],
    signal: AbortSignal | undefined,
  ): Promise<string | null> => {
    if (refusal !== null)
      throw new UnderstudyError('budget-spent', refusal, {
        hint: 'See judge.agreed in the configuration.',
        data: { judge: name },
      });
    const most = mostFor(usageOf(messages).promptTokens);
    const dollars = dollarsFor(most);
    typical += (dollars - typical) / 20;
    while (dollars > left()) {
      if (underWay === 0) throw spentError();
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
    underWay++;
    reserved += dollars;
    try {
      const { text, usage } = await options.ask(messages, signal, () => {
        options.charge(most, dollars);
        if (left() < 0) throw spentError();
      });
      options.charge(usage, dollarsFor(usage));
      return text.trim() === '' ? null : text;
    } catch (error) {
      if (!(error instanceof UnderstudyError)) throw error;
      if (error.code === 'bad-input' && TEXT_REFUSED.includes(error.status)) return null;
      const { code, message, hint, status, data } = error;
      throw new UnderstudyError(code, message, {
        hint,
        status,
        cause: error,
        data: { ...data, judge: name },
      });
    } finally {
      // Sums of fractions leave crumbs.
      reserved = --underWay === 0 ? 0 : reserved - dollars;
      for (const resolve of waiting) resolve();
      waiting.clear();
    }
  };

  const verdictOn = async (
    messages: readonly JudgeMessage[],
    signal: AbortSignal | undefined,
  ): Promise<PlaceVerdict> => {
    const text = await request(messages, signal);
    return text === null ? 'unreadable' : readVerdict(text);
  };

  /** Whether it gives a verdict on a text of ours. One slip says nothing of that either. */
  const isAnswering = async (signal: AbortSignal | undefined): Promise<boolean> => {
    for (let time = 0; time < 2; time++)
      if ((await verdictOn(OWN_TEXT, signal)) !== 'unreadable') return true;
    return false;
  };

  /**
   * A text that gets no verdict, be it no word or noise, is unreadable, which is evidence and kept, only if the server gives one on a
   * text of ours right after it and then again none on this: else the judge is at fault, nothing was said of the text, and nothing
   * is kept.
   */
  const confirmed = async (
    messages: readonly JudgeMessage[],
    signal: AbortSignal | undefined,
  ): Promise<PlaceVerdict> => {
    const said = await verdictOn(messages, signal);
    if (said !== 'unreadable') return said;
    if (await isAnswering(signal)) return verdictOn(messages, signal);
    throw new UnderstudyError('unavailable', `The judge ${name} gives no verdict on any text.`, {
      hint: 'It refuses even a short text of our own, or answers it with nothing or with noise: check the section judge (model, server, key).',
      status: 503,
      data: { judge: name, why: 'it gives no verdict on any text' },
    });
  };

  const ordered = async (
    input: string,
    first: string,
    second: string,
    signal: AbortSignal | undefined,
  ): Promise<PlaceVerdict> => {
    const messages = judgeMessages(input, first, second);
    const verdict = await remembered(JSON.stringify(messages), signal, () => confirmed(messages, signal));
    return verdict as PlaceVerdict;
  };

  return {
    name,
    identity,
    refusal,
    isReady: () => refusal === null && left() >= 2 * typical,
    estimate: (pairs) => pairs.reduce((sum, pair) => added(sum, costOf(pair, dollarsFor)), NO_COST),
    judge: async ({ input, reference, answer }, { signal, both = false } = {}) => {
      const one = await ordered(input, reference, answer, signal);
      if (!both && one !== 'first') return judgementOf(one, 'tie');
      return judgementOf(one, await ordered(input, answer, reference, signal));
    },
  };
}

const NO_COST: JudgeCost = { requests: 0, tokens: 0, dollars: 0 };

const added = (a: JudgeCost, b: JudgeCost): JudgeCost => ({
  requests: a.requests + b.requests,
  tokens: a.tokens + b.tokens,
  dollars: a.dollars + b.dollars,
});

/** With a verdict in each order. */
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

/** What a request is expected to take, where the model answers without reasoning. */
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
