/** Opens the store for commands that work on it alone. */
import type { Store } from '../core/store.ts';
import { type CommonOptions, configFor, type Terminal } from './context.ts';

export async function withStore<T>(
  flags: CommonOptions,
  terminal: Terminal,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const { openUnderstudy } = await import('../understudy.ts');
  const understudy = await openUnderstudy({
    config: configFor(flags, terminal),
    signal: terminal.signal,
    log: (line) => terminal.err(`${line}\n`),
  });
  try {
    return await work(await understudy.store());
  } finally {
    await understudy.close();
  }
}
