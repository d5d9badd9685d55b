/**
 * `npm run bench -- NAME [--json]`: runs one benchmark, prints its table, and with --json one JSON line last.
 * A benchmark is a file in this folder that exports `run`; without a name they are listed.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What each benchmark gives: rows for people, and the same figures for programs. */
export interface BenchmarkResult {
  readonly table: readonly Readonly<Record<string, string | number>>[];
  readonly json: object;
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();
const args = process.argv.slice(2);
const name = args.find((arg) => !arg.startsWith('--'));
if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run bench -- NAME [--json]\nBenchmarks: ${names.join(', ')}`);
  process.exitCode = name === undefined ? 0 : 1;
} else {
  const { run } = (await import(join(import.meta.dirname, `${name}.ts`))) as {
    run: () => Promise<BenchmarkResult>;
  };
  const { table, json } = await run();
  console.table(table);
  if (args.includes('--json')) console.log(JSON.stringify({ benchmark: name, ...json }));
}
