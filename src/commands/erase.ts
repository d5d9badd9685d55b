/**
 * `understudy erase`: days, out of store and journals, for good. Says first what it would erase, and asks.
 * Does not: erase (capture/erase.ts).
 */
import { type Command, InvalidArgumentError } from 'commander';
import { UnderstudyError } from '../core/errors.ts';
import { eraseText } from '../report/erase.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';

interface EraseFlags extends CommonOptions {
  readonly day?: string;
  readonly before?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const DAY_MS = 24 * 3600_000;

export function addErase(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('erase'))
    .description('Erase the calls of a day, or of all days before one.')
    .option('--day <YYYY-MM-DD>', 'erase this day (UTC)', dayFrom)
    .option('--before <YYYY-MM-DD>', 'erase every day before this one (UTC)', dayFrom)
    .option('--dry-run', 'say what would be erased, and erase nothing')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
What goes: the data key of each day, without which nothing that was sealed on it can be opened by anyone; the day's
calls in the store, with times and counts; what of them waits in the journals, and in their quarantine. It cannot be
undone. A gateway may run meanwhile: it takes a new key within seconds, and what it recorded on that day until then
goes too.

What stays: what was learnt. Tasks keep their templates, labels and counts, specialists their weights and figures;
the report names the specialists that learnt from erased calls. Run learn afterwards to learn those tasks anew.
Backups and files that you imported from are not touched. docs/privacy.md has the whole list.

Examples:
  $ understudy erase --day 2026-11-20 --dry-run
  $ understudy erase --day 2026-11-20
  $ understudy erase --before 2026-09-01 --yes --json      as a nightly job`,
    )
    .action((flags: EraseFlags) => run(flags, terminal));
}

async function run(flags: EraseFlags, terminal: Terminal): Promise<void> {
  const days = rangeOf(flags);
  const config = configFor(flags, terminal);
  const { openUnderstudy } = await import('../understudy.ts');
  const understudy = await openUnderstudy({
    config,
    signal: terminal.signal,
    log: (line) => terminal.err(`${line}\n`),
  });
  try {
    const preview = await understudy.erase({ ...days, dryRun: true });
    if (flags.dryRun) {
      print(terminal, flags, preview, () => eraseText(preview, terminal));
      return;
    }
    if (!flags.yes && !(await isConfirmed(eraseText(preview, terminal), terminal))) {
      terminal.err('Nothing was erased.\n');
      return;
    }
    const report = await understudy.erase(days);
    print(terminal, flags, report, () => eraseText(report, terminal));
  } finally {
    await understudy.close();
  }
}

function rangeOf({ day, before }: EraseFlags): { readonly from: string | null; readonly to: string } {
  if (day !== undefined && before === undefined) return { from: day, to: day };
  if (before !== undefined && day === undefined) return { from: null, to: dayAt(startOf(before) - DAY_MS) };
  throw new UnderstudyError('bad-input', 'Say which days: --day or --before, and one of them.', {
    hint: 'For example `understudy erase --day 2026-11-20`.',
    status: 400,
  });
}

/** @throws UnderstudyError 'bad-input' where nobody can be asked. */
async function isConfirmed(preview: string, { ask, err }: Terminal): Promise<boolean> {
  if (!ask) {
    throw new UnderstudyError('bad-input', 'Erasing asks first, and there is no terminal to answer.', {
      hint: 'Add --yes to erase without a question, or --dry-run to see what would be erased.',
    });
  }
  err(`${preview}\n`);
  return /^y(es)?$/i.test((await ask('Erase this for good? [y/N] '))?.trim() ?? '');
}

const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const dayAt = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** @throws InvalidArgumentError for what is no day. */
function dayFrom(text: string): string {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? startOf(text) : Number.NaN;
  if (Number.isNaN(at) || dayAt(at) !== text)
    throw new InvalidArgumentError('A day is written like 2026-11-20.');
  return text;
}
