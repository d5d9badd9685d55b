/** `understudy status`: what is in the store, and what is deployed. */
import type { Command } from 'commander';
import { savedLine } from '../report/savings.ts';
import { statusText } from '../report/status-text.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { withUnderstudy } from './with-store.ts';

export function addStatus(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('status'))
    .description('Show calls, tasks and deployments.')
    .addHelpText(
      'after',
      `
Examples:
  $ understudy status
  $ understudy status --json | jq '.tasks[].deployment.stage'`,
    )
    .action((flags: CommonOptions) => run(flags, terminal));
}

/** What was saved is shown for the last days. */
const SAVED_DAYS = 30;

async function run(flags: CommonOptions, terminal: Terminal): Promise<void> {
  await withUnderstudy(flags, terminal, async (understudy) => {
    const status = await understudy.status();
    const savings = await understudy.savings(Date.now() - SAVED_DAYS * 86_400_000);
    const saved = savedLine(savings, SAVED_DAYS);
    print(terminal, flags, { ...status, savings: savings.total }, () =>
      [statusText(status, terminal), ...(saved === null ? [] : [saved])].join('\n'),
    );
  });
}
