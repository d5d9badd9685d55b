/**
 * Traffic as real logs have it, made from a seed: calls to learn from, spoilt in one way each, and later calls with their truth.
 * Does not: learn (score.ts).
 */
import type { Call, CallRequest, CallResponse } from '../../src/core/call.ts';
import type { FindingKind } from '../../src/core/finding.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type Random, seededRandom } from '../../src/core/random.ts';

export interface Scenario {
  readonly name: string;
  /** Of whose clean traffic it is the spoilt one; the share of the later calls that each makes up. */
  readonly clean: readonly ('sort' | 'extract')[];
  /** What a refusal has to name. */
  readonly causes: readonly FindingKind[];
  readonly make: (seed: number) => Traffic;
}

export interface Traffic {
  readonly calls: readonly Call[];
  /** Later calls; their responses are the truth. */
  readonly later: readonly Call[];
  /** The LLM, asked once more; absent where nobody asks it. */
  readonly askAgain?: (request: CallRequest) => Promise<CallResponse | null>;
  /** Ids of calls whose recorded answer is wrong, where that is how the traffic is spoilt. */
  readonly wrong?: ReadonlySet<string>;
}

const TEAMS: Readonly<Record<string, readonly string[]>> = {
  billing: ['charged twice', 'wrong invoice', 'card declined', 'double payment', 'price is wrong'],
  delivery: ['parcel is late', 'where is my package', 'courier never came', 'tracking is stuck'],
  returns: ['send it back', 'return label', 'does not fit', 'want my money back'],
  account: ['cannot log in', 'reset my password', 'change my email', 'locked out'],
  damage: ['arrived broken', 'screen is cracked', 'box was crushed', 'missing a screw'],
  stock: ['back in stock', 'sold out', 'when can i order', 'other colours'],
  praise: ['love it', 'great service', 'thanks a lot', 'five stars'],
  spam: ['win a prize', 'cheap loans', 'click this link', 'crypto offer'],
};
const RENAMED: Readonly<Record<string, string>> = { returns: 'refunds', damage: 'claims', stock: 'sales' };
const VAGUE = ['i have a question', 'please call me', 'can somebody help', 'not happy', 'hello there'];
const FILLER =
  'the a my our on since monday please order again still last week and it for with box blue new two some very just'.split(
    ' ',
  );
const LABELS = Object.keys(TEAMS);
const START = Date.UTC(2026, 4, 1);
const STEP = 12 * 60_000;
/** Share of mails whose team their words do not tell. */
const UNTOLD = 0.12;

interface Mail {
  readonly text: string;
  readonly team: string;
  readonly order: string;
  readonly quantity: number;
}

function mail(random: Random): Mail {
  const team = random.pick(LABELS);
  const told = random.next() >= UNTOLD;
  const filler = (n: number): string => Array.from({ length: n }, () => random.pick(FILLER)).join(' ');
  const order = String(10_000 + random.below(90_000));
  const quantity = 1 + random.below(9);
  const words = random.pick(told ? TEAMS[team]! : VAGUE);
  return {
    text: `${filler(3)} ${words} ${filler(4)}. Order ${order}, ${quantity} pieces`,
    team,
    order,
    quantity,
  };
}

interface Line {
  readonly system: string;
  readonly user: string;
  readonly answer: string;
  readonly finish?: string;
  readonly session?: string;
  readonly format?: JsonObject;
}

const sortPrompt = (labels: readonly string[]): string =>
  `You sort the mail of a shop. Answer with the name of the team and nothing else. Teams: ${labels.join(', ')}.`;
const EXTRACT = 'Read the mail of a customer. Answer with JSON: order number and number of pieces.';
const EXTRACT_LATER =
  'Read the mail of a customer. Answer with JSON: order number, number of pieces and unit.';

const sorting = ({ text, team }: Mail): Line => ({ system: sortPrompt(LABELS), user: text, answer: team });
const extracting = ({ text, order, quantity }: Mail): Line => ({
  system: EXTRACT,
  user: text,
  answer: JSON.stringify({ order, quantity }),
});
/** After the prompt's author has renamed teams. */
const sortingRenamed = ({ text, team }: Mail): Line => ({
  system: sortPrompt(LABELS.map((label) => RENAMED[label] ?? label)),
  user: text,
  answer: RENAMED[team] ?? team,
});
const extractingLater = ({ text, order, quantity }: Mail): Line => ({
  system: EXTRACT_LATER,
  user: text,
  answer: JSON.stringify({ order_id: order, pieces: quantity, unit: 'piece' }),
});

