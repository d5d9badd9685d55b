/** `understudy import`: calls that were recorded elsewhere, into the store, as if the gateway had seen them. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { importText, refuseEmpty } from '../report/import.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { progressLine } from './progress.ts';

interface ImportFlags extends CommonOptions {
  readonly dryRun?: boolean;
  readonly session?: string;
  readonly time?: string;
}

export function addImport(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('import'))
    .description('Read recorded calls from files or folders.')
    .argument('<paths...>', 'files, or folders to search for files')
    .option('--dry-run', 'read and report, store nothing')
    .option('--session <field>', 'field of a record that holds its session (default: the usual names)')
    .option('--time <field>', 'field of a record that holds its time (default: the usual names)')
    .addHelpText(
      'after',
      `
Formats are recognised record by record: OpenAI chat requests with responses, Batch, stored completions, fine-tuning
and preference files, ShareGPT; logs of LiteLLM, Langfuse, Helicone and LangSmith; OpenTelemetry traces (OTLP,
OpenInference, OpenLLMetry). As JSON Lines or JSON in any layout, plain or gzip, UTF-8 or UTF-16. docs/import.md
shows each. Payloads are redacted and sealed on the way in, like captured ones. What is left out is counted by reason,
with its lines. Importing a file twice changes nothing.

Examples:
  $ understudy import logs.jsonl
  $ understudy import exports/ more/calls.json.gz --json
  $ understudy import export.jsonl --dry-run
  $ understudy import tickets.jsonl --session metadata.ticket --time logged`,
    )
    .action((paths: string[], flags: ImportFlags) => run(paths, flags, terminal));
}

/** @throws UnderstudyError 'bad-input' where nothing could be read; the report is printed all the same. */
async function run(paths: readonly string[], flags: ImportFlags, terminal: Terminal): Promise<void> {
  const progress = progressLine(terminal);
  const { openUnderstudy } = await import('../understudy.ts');
  const understudy = await openUnderstudy({
    config: configFor(flags, terminal),
    onProgress: progress.show,
    signal: terminal.signal,
    log: progress.note,
  });
  try {
    const report = await understudy.import(
      paths.map((path) => resolve(terminal.cwd, path)),
      {
        dryRun: flags.dryRun === true,
        fields: {
          ...(flags.session === undefined ? {} : { session: flags.session }),
          ...(flags.time === undefined ? {} : { time: flags.time }),
        },
      },
    );
    progress.end();
    print(terminal, flags, report, () => importText(report, terminal));
    refuseEmpty(report);
  } finally {
    progress.end();
    await understudy.close();
  }
}
