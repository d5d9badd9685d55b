/**
 * `understudy master-key rotate`: exchanges the key that opens the data folder. Processes that have it open go on.
 * Does not: exchange it (capture/root-key.ts), or touch data keys, of which each day has a new one.
 */
import type { Command } from 'commander';
import { withMasterKey } from '../capture/master-key-command.ts';
import { finishRotation, rotateMasterKey } from '../capture/root-key.ts';
import { person } from '../setup/person.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { withStore } from './with-store.ts';

export function addMasterKey(program: Command, terminal: Terminal): void {
  const command = program
    .command('master-key')
    .description('Exchange the key that opens the data folder.')
    .addHelpText(
      'after',
      `
The master key comes from UNDERSTUDY_MASTER_KEY (32 bytes in base64), from the output of UNDERSTUDY_MASTER_KEY_COMMAND
(which may ask a key management service), from the file UNDERSTUDY_MASTER_KEY_FILE, or from master.key in the data folder.
In a file it is replaced. Elsewhere the new one is given as UNDERSTUDY_NEW_MASTER_KEY; both open the folder then, until
the environment has the new one and the exchange is finished.

Examples:
  $ understudy master-key rotate
  $ UNDERSTUDY_NEW_MASTER_KEY="$(openssl rand -base64 32)" understudy master-key rotate
  $ understudy master-key rotate --finish`,
    );
  withCommonOptions(command.command('rotate'))
    .description('Exchange it.')
    .option('--finish', 'end an exchange: the old key opens nothing from now on')
    .action((flags: CommonOptions & { readonly finish?: boolean }) => run(flags, terminal));
}

async function run(flags: CommonOptions & { readonly finish?: boolean }, terminal: Terminal): Promise<void> {
  const { dataDir } = configFor(flags, terminal);
  const env = await withMasterKey(terminal.env);
  const { state, oldIsRoot } = flags.finish ? finishRotation(dataDir, env) : rotateMasterKey(dataDir, env);
  await withStore(flags, terminal, (store) =>
    store.appendTrail({
      at: Date.now(),
      actor: person(),
      action: 'master-key-rotated',
      subject: 'data folder',
      detail: { state },
    }),
  );
  print(terminal, flags, { kind: 'master-key', state, oldIsRoot }, () =>
    state === 'done'
      ? 'The master key is exchanged: the old one opens this data folder no more.'
      : 'The old and the new master key open this data folder now. Give the new one to all that use it, then run `understudy master-key rotate --finish`.',
  );
  if (oldIsRoot) {
    terminal.err(
      'This data folder was made by an earlier version, where the master key itself was its root: whoever has the old key can still open it. Where it may be known to others, start a new data folder.\n',
    );
  }
}
