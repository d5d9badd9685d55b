/**
 * Tool calls of agents that at each turn either call a tool or speak: the annotated dialogues of SGD, a task for each service,
 * answered by the rung `tagger`. `npm run bench -- agents [SERVICE …] [--json]`. Three quarters of the dialogues to learn from,
 * an eighth of these left out to fit the confidence; the last quarter is held back. Reads ../shared/data at run time and
 * ships nothing of it.
 *
 * choice: share of turns at which it calls the tool that the agent called, or none as the agent did. args: of the calls of the
 * right tool, those whose arguments are all right. coverage1, 2, 5: of the tool calls of the held-back dialogues the largest
 * share, surest first, that can be served with at most 1, 2 or 5 % errors among all that is served; no gate has vouched for it.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findTasks } from '../src/cluster/tasks.ts';
import { toolChoiceOf } from '../src/core/answer.ts';
import type { Call } from '../src/core/call.ts';
import { compareAnswers, schemasOf } from '../src/core/compare.ts';
import type { Example } from '../src/core/dataset.ts';
import type { Prediction, Rate } from '../src/core/specialist.ts';
import type { Task } from '../src/core/task.ts';
import { buildDataset } from '../src/curate/dataset.ts';
import { fitConfidence } from '../src/evaluate/confidence.ts';
import { taggerRuntime } from '../src/runtime/tagger.ts';
import { confidenceOf } from '../src/stats/confidence.ts';
import { rateOf } from '../src/stats/statistics.ts';
import { taggerTrainer } from '../src/train/tagger/trainer.ts';
import { requestFromJson } from '../src/wire/openai-chat-request.ts';
import { responseFromJson } from '../src/wire/openai-chat-response.ts';
import { SGD_SERVICES, sgdCalls } from './recordings/sgd.ts';
import type { BenchmarkResult } from './run.ts';

const DATA = resolve(import.meta.dirname, '../../shared/data');
/** Of the dialogues: three quarters to learn from, of which an eighth fits the confidence. */
const SHARES = { train: 0.65625, validation: 0.09375, calibration: 0.25, exam: 0 };
const EPSILONS = [0.01, 0.02, 0.05];

interface Row {
  readonly service: string;
  readonly train: number;
  readonly turns: number;
  readonly toolCalls: number;
  readonly choice: Rate;
  readonly args: Rate;
  readonly whole: Rate;
  readonly coverage: readonly number[];
  readonly trainSeconds: number;
  readonly serveMs: number;
}

/** Default: all services, one seed; --seed=N for another. */
export async function run(args: readonly string[] = process.argv.slice(3)): Promise<BenchmarkResult> {
  if (!existsSync(DATA)) throw new Error(`The dialogues are not here: ${DATA} is missing.`);
  const seed = Number(args.find((arg) => arg.startsWith('--seed='))?.slice('--seed='.length) ?? 1);
  const named = args.filter((arg) => !arg.startsWith('--'));
  const rows: Row[] = [];
  for (const service of named.length > 0 ? named : SGD_SERVICES) rows.push(await measure(service, seed));
  const mean = (of: (row: Row) => number): number =>
    rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  return {
    table: rows.map((row) => ({
      service: row.service,
      'learnt from': row.train,
      'tool calls': `${row.toolCalls} of ${row.turns}`,
      'tool or none': percent(row.choice),
      arguments: percent(row.args),
      'whole tool calls': percent(row.whole),
      ...Object.fromEntries(EPSILONS.map((epsilon, i) => [`at ${epsilon * 100} %`, share(row.coverage[i]!)])),
      'training s': Math.round(row.trainSeconds),
      'ms a call': Number(row.serveMs.toFixed(1)),
    })),
    json: {
      seed,
      choice: mean(({ choice }) => choice.share),
      args: mean((row) => row.args.share),
      coverage1: mean(({ coverage }) => coverage[0]!),
      coverage2: mean(({ coverage }) => coverage[1]!),
      coverage5: mean(({ coverage }) => coverage[2]!),
      services: rows,
    },
  };
}

