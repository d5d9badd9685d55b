/**
 * The extractor on slot filling: HWU64, 11,036 utterances to a home assistant, each answered with
 * `{"intent", "slots": {name: [values]}}`. Shuffled by a fixed seed; 7,500 to train on, 1,800 to fit the confidence, 1,736
 * held back. `npm run bench -- extractor [--json]`; with --lora the adapter of the base language model is trained on the
 * same calls beside it, which takes hours. Reads ../shared/data at run time and ships nothing of it.
 *
 * exact: share of whole answers that are right. coverage2, coverage5: the largest share of the held-back calls, surest
 * first, of which at most 2 % or 5 % are wrong; no gate has vouched for it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Example } from '../src/core/dataset.ts';
import { canonicalJson, parseJson } from '../src/core/json.ts';
import { seededRandom } from '../src/core/random.ts';
import type { Runtime, Trainer } from '../src/core/runtime.ts';
import type { Artefact, Candidate, Prediction, Rate, Rung } from '../src/core/specialist.ts';
import { fitConfidence } from '../src/evaluate/confidence.ts';
import { CATALOGUE, DEFAULT_ENCODER, DEFAULT_LANGUAGE } from '../src/models/weights/catalogue.ts';
import { ensureWeights } from '../src/models/weights/weights.ts';
import { extractorRuntime } from '../src/runtime/extractor.ts';
import { startModels } from '../src/runtime/models.ts';
import { confidenceOf } from '../src/stats/confidence.ts';
import { rateOf } from '../src/stats/statistics.ts';
import { embeddedTrainer } from '../src/train/embedded/trainer.ts';
import { proposeExtractor } from '../src/train/extractor/plan.ts';
import { extractorTrainer } from '../src/train/extractor/trainer.ts';
import type { BenchmarkResult } from './run.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DATA = join(ROOT, '../shared/data/hwu64/utterances.jsonl');
const [TRAIN, VALIDATION] = [7_500, 1_800];
/** Calls at once while answers are compared; milliseconds are measured one call at a time. */
const [AT_ONCE, TIMED] = [8, 200];

interface Row {
  readonly rung: Rung;
  readonly seed: number;
  readonly exact: Rate;
  readonly coverage2: number;
  readonly coverage5: number;
  readonly trainSeconds: number;
  readonly serveMs: number;
  readonly figures: Artefact['figures'];
}

/** Default: one seed; --seed=N for another. */
export async function run(args: readonly string[] = process.argv.slice(3)): Promise<BenchmarkResult> {
  if (!existsSync(DATA)) throw new Error(`HWU64 is not here: ${DATA} is missing.`);
  const seed = Number(args.find((arg) => arg.startsWith('--seed='))?.slice('--seed='.length) ?? 1);
  const weights = { dataDir: join(ROOT, '.understudy'), env: process.env };
  const { path } = await ensureWeights(DEFAULT_ENCODER, weights);
  const dimensions = CATALOGUE.find(({ name }) => name === DEFAULT_ENCODER)?.dimensions ?? 384;
  const dir = mkdtempSync(join(tmpdir(), 'understudy-extractor-'));
  const lora = args.includes('--lora') ? (await ensureWeights(DEFAULT_LANGUAGE, weights)).path : null;
  const models = await startModels({
    encoder: { name: DEFAULT_ENCODER, path, dimensions },
    language: lora === null ? null : { name: DEFAULT_LANGUAGE, path: lora },
  });
  const rows: Row[] = [];
  try {
    const examples = read();
    const limits = { bases: CATALOGUE, minutes: 60, speedOf: () => null };
    const [proposal] = proposeExtractor(
      { kind: 'json' },
      { splits: { train: examples.slice(0, TRAIN), validation: [], calibration: [], exam: [] } },
      limits,
      { base: DEFAULT_ENCODER, isHere: true, threads: 2 },
    );
    const extractor = extractorTrainer({ name: DEFAULT_ENCODER, path });
    rows.push(
      await measure({
        rung: 'extractor',
        base: DEFAULT_ENCODER,
        recipe: proposal!.recipe,
        trainer: extractor,
        runtime: extractorRuntime(models),
        examples,
        dir,
        seed,
      }),
    );
    if (lora !== null && models.llama !== null)
      rows.push(
        await measure({
          rung: 'lora',
          base: DEFAULT_LANGUAGE,
          recipe: { epochs: 1 },
          trainer: embeddedTrainer({ basePath: async () => lora }),
          runtime: models.llama,
          examples,
          dir,
          seed,
        }),
      );
  } finally {
    await models.close();
    rmSync(dir, { recursive: true, force: true });
  }
  const [own, peer] = rows;
  return {
    table: rows.map(({ rung, exact, coverage2, coverage5, trainSeconds, serveMs }) => ({
      rung,
      exact: `${share(exact.share)} (${share(exact.low)}–${share(exact.high)}, n = ${exact.n})`,
      'served at 2 % error': share(coverage2),
      'at 5 %': share(coverage5),
      'training s': Math.round(trainSeconds),
      'ms a call': Number(serveMs.toFixed(1)),
    })),
    json: {
      seed,
      ...own,
      exact: own!.exact.share,
      interval: [own!.exact.low, own!.exact.high],
      n: own!.exact.n,
      ...(peer
        ? {
            loraExact: peer.exact.share,
            loraCoverage2: peer.coverage2,
            loraCoverage5: peer.coverage5,
            trainSecondsRatio: own!.trainSeconds / peer.trainSeconds,
            serveSpeedup: peer.serveMs / own!.serveMs,
          }
        : {}),
    },
  };
}

