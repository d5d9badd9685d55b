/**
 * `understudy assess`: what learning would come to, said before it is tried. Curate and cluster as the pipeline does; then, for each
 * task, its profile, a cheap probe on calls that are not held back, what the gate would make of that, and what it costs.
 * Nothing is deployed, no held-back call is looked at but for its length, and what is trained is thrown away.
 * Does not: fetch weights, or ask anybody.
 */
import { join } from 'node:path';
import { siteOf } from '../../callsite/variable-part.ts';
import { findTasks } from '../../cluster/tasks.ts';
import type { AssessReport, Interval, TaskAssessment } from '../../core/assessment.ts';
import { type Call, UNTIMED } from '../../core/call.ts';
import type { Dataset, Example } from '../../core/dataset.ts';
import type { PriceUsed } from '../../core/demo-report.ts';
import { type LearnOptions, leftOutOf } from '../../core/learning.ts';
import { percent } from '../../core/percent.ts';
import { progressOf } from '../../core/progress.ts';
import type { MachineCost } from '../../core/savings.ts';
import type { Task } from '../../core/task.ts';
import { estimateUsage } from '../../core/tokens.ts';
import { buildDataset } from '../../curate/dataset.ts';
import { readUsable } from '../../curate/usable.ts';
import { suspectAnswers } from '../../evaluate/wrong-answers.ts';
import { cost } from '../../savings/prices.ts';
import { chooseCandidates } from '../../select/candidates.ts';
import { probeHardware } from '../../select/hardware.ts';
import { type Speeds, toTrainingBudget } from '../budget.ts';
import { withContinued } from '../continued.ts';
import { llmFigures } from '../llm-figures.ts';
import { orderOf } from '../rounds.ts';
import { type LearnContext, selectionLimits } from '../trial.ts';
import { refuseUnknown, wantedBy } from '../wanted.ts';
import { costOf } from './cost.ts';
import { expectationOf } from './expect.ts';
import { type Probed, probe, probeWork, sampleOf } from './probe.ts';
import { profileOf } from './profile.ts';
import { likelyRung, type PreferredRungs } from './rung.ts';

export interface AssessContext extends Omit<LearnContext, 'store' | 'askAgain'> {
  /** Tasks that are known; none where there is no store. */
  readonly known: readonly Task[];
  /** How fast trainings went on this machine. */
  readonly speeds: Speeds;
  readonly preferred: PreferredRungs;
  readonly priceOf: (model: string) => PriceUsed | null;
  readonly machine: MachineCost;
  /** A folder for what is trained; the caller removes it. */
  readonly dir: string;
}

/** A task on its way, before its probe. */
interface Prepared {
  readonly task: Task;
  readonly calls: readonly Call[];
  readonly dataset: Dataset;
  /** One for each call that may be looked at. */
  readonly open: readonly Example[];
  readonly sample: readonly Example[];
  readonly contenders: ReturnType<typeof chooseCandidates>['contenders'];
  readonly refusal: string | null;
}

/** @throws UnderstudyError 'cancelled' when told to stop. */
export async function assessCalls(
  calls: AsyncIterable<Call> | Iterable<Call>,
  context: AssessContext,
  options: Pick<LearnOptions, 'tasks' | 'order'> = {},
): Promise<AssessReport> {
  const { config, signal, onProgress } = context;
  const startedAt = Date.now();
  const usable = await readUsable(calls);
  const { tasks, assignment, unassigned } = findTasks(usable.calls, context.known);
  const callsOf = Map.groupBy(usable.calls, (call) => assignment.get(call.id));
  refuseUnknown(options, tasks);
  const wanted = tasks
    .filter(wantedBy(options))
    .filter(({ id }) => callsOf.has(id))
    .map((task) => withContinued(task, usable.continued));
  const prepared: Prepared[] = [];
  const preparing = progressOf(onProgress, 'curate', wanted.length);
  for (const task of wanted) {
    signal?.throwIfAborted();
    prepared.push(prepare(task, callsOf.get(task.id)!, context, options.order));
    preparing(prepared.length);
  }
  const report = progressOf(
    onProgress,
    'assess',
    prepared.reduce((sum, each) => sum + workOf(each), 0),
  );
  let done = 0;
  const assessed: TaskAssessment[] = [];
  for (const each of prepared) {
    signal?.throwIfAborted();
    const target = done + workOf(each);
    const onDone = (work: number): void => {
      done = Math.min(target, done + work);
      report(done, each.task.name);
    };
    assessed.push(await assessTask(each, context, onDone));
    done = target;
    report(done);
  }
  const sorted = assessed.sort((a, b) => b.task.calls - a.task.calls);
  const rest = Map.groupBy(unassigned, ({ reason }) => reason);
  return {
    kind: 'assess',
    startedAt,
    seconds: (Date.now() - startedAt) / 1000,
    seed: config.train.seed,
    epsilon: config.gate.epsilon,
    delta: config.gate.delta,
    calls: usable.read,
    usableCalls: usable.calls.length,
    leftOut: [
      ...leftOutOf(usable.dropped, usable.examples),
      ...[...rest].map(([reason, own]) => ({ reason, calls: own.length, example: own[0]?.callId ?? null })),
    ],
    tasks: sorted,
    total: totalOf(sorted, usable.read, config.gate.epsilon),
    notes: context.notes,
  };
}

