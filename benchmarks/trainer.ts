/**
 * The embedded trainer against PyTorch + PEFT, taking turns on the same examples (`npm run bench -- trainer`). About an hour
 * on two cores, most of it PEFT's. Needs UNDERSTUDY_PEFT_PYTHON (docs/trainers.md) and ../shared/data.
 * Both train rank 16 on all linear layers of the same base; both are judged by the same graph on the same test calls.
 * PEFT reads what varies of the logged prompts, the embedded trainer the same as it writes it for a small model, and has
 * a pass more.
 * Does not: choose the trainer's defaults on these test calls; they were chosen on other data (dev/LOG.md).
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Rate } from '../src/core/specialist.ts';
import { exampleTokens } from '../src/core/tokens.ts';
import { DEFAULT_LANGUAGE } from '../src/models/weights/catalogue.ts';
import { folderBytes } from '../src/models/weights/pip.ts';
import { ensureWeights } from '../src/models/weights/weights.ts';
import type { Sample } from '../src/train/embedded/batch.ts';
import { loraConfig } from '../src/train/embedded/lora.ts';
import { stepBatch } from '../src/train/embedded/plan.ts';
import { parseRecipe } from '../src/train/embedded/recipe.ts';
import { openTokenizer, type Tokenizer, tokeniseExamples } from '../src/train/embedded/tokenise.ts';
import { type DecoderWeights, readDecoder } from '../src/train/embedded/weights.ts';
import { stepOrder } from '../src/train/engine/loop.ts';
import { stepCount } from '../src/train/engine/schedule.ts';
import type { BenchmarkResult } from './run.ts';
import { Arm, type ArmJob, type ArmReport } from './trainer/arm.ts';
import { type BenchExample, type BenchTask, benchTasks, PASSES } from './trainer/data.ts';
import { judge, type Snapshot } from './trainer/judge.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DATA = join(ROOT, '../shared/data');
const SEED = 1;
/** Turns that the two take, and so the points of each curve. */
const TURNS = 5;
const OURS = [process.execPath, join(import.meta.dirname, 'trainer/ours.ts')];
/** As PEFT's users have it: eight examples a step, alpha twice the rank, and otherwise what the embedded trainer does. */
const PEFT = { batch: 8, alpha: 32 };
/** Steps on whole prompts: enough to time, and far from enough to learn. */
const BOILERPLATE_STEPS = 4;

interface Machine {
  readonly python: string;
  readonly base: string;
  readonly weights: DecoderWeights;
  readonly tokenizer: Tokenizer;
  readonly dir: string;
}

interface Side {
  readonly reports: readonly ArmReport[];
  /** Test accuracy after each turn. */
  readonly accuracy: readonly Rate[];
}

interface TaskResult {
  readonly task: string;
  readonly ours: SideFigures;
  readonly peft: SideFigures;
  readonly speedRatioPerToken: number;
  /** Until PEFT's final accuracy, and until 95 % of it; null where the embedded trainer never reaches it. */
  readonly speedRatioToAccuracy: number | null;
  readonly speedRatioTo95: number | null;
  /** Examples a second, PEFT on the whole prompts; null where they have no boilerplate. */
  readonly speedRatioWithBoilerplate: number | null;
  readonly peakMemoryRatio: number;
}

/** Megabytes on the disk: the Python packages, and node_modules with all that developing takes. */
interface InstallMb {
  readonly ours: number;
  readonly peft: number;
}

interface SideFigures {
  readonly tokensPerSecond: number;
  readonly seconds: number;
  readonly peakMb: number;
  readonly accuracy: Rate;
  /** Seconds of training and the test accuracy then. */
  readonly curve: readonly { readonly seconds: number; readonly accuracy: number }[];
}

