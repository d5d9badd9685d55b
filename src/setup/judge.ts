/**
 * The judge that the configuration names, with its price, its budget and where its verdicts are kept.
 * Does not: measure it, or decide which texts it is asked about (learn/, online/).
 */
import { type ChargeStore, dollarsOf } from '../core/charge.ts';
import type { Config } from '../core/config.ts';
import type { JudgeSettings } from '../core/config-judge.ts';
import { isInService } from '../core/deployment.ts';
import { UnderstudyError } from '../core/errors.ts';
import { dayOf } from '../core/job.ts';
import type { Judge, VerdictStore } from '../core/judge.ts';
import type { StatusReport } from '../core/status-report.ts';
import type { Store } from '../core/store.ts';
import { createJudge, usageOf } from '../evaluate/judge/judge.ts';
import { judgeClient, MAX_TOKENS } from '../runtime/judge-client.ts';
import type { Ledger } from '../savings/ledger.ts';
import { priceOf } from '../savings/prices.ts';

/** Why the judge is not asked; null where it may be. @param isBarred It costs something, and nothing may be spent. */
function refusalOf({ from, agreed, model }: JudgeSettings, isBarred = false): string | null {
  if (from === 'upstream' && !agreed)
    return `${model} of the upstream would judge, and its cost is not agreed to (judge.agreed).`;
  return isBarred ? `${model} would judge, and costs money: assess spends none, learn does.` : null;
}

/** How it stands with the judge today. */
export async function judgeStatus(
  store: ChargeStore,
  settings: JudgeSettings,
): Promise<NonNullable<StatusReport['judge']>> {
  const { model: name, dollarsADay } = settings;
  const charges = await store.charges(dayOf(Date.now()));
  const spentToday = dollarsOf(charges.filter((charge) => charge.for === 'judge'));
  return { name, spentToday, dollarsADay, refusal: refusalOf(settings) };
}

/** While texts are judged in service, learning leaves the rest of a day's money to their audits. */
const LEARNING_PART = 0.75;

/** The part of the judge's money that a learning run may spend. */
export async function learningPart(store: Pick<Store, 'deployments' | 'specialists'>): Promise<number> {
  const serving = new Set(
    (await store.deployments())
      .filter(({ stage }) => isInService(stage))
      .map(({ specialistId }) => specialistId),
  );
  const isJudged = (await store.specialists()).some(({ id, evidence }) => serving.has(id) && evidence.judge);
  return isJudged ? LEARNING_PART : 1;
}

export interface OpenJudge extends Judge {
  close(): Promise<void>;
}

/**
 * Null where the configuration names none. Asks nothing yet.
 * @throws UnderstudyError 'bad-config' without a price or, for the upstream, a key.
 */
export function openJudge(options: {
  readonly config: Pick<Config, 'judge' | 'upstream' | 'prices'>;
  readonly env: NodeJS.ProcessEnv;
  readonly ledger: Ledger;
  readonly store: () => (VerdictStore & ChargeStore) | null;
  /** A keyed hash; null: there is none at present. */
  readonly pseudonym: (text: string) => string | null;
  /** The part of the day's money that may be spent here; 0: only a judge without a price is asked. Default: all of it. */
  readonly part?: number;
  readonly now?: () => number;
}): OpenJudge | null {
  const { config, env, ledger } = options;
  const settings = config.judge;
  if (settings === undefined) return null;
  const isUpstream = settings.from === 'upstream';
  const baseUrl = isUpstream ? config.upstream.baseUrl : (settings.baseUrl ?? config.upstream.baseUrl);
  const apiKey = isUpstream ? (config.upstream.apiKey ?? env.OPENAI_API_KEY) : settings.apiKey;
  const { model, price: given } = settings;
  const dollarsADay = settings.dollarsADay * (options.part ?? 1);
  // An address on this machine may be a proxy before a paid model: nothing is free that nobody has called so.
  const listed = priceOf(model, config.prices);
  const price = given
    ? { input: given.input_cost_per_token, output: given.output_cost_per_token }
    : listed && { input: listed.inputPerToken, output: listed.outputPerToken };
  if (price === null)
    throw new UnderstudyError('bad-config', `No price is known for the judge ${model}.`, {
      hint: 'Set judge.price (0 and 0 for a model of your own): without it judge.dollarsADay could not be kept.',
    });
  const needsKey = isUpstream && settings.agreed && apiKey === undefined;
  if (needsKey)
    throw new UnderstudyError('bad-config', `There is no key to ask the upstream for ${model} as a judge.`, {
      hint: 'Set upstream.apiKey, or OPENAI_API_KEY.',
    });
  const { timeoutMs, concurrency } = settings;
  const client = judgeClient({ baseUrl, model, apiKey, timeoutMs, concurrency });
  const judge = createJudge({
    name: model,
    model: `${model} at ${baseUrl}`,
    price,
    dollarsADay,
    maxTokens: MAX_TOKENS,
    ask: async (messages, signal, onTimeOut) => {
      const { text, usage } = await client.ask(messages, signal, onTimeOut);
      return { text, usage: usage ?? usageOf(messages) };
    },
    refusal: refusalOf(settings, options.part === 0 && price.input + price.output > 0),
    spent: () => ledger.spentToday('judge'),
    charge: (usage, dollars) => ledger.book('judge', model, usage, dollars),
    store: options.store,
    keyOf: (text) => {
      const id = options.pseudonym(text);
      if (id !== null) return id;
      throw new UnderstudyError('unavailable', 'The data folder is closed: no verdict could be kept.', {
        hint: 'Try again when it is open.',
        status: 503,
      });
    },
    now: options.now ?? Date.now,
  });
  return { ...judge, close: () => client.close() };
}
