/** CPU time of a process and of all that it has started, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of /proc, which Linux has fixed at 100 a second for programs. */
const TICK_US = 10_000;

/** Microseconds; null where the system has no /proc. */
export function treeCpuUs(pid: number): number | null {
  const parents = new Map<number, number>();
  const used = new Map<number, number>();
  let ids: string[];
  try {
    ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  for (const id of ids) {
    try {
      const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
      // After the name, which may hold anything: state, parent, …; utime, stime and those of ended children from the 12th on.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      parents.set(Number(id), Number(fields[1]));
      used.set(
        Number(id),
        fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0),
      );
    } catch {
      // It has ended meanwhile.
    }
  }
  if (used.size === 0) return null;
  const isBelow = (id: number): boolean => {
    for (let at: number | undefined = id; at !== undefined && at > 1; at = parents.get(at))
      if (at === pid) return true;
    return false;
  };
  let ticks = 0;
  for (const [id, own] of used) if (isBelow(id)) ticks += own;
  return ticks * TICK_US;
}
