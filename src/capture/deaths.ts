/**
 * What the drain was at when its process died, and how often: on the disk, since nothing else outlives a crash, a lack of
 * memory or a kill. A step is marked before it is begun and the mark is taken away when it ends, however it ends; who finds a
 * mark, holding the drain's lock, knows of a death.
 * Does not: decide after how many deaths a step is left out (drain.ts).
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, parseJson } from '../core/json.ts';

export interface Deaths {
  /** How often the process has died in this step. */
  in(step: string): number;
  /** Deaths in all steps whose name begins so. */
  below(prefix: string): number;
  /** Does the work under the step's mark. */
  mark<T>(step: string, work: () => T | Promise<T>): Promise<T>;
  /** Forgets all steps whose name begins so. */
  forget(prefix: string): void;
}

const FILE = 'deaths.json';

/** Deaths as kept in `dir`. Only for who holds the lock there: another's mark would be taken for a death. */
export function openDeaths(dir: string): Deaths {
  const path = join(dir, FILE);
  const { marked, counts } = readDeaths(path);
  const keep = (at: string | null): void => {
    try {
      if (at === null && counts.size === 0) {
        rmSync(path, { force: true });
        return;
      }
      const text = JSON.stringify({ marked: at, counts: Object.fromEntries(counts) });
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch {
      // A full disk. A mark that stays would make a death of what was none; that one dies is only found out later.
      if (at === null) rmSync(path, { force: true });
    }
  };
  if (marked !== null) {
    counts.set(marked, (counts.get(marked) ?? 0) + 1);
    keep(null);
  }
  return {
    in: (step) => counts.get(step) ?? 0,
    below: (prefix) =>
      [...counts].reduce((sum, [step, count]) => (step.startsWith(prefix) ? sum + count : sum), 0),
    async mark(step, work) {
      // A process that is asked to end has not died of its work.
      const onExit = (code: number): void => {
        if (code === 0) keep(null);
      };
      keep(step);
      process.once('exit', onExit);
      try {
        return await work();
      } finally {
        process.off('exit', onExit);
        keep(null);
      }
    },
    forget(prefix) {
      const steps = [...counts.keys()].filter((step) => step.startsWith(prefix));
      for (const step of steps) counts.delete(step);
      if (steps.length > 0) keep(null);
    },
  };
}

function readDeaths(path: string): { readonly marked: string | null; readonly counts: Map<string, number> } {
  const counts = new Map<string, number>();
  try {
    const kept = parseJson(readFileSync(path, 'utf8'));
    if (!isObject(kept)) return { marked: null, counts };
    for (const [step, count] of isObject(kept.counts) ? Object.entries(kept.counts) : []) {
      if (typeof count === 'number') counts.set(step, count);
    }
    return { marked: typeof kept.marked === 'string' ? kept.marked : null, counts };
  } catch {
    return { marked: null, counts };
  }
}
