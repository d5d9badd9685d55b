/** `understudy import`: calls that were recorded elsewhere, into the store, as if the gateway had seen them. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { importText } from '../report/terminal.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { progressLine } from './progress.ts';

export function addImport(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('import'))
    .description('Read recorded calls from files or folders.')
    .argument('<paths...>', 'files, or folders to search for files')
    .addHelpText(
      'after',
      `
Formats are recognised by their content, all as JSONL: OpenAI chat requests with their responses, OpenAI Batch
requests and results, OpenAI fine-tuning files. Payloads are redacted and sealed on the way in, like captured ones.
Importing a file twice changes nothing.

Examples:
  $ understudy import logs.jsonl
  $ understudy import exports/ more/calls.jsonl --json`,
    )
    .action((paths: string[], flags: CommonOptions) => run(paths, flags, terminal));
}

async function run(paths: readonly string[], flags: CommonOptions, terminal: Terminal): Promise<void> {
  const progress = progressLine(terminal);
  const { openUnderstudy } = await import('../understudy.ts');
  const understudy = await openUnderstudy({
    config: configFor(flags, terminal),
    onProgress: progress.show,
    signal: terminal.signal,
    log: progress.note,
  });
  try {
    const report = await understudy.import(paths.map((path) => resolve(terminal.cwd, path)));
    progress.end();
    print(terminal, flags, report, () => importText(report, terminal));
  } finally {
    progress.end();
    await understudy.close();
  }
}
