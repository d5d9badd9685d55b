/**
 * The embedded trainer as one side of `npm run bench -- trainer`: trains a job's samples with the trainer's own loop,
 * as many steps at a time as it is told, a JSON line each on standard input (the same as peer.py).
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { createInterface } from 'node:readline';
import type { Sample } from '../../src/train/embedded/batch.ts';
import { trainLora } from '../../src/train/embedded/train.ts';
import { readDecoder } from '../../src/train/embedded/weights.ts';
import { stepCount } from '../../src/train/engine/schedule.ts';
import type { ArmJob, ArmReport } from './arm.ts';

const job = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ArmJob;
const { recipe } = job;
const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async (): Promise<{ steps: number; snapshot: string }> =>
  JSON.parse((await lines.next()).value as string);

const samples: readonly Sample[] = job.samples;
const weights = readDecoder(job.base);
say({ ready: true, steps: stepCount(samples.length, recipe) });
let want = await next();
let began = performance.now();
let from = { step: 0, tokens: 0 };
const checkpoint = { path: `${process.argv[2]}.checkpoint`, job: 'bench', everyMs: Number.POSITIVE_INFINITY };
await trainLora({
  weights,
  samples,
  recipe,
  seed: job.seed,
  threads: job.threads,
  memoryBytes: totalmem() / 2,
  checkpoint,
  onStep: async (report, parameters) => {
    if (report.step < from.step + want.steps && report.step < report.steps) return;
    const seconds = (performance.now() - began) / 1000;
    writeFileSync(want.snapshot, new Uint8Array(parameters.buffer));
    const peakMb = process.resourceUsage().maxRSS / 1024;
    say({
      steps: report.step,
      seconds,
      tokens: report.tokens - from.tokens,
      losses: [report.loss],
      peakMb,
    } satisfies ArmReport);
    from = { step: report.step, tokens: report.tokens };
    if (report.step === report.steps) return;
    want = await next();
    began = performance.now();
  },
});
rmSync(checkpoint.path, { force: true });
process.exit(0);
