/** `understudy assess`: the same as learn, up to the proof. Nothing is deployed. */
import type { Command } from 'commander';
import type { Terminal } from './context.ts';
import { runLearn, withLearnOptions } from './learn.ts';

export function addAssess(program: Command, terminal: Terminal): void {
  withLearnOptions(program.command('assess'))
    .description('Say which calls a small model could take over, and prove it; deploy nothing.')
    .addHelpText(
      'after',
      `
Does all that learn does except deploying. "Nothing can be taken over" is a result, not an error: the exit code is 0.

Examples:
  $ understudy import logs.jsonl && understudy assess
  $ understudy assess --order shuffle-sessions         for logs whose times mean nothing
  $ understudy assess --json | jq '.tasks[] | {name: .task.name, outcome, reason}'`,
    )
    .action((flags) => runLearn(flags, terminal, true));
}