function prepare(
  task: Task,
  calls: readonly Call[],
  context: AssessContext,
  wanted: 'time' | 'shuffle-sessions' | undefined,
): Prepared {
  const { config } = context;
  const { seed } = config.train;
  const how = { seed, order: wanted ?? orderOf(calls), equality: config.equality, truth: config.gate.truth };
  const dataset = buildDataset(task, calls, how);
  const held = new Set(
    [...dataset.splits.calibration, ...dataset.splits.exam].map(({ sessionId }) => sessionId),
  );
  const shares = { train: 0, validation: 1, calibration: 0, exam: 0 };
  const all = buildDataset(task, calls, { ...how, shares }).splits.validation;
  const open = all.filter(({ sessionId }) => !held.has(sessionId));
  const sample = sampleOf(open, seed);
  const limits = limitsOf(task, calls, context);
  const { contenders, dropped } = chooseCandidates(task, dataset, 'seconds', limits);
  const refusal = contenders.length === 0 ? (dropped[0]?.reason ?? 'Nothing here can learn it.') : null;
  return { task, calls, dataset, open, sample, contenders, refusal };
}

function limitsOf(task: Task, calls: readonly Call[], context: AssessContext) {
  const { config, speeds } = context;
  const budget = toTrainingBudget({ minutes: config.train.minutes, speeds });
  // Nothing is run that takes minutes: what runs it need not be here.
  return {
    ...selectionLimits({ task, llm: llmFigures(calls, config.prices), judging: null }, budget, context),
    canRun: () => true,
    ...(config.judge === undefined ? {} : { noJudge: 'an assessment asks none: `learn` does' }),
  };
}

const workOf = ({ sample, contenders }: Prepared): number =>
  1 + (contenders.length === 0 ? 0 : probeWork(sample.length, contenders.length));

async function assessTask(
  { task, calls, dataset, open, sample, contenders, refusal }: Prepared,
  context: AssessContext,
  onDone: (work: number) => void,
): Promise<TaskAssessment> {
  const { config, machine } = context;
  const requests = new Map(calls.map(({ id, request }) => [id, request]));
  const dir = join(context.dir, task.id);
  const probed: Probed | null =
    contenders.length === 0
      ? null
      : await probe(task, sample, contenders, requests, context, { dir, onDone });
  const { expected, curve } =
    probed === null ? { expected: [], curve: [] } : expectationOf(probed, dataset, config);
  const atBound = expected.find(({ epsilon }) => epsilon === config.gate.epsilon) ?? null;
  const slow = chooseCandidates(task, dataset, 'minutes', limitsOf(task, calls, context));
  const profile = profileOf(task.kind, open, dataset.contradictions);
  const choice = likelyRung({
    task,
    profile,
    best: probed?.best ?? null,
    atBound,
    slow,
    refusal,
    preferred: context.preferred,
  });
  const suspected = suspectedIn(probed, sample);
  const isNoisy = suspected.low > config.gate.epsilon / 2 && (atBound?.mean ?? 0) < LITTLE;
  const usage = usageOf(calls, context.priceOf);
  const quick = contenders.reduce((sum, { minutes }) => sum + (minutes ?? 0) * 6, 0);
  const heavy = choice.isSlow ? slow.contenders.reduce((sum, { minutes }) => sum + (minutes ?? 0), 0) : 0;
  const minutes = Math.min(quick + heavy, config.train.minutes + quick);
  const { cores } = probeHardware(config.dataDir);
  return {
    task: {
      id: task.id,
      name: task.name,
      kind: task.kind,
      calls: task.calls,
      ...(task.kinds ? { kinds: task.kinds } : {}),
    },
    sites: sitesOf(task, calls),
    usage: { ...usage.sums, callsPerDay: perDay(calls) },
    profile,
    probe: probed && {
      calls: sample.length,
      inputs: new Set(sample.map(({ input }) => input)).size,
      rung: probed.best.rung,
      accuracy: probed.best.accuracy,
      curve,
      suspected,
      others: probed.others.map(({ rung, accuracy }) => ({ rung, accuracy })),
    },
    expected,
    rung: choice.rung,
    why: isNoisy ? whyNoisy(suspected.mean) : choice.why,
    cost: costOf({
      usage: { ...usage.sums, callsPerDay: perDay(calls) },
      callDollars: usage.perCall,
      dataset,
      textShare: task.kind === 'text' ? 1 : task.kind === 'mixed' ? (task.kinds?.text ?? 0) : 0,
      expected: atBound,
      minutes,
      dollarsPerMinute: machine.dollarsPerCoreSecond * 60 * (config.train.threads ?? cores),
      auditShare: config.serve.auditShare,
    }),
  };
}

