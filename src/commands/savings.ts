/** `understudy savings`: what specialists save, net of what that takes. */
import { type Command, InvalidArgumentError } from 'commander';
import { savingsText } from '../report/savings.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { positiveOf } from './numbers.ts';
import { withUnderstudy } from './with-store.ts';

interface SavingsFlags extends CommonOptions {
  readonly days?: number;
  readonly since?: number;
}

export function addSavings(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('savings'))
    .description('What specialists save, net of audits, the machine and learning: by task, sender and day.')
    .option('--days <n>', 'only the last n times 24 hours', positiveOf)
    .option('--since <day>', 'only from this day on, YYYY-MM-DD in UTC', dayOf)
    .addHelpText(
      'after',
      `
Prices are list prices; the configuration's \`prices\` and \`costs.priceFile\` (LiteLLM's format) come before them.
Answers of specialists carry the headers x-understudy-cost and x-understudy-saved, in dollars.

Examples:
  $ understudy savings --days 30
  $ understudy savings --json | jq .total.net`,
    )
    .action((flags: SavingsFlags) => run(flags, terminal));
}

async function run(flags: SavingsFlags, terminal: Terminal): Promise<void> {
  const since = flags.since ?? (flags.days === undefined ? undefined : Date.now() - flags.days * 86_400_000);
  const report = await withUnderstudy(flags, terminal, (understudy) => understudy.savings(since));
  print(terminal, flags, report, () => savingsText(report, terminal));
}

function dayOf(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('A day, like 2026-01-31.');
  return at;
}
