/** Opens the store that the configuration names for one piece of work, and closes it. */
import type { Store } from '../core/store.ts';
import { type CommonOptions, configFor, type Terminal } from './context.ts';

/** @throws as opening the data folder, and as `work`. */
export async function withStore(
  flags: CommonOptions,
  terminal: Terminal,
  work: (store: Store) => Promise<void>,
): Promise<void> {
  const config = configFor(flags, terminal);
  const { openUnderstudy } = await import('../understudy.ts');
  const understudy = await openUnderstudy({
    config,
    signal: terminal.signal,
    log: (line) => terminal.err(`${line}\n`),
  });
  try {
    await work(await understudy.store());
  } finally {
    await understudy.close();
  }
}