/** A smaller share is worth no training. */
const LITTLE = 0.02;

function suspectedIn(probed: Probed | null, sample: readonly Example[]): Pick<Interval, 'mean' | 'low'> {
  if (probed === null) return { mean: 0, low: 0 };
  const answers = new Map(sample.map(({ id, answer }) => [id, answer]));
  const { share } = suspectAnswers(probed.best.graded, answers);
  return { mean: share.share, low: share.low };
}

const whyNoisy = (share: number): string =>
  `At least about ${percent(share, 1)} of its recorded answers look wrong: with such references nothing can be proved. \`understudy learn --dry-run\` lists the calls for \`understudy suspects\`; correct them, or let the LLM be asked again (\`--ask-again\`).`;

function sitesOf(task: Task, calls: readonly Call[]): TaskAssessment['sites'] {
  const byId = Map.groupBy(calls, ({ request }) => siteOf(task, request)?.id);
  return task.sites
    .map(({ id, turn, toolNames }) => ({ id, turn, tools: toolNames, calls: byId.get(id)?.length ?? 0 }))
    .sort((a, b) => b.calls - a.calls);
}

/** Tokens as the provider counted them, else estimated, and dollars where the price of each model is known. */
function usageOf(
  calls: readonly Call[],
  priceOf: AssessContext['priceOf'],
): {
  readonly sums: { promptTokens: number; completionTokens: number; dollars: number | null };
  readonly perCall: number | null;
} {
  let [promptTokens, completionTokens, dollars, priced] = [0, 0, 0, 0];
  for (const call of calls) {
    const usage = call.response?.usage ?? estimateUsage(call.request, call.response?.message ?? NOTHING);
    promptTokens += usage.promptTokens;
    completionTokens += usage.completionTokens;
    const price = priceOf(call.request.model);
    if (price === null) continue;
    dollars += cost(usage, price);
    priced++;
  }
  const known = priced > 0 ? dollars / priced : null;
  return {
    sums: { promptTokens, completionTokens, dollars: known === null ? null : known * calls.length },
    perCall: known,
  };
}

const NOTHING = { role: 'assistant', content: '' } as const;

const [HOUR, DAY] = [3_600_000, 86_400_000];

/** Calls a day over the time that they span; null where their times mean nothing or span too little. */
function perDay(calls: readonly Call[]): number | null {
  const times = calls.filter(({ tags }) => !(UNTIMED in tags)).map(({ at }) => at);
  if (times.length * 2 < calls.length) return null;
  const span = times.reduce((a, b) => Math.max(a, b), 0) - times.reduce((a, b) => Math.min(a, b), Infinity);
  return span < HOUR ? null : (calls.length * DAY) / span;
}

function totalOf(tasks: readonly TaskAssessment[], calls: number, epsilon: number): AssessReport['total'] {
  const sum = (weight: (task: TaskAssessment) => number, whole: number): Interval => {
    const at = (limit: keyof Interval): number =>
      tasks.reduce((all, task) => {
        const own = task.expected.find((each) => each.epsilon === epsilon);
        return all + (own?.[limit] ?? 0) * weight(task);
      }, 0) / Math.max(whole, 1e-12);
    return { mean: at('mean'), low: at('low'), high: at('high') };
  };
  const dollars = tasks.reduce((all, { usage }) => all + (usage.dollars ?? 0), 0);
  return {
    coverage: sum(({ task }) => task.calls, calls),
    dollars: dollars > 0 ? sum(({ usage }) => usage.dollars ?? 0, dollars) : null,
  };
}
