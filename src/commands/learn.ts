/** `understudy learn`: the six steps over everything captured, and the report. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UnderstudyError } from '../core/errors.ts';
import type { LearnOptions } from '../core/learning.ts';
import type { OnProgress } from '../core/progress.ts';
import { connectLlm, type Llm } from '../evaluate/llm.ts';
import { learnAsJob } from '../learn/jobs/command.ts';
import { learnText } from '../report/learn-text.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { integerOf, positiveOf } from './numbers.ts';
import { progressLine } from './progress.ts';
import { type ProofOptions, withProofOptions } from './proof-options.ts';
import { writePage } from './write-page.ts';

interface LearnFlags extends CommonOptions, ProofOptions {
  readonly minutes?: number;
  readonly seed?: number;
  readonly askAgain?: boolean;
  readonly html?: string;
  readonly dryRun?: boolean;
}

export function addLearn(program: Command, terminal: Terminal): void {
  withLearnOptions(program.command('learn'))
    .description(
      'Find the routine calls, train a small model for each, prove it, and deploy those that pass.',
    )
    .addHelpText(
      'after',
      `
A specialist that passes starts in the shadow; the running gateway widens it step by step. A task that does not
pass is refused with the reason, and about how many more calls it would take.

Examples:
  $ understudy learn                                   every task
  $ understudy learn --task triage --task "order details"
  $ understudy learn --dry-run                         the proof alone; \`understudy assess\` guesses it in seconds
  $ understudy learn --epsilon 0.01                    at most 1 % errors among the calls taken over
  $ understudy learn --html report.html --json         figures for a program, a page for people
  $ OPENAI_API_KEY=… understudy learn --ask-again      where the LLM contradicts itself now and then`,
    )
    .action((flags: LearnFlags) => runLearn(flags, terminal));
}

function withLearnOptions(command: Command): Command {
  return withProofOptions(withCommonOptions(command), 'learn only this task, by name or id (may be repeated)')
    .option('--minutes <n>', 'time budget for trainings that take minutes', positiveOf)
    .option(
      '--ask-again',
      'ask the LLM again for held-back calls and hold answers against its majority (costs money)',
    )
    .option('--seed <n>', 'seed of everything that draws at random', integerOf)
    .option('--dry-run', 'do all of it but deploying: what could be taken over, with the proof')
    .option('--html <file>', 'write the report as one self-contained page');
}

async function runLearn(flags: LearnFlags, terminal: Terminal): Promise<void> {
  const { dryRun = false } = flags;
  const base = configFor(flags, terminal);
  const config = {
    ...base,
    gate: {
      ...base.gate,
      epsilon: flags.epsilon ?? base.gate.epsilon,
      delta: flags.delta ?? base.gate.delta,
    },
    train: {
      ...base.train,
      minutes: flags.minutes ?? base.train.minutes,
      seed: flags.seed ?? base.train.seed,
    },
  };
  const options: LearnOptions = {
    dryRun,
    ...(flags.task === undefined ? {} : { tasks: flags.task }),
    ...(flags.order === undefined ? {} : { order: flags.order }),
  };
  const llm = flags.askAgain === true ? llmToAsk(config.upstream.baseUrl, terminal) : null;
  const progress = progressLine(terminal);
  let onProgress: OnProgress = progress.show;
  const { openUnderstudy } = await import('../understudy.ts');
  const understudy = await openUnderstudy({
    config,
    onProgress: (shown) => onProgress(shown),
    signal: terminal.signal,
    log: progress.note,
    ...(llm ? { askAgain: llm.ask } : {}),
  });
  try {
    const report = dryRun
      ? await understudy.learn(options)
      : await learnAsJob({
          config,
          store: await understudy.store(),
          signal: terminal.signal,
          onProgress: progress.show,
          learn: (_, show) => {
            onProgress = show;
            return understudy.learn(options);
          },
        });
    progress.end();
    if (flags.html !== undefined) writePage(report, resolve(terminal.cwd, flags.html), terminal);
    print(terminal, flags, report, () => learnText(report, terminal));
  } finally {
    progress.end();
    await understudy.close();
    await llm?.close();
  }
}

/** The configured upstream with the user's own key, which is given for this run and kept nowhere. */
function llmToAsk(baseUrl: string, { env }: Terminal): Llm {
  const apiKey = env.OPENAI_API_KEY;
  if (apiKey) return connectLlm({ baseUrl, apiKey });
  throw new UnderstudyError('bad-input', '--ask-again needs a key for the LLM, and there is none.', {
    hint: 'Set OPENAI_API_KEY; the calls go to upstream.baseUrl of the configuration.',
  });
}
