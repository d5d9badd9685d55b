/**
 * `understudy audit`: the audit trail, shown and checked.
 * Does not: write it (whoever acts does), or follow its chain (core/trail.ts).
 */
import { type Command, InvalidArgumentError } from 'commander';
import { UnderstudyError } from '../core/errors.ts';
import type { TrailHead } from '../core/trail.ts';
import { trailCheckText, trailText } from '../report/keys.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { integerOf } from './numbers.ts';
import { withStore } from './with-store.ts';

export function addAudit(program: Command, terminal: Terminal): void {
  const audit = program
    .command('audit')
    .description('Show and check the audit trail: who did or read what.')
    .addHelpText(
      'after',
      `
In it: access keys made, rotated and revoked, payloads opened (by learning too), datasets and specialists exported, days
and senders erased, gateways started, configurations reloaded. Entries are sealed, and each holds the hash of
the one before.

Examples:
  $ understudy audit list --after 120
  $ understudy audit verify
  $ understudy audit verify --noted 120:9f86d0…     that what was noted then is still there`,
    );
  withCommonOptions(audit.command('list'))
    .description('Show entries, oldest first.')
    .option('--after <no>', 'only those after this one', integerOf, 0)
    .option('--limit <n>', 'at most this many', integerOf, 1000)
    .action(async (flags: CommonOptions & { readonly after: number; readonly limit: number }) => {
      await withStore(flags, terminal, async (store) => {
        const entries = await store.trail(flags.after, flags.limit);
        print(terminal, flags, { kind: 'trail', entries }, () => trailText(entries, terminal));
      });
    });
  withCommonOptions(audit.command('verify'))
    .description('Check that no entry was changed, left out, moved or added. Exit code 1 where one was.')
    .option('--noted <head>', 'a head that an earlier check printed, as 120:9f86d0…', headFrom)
    .action(async (flags: CommonOptions & { readonly noted?: TrailHead }) => {
      await withStore(flags, terminal, async (store) => {
        const check = await store.checkTrail(flags.noted);
        print(terminal, flags, { kind: 'trail-check', ok: check.faults.length === 0, ...check }, () =>
          trailCheckText(check, terminal),
        );
        if (check.faults.length === 0) return;
        throw new UnderstudyError('corrupt', 'The audit trail is not as it was written.', {
          hint: 'Keep a copy of the data folder, and find out who could write to it.',
        });
      });
    });
}

function headFrom(text: string): TrailHead {
  const match = /^(\d+):([\da-f]{64})$/.exec(text);
  if (match) return { no: Number(match[1]), hash: match[2] ?? '' };
  throw new InvalidArgumentError('A head like 120:9f86d0…, as `understudy audit verify` prints it.');
}
