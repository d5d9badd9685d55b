/** CPU time of a process and of all that it has started, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Microseconds since their start. */
export interface CpuTime {
  /** Of the process itself, its threads included. */
  readonly own: number;
  /** Of the processes that it has started, ended ones included. */
  readonly helpers: number;
}

/** Clock ticks of /proc/…/stat, which Linux has fixed at 100 a second for programs. */
const TICK_US = 10_000;

/** Null where the system has no /proc, or does not count there. */
export function treeCpu(pid: number): CpuTime | null {
  const parents = new Map<number, number>();
  const endedUs = new Map<number, number>();
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const fields = statOf(Number(name));
      if (fields === null) continue;
      parents.set(Number(name), Number(fields[1]));
      // cutime and cstime: of children that have ended and were waited for.
      endedUs.set(Number(name), (Number(fields[13]) + Number(fields[14])) * TICK_US);
    }
    const isBelow = (id: number): boolean => {
      for (let at: number | undefined = id; at !== undefined && at > 1; at = parents.get(at))
        if (at === pid) return true;
      return false;
    };
    const own = threadsUs(pid);
    if (own === 0) return null;
    let helpers = endedUs.get(pid) ?? 0;
    for (const id of parents.keys())
      if (id !== pid && isBelow(id)) helpers += threadsUs(id) + (endedUs.get(id) ?? 0);
    return { own, helpers };
  } catch {
    return null;
  }
}

/** The fields of /proc/…/stat after the name, which may hold anything: state, parent, …; null where it has ended. */
function statOf(id: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/**
 * Time on a processor of a process's threads, which the scheduler counts in nanoseconds: ticks of a hundredth of a second are a
 * tenth of what a thousand calls take. Threads that have ended are not in it; those of Node live as long as their process.
 */
function threadsUs(id: number): number {
  let total = 0;
  try {
    for (const thread of readdirSync(`/proc/${id}/task`)) {
      const [onCpu = '0'] = readFileSync(`/proc/${id}/task/${thread}/schedstat`, 'utf8').split(' ');
      total += Number(onCpu) / 1000;
    }
  } catch {
    // It has ended meanwhile.
  }
  return total;
}
