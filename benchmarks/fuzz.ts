/**
 * Any bytes at all, from a seed: for each dialect a million mutated bodies (requests, responses, streams) through all that reads and
 * writes calls, and some of them through the real program, beside a direct connection.
 * `--inputs=N` for each dialect, default 1,000,000 (about 20 minutes in all); `--through=N`, default 5,000; `--seed=N`, default 1.
 */
import { BODIES } from '../test/support/wire-bodies.ts';
import { fuzzReading } from './fuzz/read.ts';
import { fuzzThrough } from './fuzz/through.ts';
import type { BenchmarkResult } from './run.ts';

const option = (name: string, otherwise: number): number =>
  Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise);

export async function run(): Promise<BenchmarkResult> {
  const [inputs, through, seed] = [option('inputs', 1_000_000), option('through', 5000), option('seed', 1)];
  const read = BODIES.map((bodies, i) => ({
    dialect: bodies.dialect.name,
    ...fuzzReading(bodies, inputs, seed + i * 1000, (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${bodies.dialect.name}: ${done} of ${inputs}`);
    }),
  }));
  const passed = await fuzzThrough(BODIES, through, seed);
  const failures = read.flatMap((each) => each.failures);
  for (const failure of failures) console.error(JSON.stringify(failure));
  for (const difference of passed.differences) console.error(JSON.stringify(difference));
  return {
    table: [
      ...read.map(({ dialect, requests, responses, streams, failures: failed, slowestMs }) => ({
        dialect,
        inputs,
        'read as requests': requests,
        'as responses': responses,
        'as streams': streams,
        failures: failed.length,
        'slowest, ms': Number(slowestMs.toFixed(1)),
      })),
      { dialect: 'through the gateway', inputs: passed.calls, failures: passed.differences.length },
    ],
    json: {
      inputs,
      seed,
      crashes: failures.length,
      through: passed.calls,
      differences: passed.differences.length,
      read: read.map(({ failures: failed, ...figures }) => ({ ...figures, failures: failed.length })),
    },
  };
}