function toCalls(lines: readonly Line[], from: number, seed: number): Call[] {
  return lines.map(({ system, user, answer, finish = 'stop', session, format }, i) => {
    const id = `call_${seed}_${String(from + i).padStart(6, '0')}`;
    return {
      id,
      at: START + (from + i) * STEP,
      sessionId: session ?? id,
      origin: '',
      tags: {},
      request: {
        model: 'gpt-4o',
        tools: [],
        stream: false,
        params: {},
        ...(format ? { responseFormat: format } : {}),
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: user },
        ],
      },
      response: {
        model: 'gpt-4o',
        finishReason: finish,
        usage: { promptTokens: 120, completionTokens: 4, cachedTokens: 0 },
        message: { role: 'assistant', content: answer },
      },
      status: 200,
      latencyMs: 700,
      served: { by: 'llm', reason: 'no-specialist' },
    };
  });
}

const [CALLS, LATER] = [1_500, 1_200];

/** `spoil` makes the lines of one mail; the later calls are what `truth` says. */
function traffic(
  seed: number,
  spoil: (mail: Mail, i: number, random: Random) => readonly Line[],
  truth: (mail: Mail, i: number) => Line,
  count = CALLS,
): Traffic {
  const random = seededRandom(seed);
  const mails = Array.from({ length: count }, () => mail(random));
  // Drawn apart, so that the mails are those of the clean traffic.
  const draws = seededRandom(seed + 100_000);
  const lines = mails.flatMap((each, i) => spoil(each, i, draws));
  const later = seededRandom(seed + 200_000);
  const fresh = Array.from({ length: LATER }, (_, i) => truth(mail(later), i));
  return { calls: toCalls(lines, 0, seed), later: toCalls(fresh, lines.length, seed) };
}

export const CLEAN: Readonly<Record<'sort' | 'extract', (seed: number) => Traffic>> = {
  sort: (seed) => traffic(seed, (each) => [sorting(each)], sorting),
  extract: (seed) => traffic(seed, (each) => [extracting(each)], extracting),
};

/** An LLM that answers this share of the calls wrongly, at random, and does so again when it is asked again. */
const wrong =
  (share: number, isAsked = false): Scenario['make'] =>
  (seed) => {
    const truth = new Map<string, string>();
    const slips = seededRandom(seed + 300_000);
    const said = (team: string, random: Random): string =>
      random.next() >= share ? team : random.pick(LABELS.filter((label) => label !== team));
    const made = traffic(
      seed,
      (each, _, random) => {
        truth.set(each.text, each.team);
        return [{ ...sorting(each), answer: said(each.team, random) }];
      },
      sorting,
    );
    const teamOf = ({ messages }: CallRequest): string => truth.get(messages[1]?.content ?? '') ?? '';
    const isWrong = ({ request, response }: Call): boolean => response?.message.content !== teamOf(request);
    const askAgain = async (request: CallRequest): Promise<CallResponse> => ({
      ...made.calls[0]!.response!,
      message: { role: 'assistant', content: said(teamOf(request), slips) },
    });
    return {
      ...made,
      wrong: new Set(made.calls.filter(isWrong).map(({ id }) => id)),
      ...(isAsked ? { askAgain } : {}),
    };
  };

const SORRY = 'I’m sorry, but I can’t help with that.';
/** Calls of the rare team among those to learn from. */
const RARE = 5;

