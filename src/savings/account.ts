/**
 * What specialists save, net of what that takes: a fold over sums of calls. Pure.
 *
 * A call that a specialist serves saves what the LLM would have charged. Against that stand the LLM's answers to audited calls,
 * the machine's time and energy for every answer of a specialist, used or not, what others are paid by the request, and learning. A call that is escalated costs
 * twice: the LLM's price, which it would have cost anyway, and the machine's part, which is counted here.
 * Does not: read a store (setup/savings.ts) or know prices (prices.ts).
 */
import type { Served } from '../core/call.ts';
import { type Charge, dollarsOf as paidTo } from '../core/charge.ts';
import type { PriceUsed } from '../core/demo-report.ts';
import { type Job, type NO_COST, spentBy } from '../core/job.ts';
import type { MachineCost, SavingsReport, SavingsRow } from '../core/savings.ts';
import type { UsageSum } from '../core/store.ts';
import { cost } from './prices.ts';

export interface AccountInput {
  readonly usage: readonly UsageSum[];
  /** The model that a part names; null where its day's key is gone. */
  readonly modelOf: (aboutPart: string) => string | null;
  readonly priceOf: (model: string) => PriceUsed | null;
  readonly machine: MachineCost;
  /** Names of tasks by id. */
  readonly names: ReadonlyMap<string, string>;
  readonly jobs: readonly Pick<Job, 'spent'>[];
  readonly charges: readonly Charge[];
}

/** Decisions for which a specialist's answer was made and not used. */
const ASKED_IN_VAIN: ReadonlySet<Served['reason']> = new Set(['low-confidence', 'invalid-output', 'shadow']);

type Sums = { -readonly [K in keyof SavingsRow]: number };

export function savingsOf(input: AccountInput): SavingsReport {
  const { usage, machine } = input;
  const answerMs = meanAnswers(usage);
  const total = noSums();
  const byTask = new Map<string, Sums>();
  const byKey = new Map<string, Sums>();
  const byDay = new Map<string, Sums>();
  const prices = new Map<string, PriceUsed>();
  const unpriced = new Map<string, number>();
  for (const sum of usage) {
    const model = input.modelOf(sum.aboutPart);
    const price = model === null ? null : input.priceOf(model);
    if (price) prices.set(price.model, price);
    else unpriced.set(model ?? ERASED, (unpriced.get(model ?? ERASED) ?? 0) + sum.calls);
    const row = rowOf(sum, price, answerMs, machine);
    add(total, row);
    if (sum.taskId !== null) add(at(byTask, sum.taskId), row);
    add(at(byKey, sum.origin), row);
    add(at(byDay, sum.day), row);
  }
  const learningOn = new Map<string, number>();
  for (const { spent } of input.jobs)
    for (const [day, each] of Object.entries(spent))
      learningOn.set(day, (learningOn.get(day) ?? 0) + dollarsOf(each, machine));
  const learning = input.jobs.reduce((sum, job) => sum + dollarsOf(spentBy(job), machine), 0);
  const othersOn = new Map<string, number>();
  for (const { day, dollars } of input.charges) othersOn.set(day, (othersOn.get(day) ?? 0) + dollars);
  const others = paidTo(input.charges);
  for (const day of [...learningOn.keys(), ...othersOn.keys()]) at(byDay, day);
  const days = [...byDay.keys()].sort();
  const whole = total.avoided + total.llm;
  const net = total.net - learning - others;
  return {
    kind: 'savings',
    from: days[0] ?? null,
    to: days.at(-1) ?? null,
    total: { ...total, learning, others, net, savedShare: whole > 0 ? net / whole : null },
    byTask: sorted(byTask).map(([task, row]) => ({ task, name: input.names.get(task) ?? task, ...row })),
    byKey: sorted(byKey).map(([key, row]) => ({ key, ...row })),
    byDay: days.map((day) => {
      const row = at(byDay, day);
      const own = learningOn.get(day) ?? 0;
      const paid = othersOn.get(day) ?? 0;
      return { day, ...row, learning: own, others: paid, net: row.net - own - paid };
    }),
    charges: input.charges,
    prices: [...prices.values()],
    unpriced: [...unpriced].map(([model, calls]) => ({ model, calls })),
    machine,
    notes: notesOf(total, machine, input.charges),
  };
}

