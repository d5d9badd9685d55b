/**
 * `understudy demo`: the whole loop on the example agent, and its report.
 * Does not: play the day (examples/helpdesk/demo/run.ts).
 */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { demoFigures } from '../core/demo-report.ts';
import { demoText } from '../report/demo-text.ts';
import { type CommonOptions, configFor, type Terminal, withCommonOptions } from './context.ts';
import { integerOf, positiveOf } from './numbers.ts';
import { progressLine } from './progress.ts';
import { writePage } from './write-page.ts';

interface DemoFlags extends CommonOptions {
  readonly fresh?: boolean;
  readonly fast?: boolean;
  readonly standIn?: boolean;
  readonly model: string;
  readonly timeScale: number;
  readonly seed?: number;
  readonly html?: string;
}

export function addDemo(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('demo'))
    .description('Play a working day of an example agent: record, learn, prove, take over, report.')
    .option('--fresh', 'throw away what an unfinished run has left, and start anew')
    .option('--fast', 'fewer calls, and only what is trained in seconds: for a machine that is slow')
    .option('--stand-in', 'use the stand-in LLM even where OPENAI_API_KEY and OPENAI_BASE_URL are set')
    .option('--model <name>', 'the LLM the agent asks for', 'gpt-4.1')
    .option('--time-scale <x>', 'the stand-in takes this times as long as an LLM', positiveOf, 0.02)
    .option('--seed <n>', 'seed of everything that draws at random', integerOf)
    .option('--html <file>', 'where the page goes (default: demo/report.html in the data folder)')
    .addHelpText(
      'after',
      `
A helpdesk agent works through a shop's mailbox. In the first half of the day every call goes to the LLM and is
recorded; then the six steps run; in the second half the specialists that passed answer what they are sure of.
Without OPENAI_API_KEY and OPENAI_BASE_URL a stand-in server plays the LLM: it answers from the mailbox's truth,
with a stated share of mistakes. Needs no key, no account and no GPU; fetches the small models' weights once.
Interrupted, the same command resumes or starts clean.

With --fast: a few minutes on two cores instead of ten to fifteen. It leaves out more than half of the messages
and all that takes minutes to train (the fine-tuned encoder, the extractor, language models, whose weights are not
fetched); its report says so, and its figures are marked ("fast": true).

Examples:
  $ understudy demo
  $ understudy demo --fast                  on a machine that is slow
  $ understudy demo --json                  the figures, as the last line
  $ OPENAI_API_KEY=… OPENAI_BASE_URL=https://api.openai.com/v1 understudy demo --model gpt-4.1-mini`,
    )
    .action((flags: DemoFlags) => run(flags, terminal));
}

async function run(flags: DemoFlags, terminal: Terminal): Promise<void> {
  const base = configFor(flags, terminal);
  const config = { ...base, train: { ...base.train, seed: flags.seed ?? base.train.seed } };
  const dir = join(config.dataDir, 'demo');
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = terminal.env;
  const upstream = apiKey && baseUrl && !flags.standIn ? { baseUrl, apiKey } : null;
  const progress = progressLine(terminal);
  const { runDemo } = await import('../../examples/helpdesk/demo/run.ts');
  try {
    const report = await runDemo({
      config,
      dir,
      fresh: flags.fresh === true,
      fast: flags.fast === true,
      upstream,
      model: flags.model,
      timeScale: flags.timeScale,
      onProgress: progress.show,
      signal: terminal.signal,
      log: progress.note,
    });
    progress.end();
    const page = flags.html === undefined ? join(dir, 'report.html') : resolve(terminal.cwd, flags.html);
    terminal.out(`${demoText(report, terminal)}\n`);
    writePage(report, page, terminal);
    if (flags.json) terminal.out(`${JSON.stringify(demoFigures(report))}\n`);
  } finally {
    progress.end();
  }
}