/** Runs the tasks whose names hold one of the words given, all of them unless told. */
export async function run(words: readonly string[] = process.argv.slice(3)): Promise<BenchmarkResult> {
  const python = process.env.UNDERSTUDY_PEFT_PYTHON;
  if (!python)
    throw new Error(
      'Set UNDERSTUDY_PEFT_PYTHON to a Python that has src/train/peft/requirements.txt installed.',
    );
  if (!existsSync(DATA)) throw new Error(`The recordings are not here: ${DATA} is missing.`);
  const { path: base } = await ensureWeights(DEFAULT_LANGUAGE, { dataDir: join(ROOT, '.understudy') });
  const dir = mkdtempSync(join(tmpdir(), 'understudy-bench-'));
  const tokenizer = await openTokenizer(base);
  try {
    const machine: Machine = { python, base, weights: readDecoder(base), tokenizer, dir };
    const installMb = installed(python);
    const wanted = words.filter((word) => !word.startsWith('--'));
    const results: TaskResult[] = [];
    for (const task of benchTasks(DATA))
      if (wanted.length === 0 || wanted.some((word) => task.name.includes(word)))
        results.push(await compareOn(task, machine));
    return {
      table: results.flatMap((result) => rowsOf(result, installMb)),
      json: { ...headline(results), installMb, tasks: results },
    };
  } finally {
    await tokenizer.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function compareOn(task: BenchTask, machine: Machine): Promise<TaskResult> {
  const { weights } = machine;
  const texts = { ours: inputOf, peft: loggedOf };
  const samples = samplesOf(task.train, texts.ours, machine);
  const jobs = {
    ours: jobOf(samples, { batch: stepBatch(task.train.map(exampleTokens)), epochs: PASSES.ours }, machine),
    peft: jobOf(samplesOf(task.train, texts.peft, machine), { ...PEFT, epochs: PASSES.peft }, machine),
  };
  const ours = await Arm.start(OURS, join(machine.dir, 'ours.json'), jobs.ours);
  const peft = await Arm.start(peftProgram(machine), join(machine.dir, 'peft.json'), jobs.peft);
  const turns: { ours: ArmReport[]; peft: ArmReport[] } = { ours: [], peft: [] };
  for (let turn = 0; turn < TURNS; turn++) {
    // Who goes first alternates, so that a machine that slows down favours neither.
    for (const side of turn % 2 === 0 ? (['ours', 'peft'] as const) : (['peft', 'ours'] as const)) {
      const arm = side === 'ours' ? ours : peft;
      const until = Math.round((arm.steps * (turn + 1)) / TURNS);
      const report = await arm.train(
        until - (turns[side].at(-1)?.steps ?? 0),
        snapshotPath(machine, side, turn),
      );
      turns[side].push(report);
      console.error(
        `${task.name}: turn ${turn + 1}/${TURNS}, ${side} ${(report.tokens / report.seconds).toFixed(0)} tokens/s`,
      );
    }
  }
  ours.stop();
  peft.stop();
  const accuracyOf = (side: 'ours' | 'peft'): Promise<readonly Rate[]> =>
    judge(
      turns[side].map((_, turn): Snapshot => {
        const path = snapshotPath(machine, side, turn);
        return side === 'ours' ? { flat: path } : { peft: path };
      }),
      samplesOf(task.test, texts[side], machine),
      { weights, lora: loraConfig(jobs[side].recipe), threads: availableParallelism() },
    );
  const a = figuresOf({ reports: turns.ours, accuracy: await accuracyOf('ours') });
  const b = figuresOf({ reports: turns.peft, accuracy: await accuracyOf('peft') });
  return {
    task: task.name,
    ours: a,
    peft: b,
    speedRatioPerToken: a.tokensPerSecond / b.tokensPerSecond,
    speedRatioToAccuracy: ratio(secondsUntil(b, b.accuracy.share), secondsUntil(a, b.accuracy.share)),
    speedRatioTo95: ratio(secondsUntil(b, 0.95 * b.accuracy.share), secondsUntil(a, 0.95 * b.accuracy.share)),
    speedRatioWithBoilerplate:
      task.boilerplate === '' ? null : await boilerplateRatio(task, a, samples, machine),
    peakMemoryRatio: a.peakMb / b.peakMb,
  };
}

/** Examples a second of the embedded trainer on the slots alone, over PEFT's on the prompts as they were logged. */
async function boilerplateRatio(
  task: BenchTask,
  ours: SideFigures,
  samples: readonly Sample[],
  machine: Machine,
): Promise<number> {
  const first = task.train.slice(0, BOILERPLATE_STEPS * PEFT.batch);
  const whole = samplesOf(first, (example) => `${task.boilerplate}\n\n${example.logged}`, machine);
  const job = jobOf(whole, { batch: PEFT.batch, epochs: 1 }, machine);
  const peft = await Arm.start(peftProgram(machine), join(machine.dir, 'whole.json'), job);
  const snapshot = snapshotPath(machine, 'peft', TURNS);
  await peft.train(1, snapshot);
  const { seconds } = await peft.train(BOILERPLATE_STEPS - 1, snapshot);
  peft.stop();
  const peftRate = ((BOILERPLATE_STEPS - 1) * PEFT.batch) / seconds;
  return (samples.length * PASSES.ours) / ours.seconds / peftRate;
}

function installed(python: string): InstallMb {
  const ask = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  const packages = execFileSync(python, ['-c', ask], { encoding: 'utf8' }).trim();
  const megabytes = (dir: string): number => Math.round(folderBytes(dir) / 1e6);
  return { ours: megabytes(join(ROOT, 'node_modules')), peft: megabytes(packages) };
}

const inputOf = ({ input }: BenchExample): string => input;
const loggedOf = ({ logged }: BenchExample): string => logged;

function samplesOf(
  examples: readonly BenchExample[],
  read: (example: BenchExample) => string,
  { tokenizer }: Machine,
): readonly Sample[] {
  const texts = examples.map((example) => ({ input: read(example), answer: example.answer, weight: 1 }));
  return tokeniseExamples(tokenizer, texts, { maxTokens: 2048, weightPower: 0 }).samples;
}

function jobOf(samples: readonly Sample[], given: object, { base }: Machine): ArmJob {
  const recipe = parseRecipe(given);
  return {
    base,
    samples,
    recipe,
    seed: SEED,
    threads: availableParallelism(),
    order: stepOrder(samples.length, recipe.batch, stepCount(samples.length, recipe), SEED),
  };
}

const peftProgram = ({ python }: Machine): readonly string[] => [
  python,
  join(import.meta.dirname, 'trainer/peer.py'),
];

const snapshotPath = ({ dir }: Machine, side: string, turn: number): string =>
  join(dir, `${side}-${turn}.bin`);

function figuresOf({ reports, accuracy }: Side): SideFigures {
  const sum = (of: (report: ArmReport) => number): number =>
    reports.reduce((total, each) => total + of(each), 0);
  let seconds = 0;
  return {
    tokensPerSecond: sum(({ tokens }) => tokens) / sum((report) => report.seconds),
    seconds: sum((report) => report.seconds),
    peakMb: Math.max(...reports.map(({ peakMb }) => peakMb)),
    accuracy: accuracy.at(-1)!,
    curve: reports.map((report, turn) => {
      seconds += report.seconds;
      return { seconds, accuracy: accuracy[turn]!.share };
    }),
  };
}

/** When the curve first reaches the accuracy, between two turns by a straight line; null: never. */
function secondsUntil({ curve }: SideFigures, accuracy: number): number | null {
  let before = { seconds: 0, accuracy: 0 };
  for (const point of curve) {
    if (point.accuracy >= accuracy) {
      const share = (accuracy - before.accuracy) / Math.max(1e-9, point.accuracy - before.accuracy);
      return before.seconds + share * (point.seconds - before.seconds);
    }
    before = point;
  }
  return null;
}

const ratio = (theirs: number | null, ours: number | null): number | null =>
  theirs === null || !ours ? null : theirs / ours;

/** Over the tasks: geometric means of ratios, means of accuracies; null where a task has none. */
function headline(results: readonly TaskResult[]): object {
  const geometric = (of: (result: TaskResult) => number | null, skip: boolean): number | null => {
    const values = results.map(of).filter((value) => !(skip && value === null));
    if (values.length === 0 || values.includes(null)) return null;
    return Math.exp(values.reduce<number>((sum, value) => sum + Math.log(value!), 0) / values.length);
  };
  const mean = (of: (result: TaskResult) => number): number =>
    results.reduce((sum, result) => sum + of(result), 0) / results.length;
  return {
    speedRatioPerToken: geometric((each) => each.speedRatioPerToken, false),
    speedRatioToAccuracy: geometric((each) => each.speedRatioToAccuracy, false),
    speedRatioTo95: geometric((each) => each.speedRatioTo95, false),
    speedRatioWithBoilerplate: geometric((each) => each.speedRatioWithBoilerplate, true),
    peakMemoryRatio: geometric((each) => each.peakMemoryRatio, false),
    accuracy: mean((each) => each.ours.accuracy.share),
    peftAccuracy: mean((each) => each.peft.accuracy.share),
  };
}

function rowsOf(result: TaskResult, installMb: InstallMb): Record<string, string | number>[] {
  const row = (trainer: 'ours' | 'peft'): Record<string, string | number> => {
    const { tokensPerSecond, seconds, peakMb, accuracy } = result[trainer];
    const { share, low, high, n } = accuracy;
    return {
      task: result.task,
      trainer: trainer === 'ours' ? 'embedded' : 'PEFT',
      'tokens/s': Math.round(tokensPerSecond),
      seconds: Math.round(seconds),
      'peak MB': Math.round(peakMb),
      'install MB': installMb[trainer],
      'exact answers': `${percent(share)} (${percent(low)}–${percent(high)}), n = ${n}`,
    };
  };
  const times = (value: number | null): string => (value === null ? '–' : `${value.toFixed(2)}×`);
  return [
    row('peft'),
    {
      ...row('ours'),
      'per token': times(result.speedRatioPerToken),
      'to PEFT’s accuracy': times(result.speedRatioToAccuracy),
      'to 95 % of it': times(result.speedRatioTo95),
      'with boilerplate': times(result.speedRatioWithBoilerplate),
    },
  ];
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
