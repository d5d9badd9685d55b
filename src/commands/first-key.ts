/** The first admin key: made at the first start with keys required, and shown once. */
import { createKey } from '../access/manage.ts';
import type { Config } from '../core/config.ts';
import { messageOf } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import type { Terminal } from './context.ts';

/** Where the store cannot be opened the gateway starts all the same, and lets nobody in until it can. */
export async function makeFirstKey(
  config: Config,
  openStore: () => Promise<Store>,
  terminal: Terminal,
): Promise<void> {
  if (config.access.keys !== 'required') return;
  try {
    const store = await openStore();
    if ((await store.accessKeys()).length > 0) return;
    const at = Date.now();
    const { key, text } = await createKey(store, { alias: 'admin', role: 'admin' }, at);
    const detail = { keyId: key.id, role: key.role };
    await store.appendTrail({
      at,
      actor: { kind: 'program', name: 'start' },
      action: 'key-created',
      subject: key.alias,
      detail,
    });
    terminal.err(`The admin key, which is not shown again: ${text}\n`);
  } catch (error) {
    terminal.err(`An admin key could not be made: ${messageOf(error)}\n`);
  }
}
