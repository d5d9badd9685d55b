/** The figures of the first page: what is taken over, what it saves, how safe it is, and what needs a person. */
import type { Deployment, Stage } from '../../core/deployment.ts';
import type { LatencyClass, LatencySum } from '../../core/figures.ts';
import { ALARMS } from '../../deploy/alarms.ts';
import type { Overview } from '../schemas/overview.ts';
import { attentionOf } from './attention.ts';
import { errorShareTogether } from './error-share.ts';
import { MONEY_BASIS, total } from './money.ts';
import { bucketsOf, type FigureSources, type Range } from './sources.ts';
import { countsOf, pricedSums, taskRecords } from './tasks.ts';

/** How far back a range may end that goes until now: figures take a while. */
const NOW_MS = 60_000;
const NOTHING = { machine: 0, learning: 0, others: 0 };

/** Alarms that are looked at. */
const MAX_ALARMS = 200;

export async function overview(sources: FigureSources, range: Range): Promise<Overview> {
  const { store } = sources;
  const { sums, unpriced } = await pricedSums(sources, range);
  const records = await taskRecords(sources, range.since);
  const servedBy = (taskId: string): number => countsOf(sums.filter((sum) => sum.taskId === taskId)).served;
  const errorTogether = (some: Records): Overview['servedError'] =>
    errorShareTogether(some.map(({ task, error }) => ({ served: servedBy(task.id), error })));
  const money = total(sums);
  // They are known until now alone.
  const isUntilNow = range.until > sources.now() - NOW_MS;
  const { machine, learning, others } = isUntilNow ? (await sources.savings(range.since)).total : NOTHING;
  const whole = await store.latencySums({ ...range, bucketMs: range.until - range.since });
  const alarms = [];
  for (const kind of ALARMS)
    alarms.push(
      ...(await store.listEvents({ kind, limit: MAX_ALARMS })).filter(({ at }) => at >= range.since),
    );
  return {
    range,
    ...countsOf(sums),
    money: {
      spent: money.spent,
      avoided: money.avoided,
      audits: money.audits,
      machine,
      learning,
      others,
      saved: money.avoided - money.audits - machine - learning - others,
      unpriced,
      basis: MONEY_BASIS,
    },
    servedError: errorTogether(records),
    servingError: errorTogether(records.filter(({ deployment }) => isServing(deployment?.stage))),
    withdrawn: records.filter(({ deployment }) => isWithdrawnSince(deployment, range.since)).length,
    latency: {
      specialist: latencyOf(whole, 'specialist'),
      llm: latencyOf(whole, 'llm'),
      escalated: latencyOf(whole, 'escalated'),
    },
    series: await seriesOf(sources, range, sums, records),
    attention: attentionOf({
      records,
      alarms,
      unpriced,
      lost: sources.lost(),
      journal: await sources.journal(),
      upstreams: sources.upstreams()?.servers ?? [],
    }),
    stages: stagesOf(records),
  };
}

const isServing = (stage: Stage | undefined): boolean => stage === 'canary' || stage === 'live';

function isWithdrawnSince(deployment: Deployment | null, since: number): boolean {
  const last = deployment?.history.at(-1);
  return (last?.stage === 'retired' || last?.stage === 'suspended') && last.at >= since;
}

function latencyOf(sums: readonly LatencySum[], served: LatencyClass): Overview['latency']['llm'] {
  const sum = sums.find((each) => each.served === served);
  return sum ? { p50: sum.p50, p95: sum.p95, calls: sum.calls } : null;
}

type Sums = Awaited<ReturnType<typeof pricedSums>>['sums'];
type Records = Awaited<ReturnType<typeof taskRecords>>;

async function seriesOf(
  { store }: FigureSources,
  range: Range,
  sums: Sums,
  records: Records,
): Promise<Overview['series']> {
  const latencies = await store.latencySums(range);
  const audits = records.flatMap(({ booked }) => booked?.audits ?? []);
  const bucketOf = (at: number): number =>
    range.since + Math.floor((at - range.since) / range.bucketMs) * range.bucketMs;
  const audited = new Map<number, { audits: number; auditErrors: number }>();
  for (const { at, stage, correct } of audits) {
    if (stage !== 'canary' && stage !== 'live') continue;
    const tally = audited.get(bucketOf(at)) ?? { audits: 0, auditErrors: 0 };
    tally.audits++;
    if (!correct) tally.auditErrors++;
    audited.set(bucketOf(at), tally);
  }
  const byBucket = Map.groupBy(sums, ({ at }) => at);
  const p50 = (at: number, served: LatencyClass): number | null =>
    latencies.find((each) => each.at === at && each.served === served)?.p50 ?? null;
  return bucketsOf(range).map((at) => {
    const own = byBucket.get(at) ?? [];
    const { spent, avoided, audits: auditCost } = total(own);
    return {
      at,
      ...countsOf(own),
      spent,
      saved: avoided - auditCost,
      specialistP50: p50(at, 'specialist'),
      llmP50: p50(at, 'llm'),
      ...(audited.get(at) ?? { audits: 0, auditErrors: 0 }),
    };
  });
}

function stagesOf(records: Records): Record<string, number> {
  const stages: Record<string, number> = {};
  for (const { deployment } of records) {
    const stage = deployment?.stage ?? 'none';
    stages[stage] = (stages[stage] ?? 0) + 1;
  }
  return stages;
}
