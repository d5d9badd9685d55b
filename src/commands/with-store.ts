/** Commands that work on the store alone: opens it, and says who acts. */
import { userInfo } from 'node:os';
import type { Store } from '../core/store.ts';
import type { Actor } from '../core/trail.ts';
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

/** The person at the command line, by their name on this machine; 'unknown' where it has none for them (containers). */
export function person(): Actor {
  try {
    return { kind: 'user', name: userInfo().username };
  } catch {
    return { kind: 'user', name: 'unknown' };
  }
}
