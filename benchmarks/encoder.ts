/**
 * The frozen head against the fine-tuned encoder on Banking77: all 10,003 training calls, and 16 and 8 of each of the
 * 77 classes; accuracy on the 3,080 test calls, seconds of training with everything that belongs to it, milliseconds a
 * call. `npm run bench -- encoder`. Reads ../shared/data at run time and ships nothing of it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Example } from '../src/core/dataset.ts';
import { seededRandom } from '../src/core/random.ts';
import type { Runtime, Trainer } from '../src/core/runtime.ts';
import type { Artefact, Rate, Rung } from '../src/core/specialist.ts';
import { CATALOGUE, DEFAULT_ENCODER } from '../src/models/weights/catalogue.ts';
import { ensureWeights } from '../src/models/weights/weights.ts';
import { linearRuntime } from '../src/runtime/linear.ts';
import { type Models, startModels } from '../src/runtime/models.ts';
import { rateOf } from '../src/stats/statistics.ts';
import { planEncoder } from '../src/train/encoder/plan.ts';
import { encoderTrainer } from '../src/train/encoder/trainer.ts';
import { linearTrainer } from '../src/train/linear/trainer.ts';
import { parseCsv } from './recordings/convert.ts';
import type { BenchmarkResult } from './run.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DATA = join(ROOT, '../shared/data/banking77');
/** Minutes that a training may take, and the tokens per second that it is planned at. */
const [MINUTES, SPEED] = [5, 1_800];
/** Calls at once while accuracy is measured; milliseconds are measured one call at a time. */
const [AT_ONCE, TIMED] = [8, 300];

/** Training calls of each class. */
const SIZES = ['8', '16', 'all'] as const;

interface Row {
  /** Of each class. */
  readonly train: string;
  readonly rung: Rung;
  readonly examples: number;
  readonly accuracy: Rate;
  readonly seconds: number;
  readonly megabytes: number;
  readonly ms: number;
  readonly figures: Artefact['figures'];
}

/** Runs the sizes that are named, all of them unless told. */
export async function run(names: readonly string[] = process.argv.slice(3)): Promise<BenchmarkResult> {
  if (!existsSync(DATA)) throw new Error(`Banking77 is not here: ${DATA} is missing.`);
  const all = read('train.csv');
  const test = read('test.csv');
  const { path } = await ensureWeights(DEFAULT_ENCODER, {
    dataDir: join(ROOT, '.understudy'),
    env: process.env,
  });
  const dimensions = CATALOGUE.find(({ name }) => name === DEFAULT_ENCODER)?.dimensions ?? 384;
  const dir = mkdtempSync(join(tmpdir(), 'understudy-encoder-'));
  const rows: Row[] = [];
  try {
    const wanted = names.filter((name) => !name.startsWith('--'));
    for (const name of SIZES.filter((size) => wanted.length === 0 || wanted.includes(size))) {
      const train = name === 'all' ? all : few(all, Number(name));
      for (const rung of ['head', 'encoder'] as const) {
        // Processes of their own for each row: nothing is remembered from one to the next.
        const models = await startModels({ encoder: { name: DEFAULT_ENCODER, path, dimensions } });
        try {
          rows.push({
            train: name,
            ...(await measure(rung, train, test, models, path, join(dir, name, rung))),
          });
          console.error(rows.at(-1));
        } finally {
          await models.close();
        }
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return {
    table: rows.map(({ train, rung, examples, accuracy, seconds, megabytes, ms }) => ({
      train,
      rung,
      examples,
      accuracy: `${share(accuracy.share)} (${share(accuracy.low)}–${share(accuracy.high)})`,
      seconds: Math.round(seconds),
      'artefact MB': Number(megabytes.toFixed(1)),
      'ms a call': Number(ms.toFixed(1)),
    })),
    json: { test: test.length, rows },
  };
}

async function measure(
  rung: 'head' | 'encoder',
  train: readonly Example[],
  test: readonly Example[],
  { encoder }: Models,
  path: string,
  dir: string,
): Promise<Omit<Row, 'train'>> {
  const trainer: Trainer =
    rung === 'head' ? linearTrainer({ encoder }) : encoderTrainer({ name: DEFAULT_ENCODER, path });
  const { epochs } = planEncoder(train, { speed: SPEED, minutes: MINUTES });
  const candidate = {
    id: rung,
    taskId: 'banking77',
    rung,
    base: DEFAULT_ENCODER,
    recipe: rung === 'head' ? {} : { epochs },
  };
  const started = performance.now();
  const artefact = await trainer.train({ candidate, kind: 'label', train, validation: [], dir, seed: 1 });
  const seconds = (performance.now() - started) / 1000;
  const runtime = linearRuntime({ encoder });
  const right = await countRight(runtime, artefact, test);
  return {
    rung,
    examples: train.length,
    accuracy: rateOf(right, test.length),
    seconds,
    megabytes: statSync(artefact.path).size / 1e6,
    ms: await medianMs(runtime, artefact, test.slice(0, TIMED)),
    figures: artefact.figures,
  };
}

async function countRight(runtime: Runtime, artefact: Artefact, test: readonly Example[]): Promise<number> {
  let [right, at] = [0, 0];
  const work = async (): Promise<void> => {
    while (at < test.length) {
      const { input, answer } = test[at++]!;
      if ((await runtime.predict(artefact, input)).answer === answer) right++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return right;
}

async function medianMs(runtime: Runtime, artefact: Artefact, calls: readonly Example[]): Promise<number> {
  const times: number[] = [];
  for (const { input } of calls) times.push((await runtime.predict(artefact, input)).ms);
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

function read(file: string): readonly Example[] {
  return parseCsv(readFileSync(join(DATA, file), 'utf8'))
    .slice(1)
    .map(([input = '', answer = ''], i) => {
      const id = `${file}-${i}`;
      return { id, callId: id, sessionId: id, at: i, input, answer, weight: 1 };
    });
}

/** So many of each class, drawn at random. */
function few(all: readonly Example[], each: number): readonly Example[] {
  const counts = new Map<string, number>();
  return seededRandom(1)
    .shuffle(all)
    .filter(({ answer }) => {
      const count = counts.get(answer) ?? 0;
      counts.set(answer, count + 1);
      return count < each;
    });
}

const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