const ERASED = '(erased)';

/** Milliseconds that an answer of a task's specialist takes, by task, as measured on those that were served. */
function meanAnswers(usage: readonly UsageSum[]): ReadonlyMap<string, number> {
  const sums = new Map<string, { ms: number; calls: number }>();
  for (const { taskId, served, latencyMs, calls } of usage) {
    if (served.by === 'llm' || taskId === null) continue;
    const sum = sums.get(taskId) ?? { ms: 0, calls: 0 };
    sums.set(taskId, { ms: sum.ms + latencyMs, calls: sum.calls + calls });
  }
  return new Map([...sums].map(([task, { ms, calls }]) => [task, ms / Math.max(1, calls)]));
}

function rowOf(
  sum: UsageSum,
  price: PriceUsed | null,
  answerMs: ReadonlyMap<string, number>,
  machine: MachineCost,
): SavingsRow {
  const charged = price === null ? 0 : cost(sum, price);
  const { by, reason } = sum.served;
  const isServed = by !== 'llm';
  const isAudit = reason === 'audit';
  const asked = isServed
    ? sum.latencyMs
    : ASKED_IN_VAIN.has(reason)
      ? sum.calls * (answerMs.get(sum.taskId ?? '') ?? 0)
      : 0;
  const own = (asked / 1000) * machine.dollarsPerCoreSecond;
  const avoided = isServed ? charged : 0;
  const audits = isAudit ? charged : 0;
  return {
    calls: isAudit ? 0 : sum.calls,
    served: isServed ? sum.calls : 0,
    avoided,
    audits,
    machine: own,
    llm: isServed || isAudit ? 0 : charged,
    net: avoided - audits - own,
  };
}

const dollarsOf = ({ cpuMinutes, dollars }: typeof NO_COST, machine: MachineCost): number =>
  dollars + cpuMinutes * 60 * machine.dollarsPerCoreSecond;

function notesOf(
  { served }: SavingsRow,
  { watts, wattsPerCore }: MachineCost,
  charges: readonly Charge[],
): string[] {
  const unpriced = charges.filter((charge) => charge.unpriced > 0).map(({ model }) => model);
  const power = {
    measured: 'measured on this machine',
    configured: 'as configured',
    estimated: 'an estimate: the processor does not tell (RAPL)',
  }[watts];
  return [
    `A busy core takes ${wattsPerCore.toFixed(1)} W, ${power}.`,
    ...(served > 0
      ? ['Tokens of served calls are estimated at four bytes each: the LLM was not there to count them.']
      : []),
    ...(unpriced.length > 0
      ? [`No price is known for ${[...new Set(unpriced)].join(', ')}: what was paid there is not counted.`]
      : []),
    'Prices are list prices. Asking again to settle audits (serve.settleAudits) is not counted.',
  ];
}

const noSums = (): Sums => ({ calls: 0, served: 0, avoided: 0, llm: 0, audits: 0, machine: 0, net: 0 });

function at(rows: Map<string, Sums>, key: string): Sums {
  const known = rows.get(key) ?? noSums();
  rows.set(key, known);
  return known;
}

function add(sums: Sums, row: SavingsRow): void {
  for (const name of Object.keys(sums) as (keyof SavingsRow)[]) sums[name] += row[name];
}

/** Most calls first. */
const sorted = (rows: ReadonlyMap<string, Sums>): [string, Sums][] =>
  [...rows].sort(([a, x], [b, y]) => y.calls - x.calls || (a < b ? -1 : 1));
