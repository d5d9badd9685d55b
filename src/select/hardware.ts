/** What this machine is, and what is free of it. */
import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import type { Hardware } from '../core/learning.ts';

export interface Resources extends Hardware {
  /** Memory that programs can still get, caches counted as free. */
  readonly freeMemoryBytes: number;
  /** Space left on the disk of the data folder. */
  readonly freeDiskBytes: number;
}

/** Looks at the machine; `dir` is a folder that exists, on the disk that weights and adapters go to. */
export function probeHardware(dir: string): Resources {
  const disk = statfsSync(dir);
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    freeMemoryBytes: memoryAvailable() ?? freemem(),
    freeDiskBytes: disk.bavail * disk.bsize,
  };
}

/** Linux's own estimate, which counts caches that can be dropped; undefined elsewhere. */
function memoryAvailable(): number | undefined {
  try {
    const match = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'));
    return match ? Number(match[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}
