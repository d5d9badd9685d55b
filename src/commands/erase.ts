/**
 * `understudy erase`: days, out of store and journals, for good. Says first what it would erase, and asks.
 * Does not: erase (capture/erase.ts).
 */
import { type Command, InvalidArgumentError } from 'commander';
import { accessKeySender } from '../access/credentials.ts';
import { findKey } from '../access/manage.ts';
import { senderOf } from '../capture/erase-sender.ts';
import { UnderstudyError } from '../core/errors.ts';
import { eraseText, senderEraseText } from '../report/erase.ts';
import type { Understudy } from '../understudy.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { withUnderstudy } from './with-store.ts';

interface EraseFlags extends CommonOptions {
  readonly day?: string;
  readonly before?: string;
  readonly origin?: string;
  readonly user?: string;
  readonly key?: string;
  readonly senderEnv?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const DAY_MS = 24 * 3600_000;

export function addErase(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('erase'))
    .description('Erase the calls of a day, of all days before one, or of a sender.')
    .option('--day <YYYY-MM-DD>', 'erase this day (UTC)', dayFrom)
    .option('--before <YYYY-MM-DD>', 'erase every day before this one (UTC)', dayFrom)
    .option('--user <id>', 'erase the calls that name this end user, made with any access key, or with --key')
    .option('--key <key>', 'erase the calls made with this access key (alias or id)')
    .option(
      '--sender-env <name>',
      'environment variable with the header by which calls came (Authorization, x-api-key)',
    )
    .option('--origin <pseudonym>', 'erase the calls with this pseudonym of their sender')
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

A sender is the key that a call came with, and the end user where the call named one. Of a sender go the calls, and the
pieces of payload that nobody else's calls have; not what others wrote about them, nor segments in quarantine.

Examples:
  $ understudy erase --user ada@example.com --key helpdesk --dry-run
  $ SENDER="Bearer sk-…" understudy erase --user ada@example.com --sender-env SENDER
  $ understudy erase --day 2026-11-20 --dry-run
  $ understudy erase --day 2026-11-20
  $ understudy erase --before 2026-09-01 --yes --json      as a nightly job`,
    )
    .action((flags: EraseFlags) => run(flags, terminal));
}

async function run(flags: EraseFlags, terminal: Terminal): Promise<void> {
  const { origin, user, key, senderEnv } = flags;
  const isOfSender = [origin, user, key, senderEnv].some((flag) => flag !== undefined);
  if (isOfSender) await eraseOfSender(flags, terminal);
  else await eraseOfDays(flags, terminal);
}

async function eraseOfSender(flags: EraseFlags, terminal: Terminal): Promise<void> {
  await withUnderstudy(flags, terminal, async (understudy) => {
    const origins = await originsOf(flags, terminal, understudy);
    const preview = await understudy.eraseSenders(origins, true);
    const isDone = flags.dryRun || preview.calls === 0;
    if (!isDone && !flags.yes && !(await isConfirmed(senderEraseText(preview, terminal), terminal))) {
      terminal.err('Nothing was erased.\n');
      return;
    }
    const report = isDone ? preview : await understudy.eraseSenders(origins, false);
    print(terminal, flags, report, () => senderEraseText(report, terminal));
  });
}

/** The pseudonyms of the senders that are meant. @throws UnderstudyError 'bad-input', 'not-found'. */
async function originsOf(
  { origin, user, key, senderEnv }: EraseFlags,
  { env }: Terminal,
  understudy: Understudy,
): Promise<string[]> {
  if (origin !== undefined) return [origin];
  const store = await understudy.store();
  const named = senderEnv === undefined ? undefined : env[senderEnv];
  if (senderEnv !== undefined && !named) {
    throw new UnderstudyError('bad-input', `The environment has no ${senderEnv}.`, {
      hint: 'It holds the value of the header, as in SENDER="Bearer sk-…".',
    });
  }
  const keys = key === undefined ? await store.accessKeys() : [await findKey(store, key, Date.now())];
  const headers = named === undefined ? keys.map(({ id }) => accessKeySender(id)) : [named];
  return Promise.all(headers.map((header) => understudy.pseudonym(senderOf(header, user ?? null))));
}

async function eraseOfDays(flags: EraseFlags, terminal: Terminal): Promise<void> {
  const days = rangeOf(flags);
  await withUnderstudy(flags, terminal, async (understudy) => {
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
  });
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
