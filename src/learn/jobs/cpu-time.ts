/**
 * Processor time of a process and of all that it has started, those that have ended included. Linux tells it (proc(5));
 * elsewhere time that has passed, times the threads that trainings may use, is the most that it can have been.
 */
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

/** Clock ticks a second, by which Linux counts: 100 on every platform that Node runs on. */
const TICKS = 100;

/** Seconds so far; null where the system does not tell. */
async function treeSeconds(pid: number): Promise<number | null> {
  const parents = new Map<number, number[]>();
  const ticks = new Map<number, number>();
  const names = await readdir('/proc').catch(() => null);
  if (names === null) return null;
  await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
        const found = parseStat(text);
        if (found === null) return;
        parents.set(found.parent, [...(parents.get(found.parent) ?? []), Number(name)]);
        ticks.set(Number(name), found.ticks);
      }),
  );
  if (!ticks.has(pid)) return null;
  const sum = (of: number): number =>
    (ticks.get(of) ?? 0) + (parents.get(of) ?? []).reduce((total, child) => total + sum(child), 0);
  return sum(pid) / TICKS;
}

/** Parent, and own and awaited children's time in ticks, of a line of /proc/PID/stat; null for what is none. */
export function parseStat(text: string): { readonly parent: number; readonly ticks: number } | null {
  // The name, in parentheses, may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [parent, ...times] = [fields[1], fields[11], fields[12], fields[13], fields[14]].map(Number);
  if (parent === undefined || [parent, ...times].some(Number.isNaN)) return null;
  return { parent, ticks: times.reduce((sum, each) => sum + each, 0) };
}

/** Counts the processor time of this process and its children from now on, in minutes. */
export function cpuMeter(threads: number = availableParallelism()): () => Promise<number> {
  const startedAt = performance.now();
  const atStart = treeSeconds(process.pid);
  return async () => {
    const [before, now] = [await atStart, await treeSeconds(process.pid)];
    if (before !== null && now !== null) return Math.max(0, now - before) / 60;
    return ((performance.now() - startedAt) / 60_000) * threads;
  };
}