interface Measured extends Pick<Candidate, 'rung' | 'base' | 'recipe'> {
  readonly trainer: Trainer;
  readonly runtime: Runtime;
  readonly examples: readonly Example[];
  readonly dir: string;
  readonly seed: number;
}

async function measure(options: Measured): Promise<Row> {
  const { rung, base, recipe, trainer, runtime, examples, seed } = options;
  const candidate = { id: rung, taskId: 'hwu64', rung, base, recipe };
  const train = examples.slice(0, TRAIN);
  const validation = examples.slice(TRAIN, TRAIN + VALIDATION);
  const test = examples.slice(TRAIN + VALIDATION);
  const started = performance.now();
  const dir = join(options.dir, rung);
  const artefact = await trainer.train(
    { candidate, kind: 'json', train, validation: [], dir, seed },
    ({ done, total }) => {
      if (total > 0 && done % 100 === 0) console.error(`${rung}: step ${done} of ${total}`);
    },
  );
  const trainSeconds = (performance.now() - started) / 1000;
  const model = fitConfidence(await answersTo(validation, runtime, artefact));
  const answered = await answersTo(test, runtime, artefact);
  const surestFirst = answered
    .map(({ signals, correct }) => ({ confidence: confidenceOf(model, signals), correct }))
    .sort((a, b) => b.confidence - a.confidence);
  const times: number[] = [];
  for (const { input } of test.slice(0, TIMED)) times.push((await runtime.predict(artefact, input)).ms);
  return {
    rung,
    seed,
    trainSeconds,
    figures: artefact.figures,
    exact: rateOf(answered.filter(({ correct }) => correct).length, answered.length),
    coverage2: coverageAt(surestFirst, 0.02),
    coverage5: coverageAt(surestFirst, 0.05),
    serveMs: times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0,
  };
}

interface Answered extends Pick<Prediction, 'signals'> {
  readonly correct: boolean;
}

async function answersTo(
  examples: readonly Example[],
  runtime: Runtime,
  artefact: Artefact,
): Promise<readonly Answered[]> {
  const out: Answered[] = new Array<Answered>(examples.length);
  let at = 0;
  const work = async (): Promise<void> => {
    while (at < examples.length) {
      const i = at++;
      const { input, answer } = examples[i]!;
      const { answer: said, signals } = await runtime.predict(artefact, input, { draft: answer });
      out[i] = {
        signals,
        correct: canonicalJson(parseJson(said) ?? null) === canonicalJson(parseJson(answer)!),
      };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return out;
}

/** The largest share, surest first, of which at most that number are wrong. */
function coverageAt(surestFirst: readonly { readonly correct: boolean }[], epsilon: number): number {
  let [wrong, best] = [0, 0];
  surestFirst.forEach(({ correct }, i) => {
    if (!correct) wrong++;
    if (wrong <= epsilon * (i + 1)) best = i + 1;
  });
  return best / surestFirst.length;
}

function read(): readonly Example[] {
  const lines = readFileSync(DATA, 'utf8').trim().split('\n');
  const examples = lines.map((line, i): Example => {
    const { text, intent, slots } = JSON.parse(line) as { text: string; intent: string; slots: object };
    const id = String(i);
    const answer = JSON.stringify({ intent, slots });
    return { id, callId: id, sessionId: id, at: i, input: text, answer, weight: 1 };
  });
  return seededRandom(1).shuffle(examples);
}

const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
