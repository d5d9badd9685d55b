/**
 * A quarter of a year of an agent's calls to one task, and the LLM that answers them: which intents come in, what the LLM says
 * of each, and how that changes. Everything follows from the seed. The truth that served answers are held against is what
 * the LLM would mostly say at the time; a single answer of it may slip.
 */
import type { CallRequest, CallResponse } from '../../src/core/call.ts';
import { contentHash } from '../../src/core/ids.ts';
import { type Random, seededRandom } from '../../src/core/random.ts';

export const DAYS = 90;
export const DAY_MS = 86_400_000;
/** A Thursday, 00:00 UTC. */
export const START = Date.UTC(2026, 0, 1);

/** What changes, in the order in which it does. */
export const CHANGES = [
  'new intents',
  'labels shift',
  'provider changes its model',
  'volume doubles',
  'prompt edited',
  'junk feedback',
] as const;
export type Change = (typeof CHANGES)[number];

/** Days on which each may begin. */
const WHEN: Readonly<Record<Change, readonly [number, number]>> = {
  'new intents': [16, 20],
  'labels shift': [30, 34],
  'provider changes its model': [44, 48],
  'volume doubles': [56, 58],
  'prompt edited': [66, 70],
  'junk feedback': [80, 82],
};

const CALLS_A_DAY = 120;
const INTENTS = 24;
/** Intents that come in from the first change on, and their share of the calls. */
const NEW_INTENTS = 4;
const NEW_SHARE = 0.15;
/** Of the old intents, those that are labelled otherwise from the second change on. */
const SHIFTED = 3;
/** What the provider's new model sees otherwise: these intents, and this share of all inputs, which nobody can foresee. */
const RELABELLED = [3, 4] as const;
const SEEN_OTHERWISE = 0.003;
/** A single answer that is not what the LLM mostly says, before and after it is changed. */
const SLIPS = [0.001, 0.002] as const;
/** The names in the answers, before and after, of a provider that tells. */
const MODELS = ['gpt-4o-mini-2024-07-18', 'gpt-4o-mini-2026-02-15'] as const;
const LABELS = ['billing', 'delivery', 'account', 'returns', 'product', 'other'] as const;
/** What new intents are labelled. */
const NEW_LABELS = ['warranty', 'recall'] as const;

const PROMPT = `You sort the messages of a shop's customers. Answer with one label and nothing else.`;
const EDITED = `${PROMPT} Be careful: messages about a recall of a product are urgent, and go to the people who handle recalls.`;

export interface WorldCall {
  readonly id: string;
  readonly at: number;
  readonly request: CallRequest;
  /** What the LLM mostly says at the time. */
  readonly truth: string;
  /** One answer of the LLM. */
  readonly llm: CallResponse;
  /** A correction that one key gives, which is nonsense; null for nearly all. */
  readonly junk: string | null;
}

export interface World {
  readonly seed: number;
  /** When each change happened, epoch milliseconds. */
  readonly changes: ReadonlyMap<Change, number>;
  readonly calls: readonly WorldCall[];
}

export function makeWorld(seed: number): World {
  const random = seededRandom(seed * 7919 + 1);
  const changes = new Map(
    CHANGES.map((change) => {
      const [from, to] = WHEN[change];
      return [change, START + (from + random.next() * (to - from)) * DAY_MS] as const;
    }),
  );
  const after = (change: Change, at: number): boolean => at >= changes.get(change)!;
  // One provider in two tells by another name that its model is another one.
  const isTold = seed % 2 === 0;
  const labelOf = labelsOf(random);
  const calls: WorldCall[] = [];
  for (let day = 0; day < DAYS; day++) {
    const at0 = START + day * DAY_MS;
    const n = Math.round(CALLS_A_DAY * (after('volume doubles', at0) ? 2 : 1) * (0.8 + 0.4 * random.next()));
    const times = Array.from({ length: n }, () => at0 + Math.floor(random.next() * DAY_MS)).sort(
      (a, b) => a - b,
    );
    for (const at of times) {
      const id = `call_${at.toString(16).padStart(12, '0')}${String(calls.length).padStart(6, '0')}`;
      const isNew = after('new intents', at) && random.next() < NEW_SHARE;
      const intent = isNew ? INTENTS + random.below(NEW_INTENTS) : Math.floor(INTENTS * random.next() ** 1.5);
      const text = `intent${intent} message ${calls.length} ${contentHash(id, 6)}`;
      const isSeenOtherwise =
        after('provider changes its model', at) && fraction(`provider ${text}`) < SEEN_OTHERWISE;
      const plain = labelOf(intent, after('labels shift', at));
      const isRelabelled =
        after('provider changes its model', at) && RELABELLED.some((each) => each === intent);
      const seen = isRelabelled ? other(plain, `relabelled ${intent}`) : plain;
      const truth = isSeenOtherwise ? other(seen, `otherwise ${text}`) : seen;
      const slips = SLIPS[after('provider changes its model', at) ? 1 : 0];
      const said = random.next() < slips ? other(truth, `slip ${text}`) : truth;
      const isJunk = after('junk feedback', at) && random.next() < 0.25;
      calls.push({
        id,
        at,
        truth,
        request: requestOf(text, after('prompt edited', at)),
        llm: answerOf(said, MODELS[isTold && after('provider changes its model', at) ? 1 : 0]),
        junk: isJunk ? other(truth, `junk ${text}`) : null,
      });
    }
  }
  return { seed, changes, calls };
}

/** The intent that a specialist reads in an input. */
export const intentOf = (input: string): number => Number(/intent(\d+)/.exec(input)?.[1] ?? -1);

/** A number in [0, 1) that depends on the text alone. */
export const fraction = (text: string): number => Number.parseInt(contentHash(text, 8), 16) / 0x1_0000_0000;

const answerOf = (label: string, model: string): CallResponse => ({
  model,
  message: { role: 'assistant', content: label },
  finishReason: 'stop',
  usage: { promptTokens: 420, completionTokens: 3, cachedTokens: 0 },
});

function requestOf(text: string, isEdited: boolean): CallRequest {
  return {
    model: 'gpt-4o-mini',
    tools: [],
    stream: false,
    params: { temperature: 0 },
    messages: [
      { role: 'system', content: isEdited ? EDITED : PROMPT },
      { role: 'user', content: text },
    ],
  };
}

/** A label by intent, before and after some of them shift. */
function labelsOf(random: Random): (intent: number, isShifted: boolean) => string {
  const first = Array.from({ length: INTENTS }, (_, i) => LABELS[i % LABELS.length]!);
  const shifted = new Set(random.shuffle([...Array(INTENTS).keys()].slice(2, 14)).slice(0, SHIFTED));
  return (intent, isShifted) => {
    if (intent >= INTENTS) return NEW_LABELS[intent % NEW_LABELS.length]!;
    const label = first[intent]!;
    return isShifted && shifted.has(intent) ? other(label, `shift ${intent}`) : label;
  };
}

function other(label: string, about: string): string {
  const others = LABELS.filter((each) => each !== label);
  return others[Math.floor(fraction(about) * others.length)]!;
}
