/** Opens what a command works on, and closes it. */
import type { Store } from '../core/store.ts';
import type { Understudy } from '../understudy.ts';
import { type CommonOptions, configFor, type Terminal } from './context.ts';

export async function withUnderstudy<T>(
  flags: CommonOptions,
  terminal: Terminal,
  work: (understudy: Understudy) => Promise<T>,
): Promise<T> {
  const { openUnderstudy } = await import('../understudy.ts');
  const understudy = await openUnderstudy({
    config: configFor(flags, terminal),
    signal: terminal.signal,
    log: (line) => terminal.err(`${line}\n`),
  });
  try {
    return await work(understudy);
  } finally {
    await understudy.close();
  }
}

export function withStore<T>(
  flags: CommonOptions,
  terminal: Terminal,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  return withUnderstudy(flags, terminal, async (understudy) => work(await understudy.store()));
}