export const SCENARIOS: readonly Scenario[] = [
  { name: 'wrong labels, 10 %', clean: ['sort'], causes: ['wrong-answers'], make: wrong(0.1) },
  { name: 'wrong labels, 30 %', clean: ['sort'], causes: ['wrong-answers'], make: wrong(0.3) },
  {
    name: 'wrong labels, 10 %, asked again',
    clean: ['sort'],
    causes: ['wrong-answers'],
    make: wrong(0.1, true),
  },
  {
    name: 'wrong labels, 30 %, asked again',
    clean: ['sort'],
    causes: ['wrong-answers'],
    make: wrong(0.3, true),
  },
  {
    name: 'label set changes half-way',
    clean: ['sort'],
    causes: ['answers-changed', 'prompt-changed'],
    make: (seed) =>
      traffic(
        seed,
        (each, i) => [i < CALLS ? sorting(each) : sortingRenamed(each)],
        sortingRenamed,
        2 * CALLS,
      ),
  },
  {
    name: 'schema changes half-way',
    clean: ['extract'],
    causes: ['answers-changed', 'prompt-changed'],
    make: (seed) =>
      traffic(
        seed,
        (each, i) => [i < CALLS ? extracting(each) : extractingLater(each)],
        extractingLater,
        2 * CALLS,
      ),
  },
  {
    name: 'labels change, prompt does not',
    clean: ['sort'],
    causes: ['answers-changed', 'prompt-changed'],
    make: (seed) => {
      const kept = (line: Line): Line => ({ ...line, system: 'You sort the mail of a shop. Name its team.' });
      return traffic(
        seed,
        (each, i) => [kept(i < CALLS ? sorting(each) : sortingRenamed(each))],
        (each) => kept(sortingRenamed(each)),
        2 * CALLS,
      );
    },
  },
  {
    name: 'label set changes late',
    clean: ['sort'],
    causes: ['answers-changed', 'prompt-changed'],
    make: (seed) =>
      traffic(seed, (each, i) => [i < CALLS - 150 ? sorting(each) : sortingRenamed(each)], sortingRenamed),
  },
  {
    name: 'two jobs behind one prompt',
    clean: ['sort', 'extract'],
    causes: ['several-jobs'],
    make: (seed) => {
      const job = (each: Mail, i: number): Line => ({
        ...(i % 2 === 0 ? sorting(each) : extracting(each)),
        system: 'You help the staff of a shop.',
        user:
          i % 2 === 0
            ? `Which team (${LABELS.join(', ')})? ${each.text}`
            : `Order and quantity as JSON: ${each.text}`,
      });
      return traffic(seed, (each, i) => [job(each, i)], job, 2 * CALLS);
    },
  },
  {
    name: 'five examples of a class',
    clean: ['sort'],
    causes: ['rare-answers'],
    make: (seed) => {
      const legal = (each: Mail): Line => ({
        ...sorting(each),
        user: `${each.text}. My lawyer will write to you`,
        answer: 'legal',
      });
      const every = Math.floor(CALLS / RARE);
      const one = (each: Mail, i: number): Line => (i % every === every - 1 ? legal(each) : sorting(each));
      return traffic(seed, (each, i) => [one(each, i)], one);
    },
  },
  {
    name: 'loops of a stuck agent',
    clean: ['sort'],
    causes: ['loops'],
    make: (seed) =>
      traffic(
        seed,
        (each, i, random) => {
          const line = { ...sorting(each), session: `s${seed}-${i}` };
          if (random.next() >= 0.03) return [line];
          const isSame = random.next() < 0.5;
          const times = 8 + random.below(13);
          return Array.from({ length: times }, (_, k) =>
            isSame || k === 0 ? line : { ...line, user: `${line.user} (attempt ${k + 1})` },
          );
        },
        sorting,
      ),
  },
  {
    name: 'retries',
    clean: ['sort'],
    causes: ['loops'],
    make: (seed) =>
      traffic(
        seed,
        (each, _, random) => Array.from({ length: random.next() < 0.15 ? 2 : 1 }, () => sorting(each)),
        sorting,
      ),
  },
  {
    name: 'refusals and cut answers',
    clean: ['sort'],
    causes: ['refusals'],
    make: (seed) =>
      traffic(
        seed,
        (each, _, random) => {
          const line = sorting(each);
          const draw = random.next();
          if (draw < 0.04) return [{ ...line, answer: SORRY }];
          return [draw < 0.08 ? { ...line, answer: line.answer.slice(0, 3), finish: 'length' } : line];
        },
        sorting,
      ),
  },
];