async function measure(service: string, seed: number): Promise<Row> {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-agents-'));
  const runtime = taggerRuntime();
  try {
    const calls = callsOf(service);
    const { tasks, assignment } = findTasks(calls, []);
    const [task] = tasks.filter(({ kind }) => kind === 'mixed' || kind === 'tool');
    if (task === undefined) throw new Error(`The calls of ${service} make no task with tool calls.`);
    const own = calls.filter(({ id }) => assignment.get(id) === task.id);
    const { splits } = buildDataset(task, own, { seed, order: 'shuffle-sessions', shares: SHARES });
    const started = performance.now();
    const artefact = await taggerTrainer().train({
      candidate: { id: service, taskId: task.id, rung: 'tagger', base: null, recipe: {} },
      kind: task.kind,
      train: splits.train,
      validation: [],
      dir,
      seed,
    });
    const trainSeconds = (performance.now() - started) / 1000;
    const answer = (examples: readonly Example[]): Promise<readonly Answered[]> =>
      answersTo(task, examples, (input) => runtime.predict(artefact, input));
    const model = fitConfidence(
      (await answer(splits.validation)).filter(({ prediction }) => prediction.answer !== '').map(gradedOf),
    );
    const answered = await answer(splits.calibration);
    const tools = answered.filter(({ wanted }) => wanted !== '');
    const chosen = tools.filter(({ wanted, said }) => said === wanted);
    const surestFirst = answered
      .filter(({ prediction }) => prediction.answer !== '')
      .map((each) => ({ ...each, confidence: confidenceOf(model, each.prediction.signals) }))
      .sort((a, b) => b.confidence - a.confidence);
    const times = answered.map(({ prediction: { ms } }) => ms).sort((a, b) => a - b);
    const hits = (of: readonly Answered[], isHit: (each: Answered) => boolean): Rate =>
      rateOf(of.filter(isHit).length, of.length);
    return {
      service,
      train: splits.train.length,
      turns: answered.length,
      toolCalls: tools.length,
      choice: hits(answered, ({ wanted, said }) => said === wanted),
      args: hits(chosen, ({ correct }) => correct),
      whole: hits(tools, ({ correct }) => correct),
      coverage: EPSILONS.map((epsilon) => toolsServed(surestFirst, epsilon) / Math.max(1, tools.length)),
      trainSeconds,
      serveMs: times[Math.floor(times.length / 2)] ?? 0,
    };
  } finally {
    await runtime.close();
    rmSync(dir, { recursive: true });
  }
}

interface Answered {
  readonly prediction: Prediction;
  /** The tool that the agent called, and the one that would be called; '' for none. */
  readonly wanted: string;
  readonly said: string;
  readonly correct: boolean;
}

async function answersTo(
  task: Task,
  examples: readonly Example[],
  predict: (input: string) => Promise<Prediction>,
): Promise<readonly Answered[]> {
  const schemas = schemasOf(task, {});
  const out: Answered[] = [];
  for (const { input, answer } of examples) {
    const prediction = await predict(input);
    const said =
      prediction.answer === '' ? (prediction.choice ?? '') : toolChoiceOf(task.kind, prediction.answer);
    const correct = compareAnswers(task.kind, answer, prediction.answer, schemas).right === true;
    out.push({ prediction, wanted: toolChoiceOf(task.kind, answer), said, correct });
  }
  return out;
}

const gradedOf = ({ prediction: { signals }, correct }: Answered) => ({ signals, correct });

/** Tool calls among the most that can be served, surest first, with at most that share of errors. */
function toolsServed(
  surestFirst: readonly (Answered & { readonly confidence: number })[],
  epsilon: number,
): number {
  let [wrong, tools, best] = [0, 0, 0];
  surestFirst.forEach(({ wanted, correct, confidence }, i) => {
    if (!correct) wrong++;
    if (correct && wanted !== '') tools++;
    // No threshold lies between two that are equally sure.
    if (wrong <= epsilon * (i + 1) && surestFirst[i + 1]?.confidence !== confidence) best = tools;
  });
  return best;
}

function callsOf(service: string): Call[] {
  return sgdCalls(DATA, service).map((line, i): Call => {
    const request = requestFromJson(line.request);
    const response = responseFromJson(line.response);
    if (request === null || response === null) throw new Error(`Line ${i} of ${service} cannot be read.`);
    return {
      id: `call-${i}`,
      at: i,
      sessionId: String(line.session_id),
      request,
      response,
      origin: '',
      tags: {},
      status: 200,
      latencyMs: 0,
      served: { by: 'llm', reason: 'no-specialist' },
    };
  });
}

const share = (value: number): string => `${(value * 100).toFixed(0)} %`;
const percent = ({ share: value, low, high, n }: Rate): string =>
  `${(value * 100).toFixed(1)} % (${(low * 100).toFixed(0)}–${(high * 100).toFixed(0)}), n = ${n}`;
