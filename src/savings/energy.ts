/**
 * What a busy core of this machine takes: measured where the processor counts its energy (RAPL, read through powercap:
 * https://www.kernel.org/doc/html/latest/power/powercap/powercap.html), else an estimate that is called one.
 * Does not: tell one program's energy from another's: all busy cores share what the processor took.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineCost } from '../core/savings.ts';

const POWERCAP = '/sys/class/powercap';
/**
 * Watts of a busy core where nothing is measured: server processors of 2019 to 2025 have thermal design powers of 2 to 8 W a
 * thread (Intel Xeon 6248 150 W / 40, AMD EPYC 7763 280 W / 128), desktop ones 4 to 10; taken at the upper end.
 */
const ESTIMATE_WATTS = 8;
const SAMPLE_MS = 500;

export interface CostSettings {
  readonly machinePerHour: number;
  readonly energyPerKwh: number;
  readonly wattsPerCore?: number | undefined;
}

/** @param cores Over which the machine's cost an hour is shared. @param measure Watts of a busy core; null: not told. */
export async function machineCost(
  { machinePerHour, energyPerKwh, wattsPerCore }: CostSettings,
  cores: number,
  measure: () => Promise<number | null> = () => measureWatts(POWERCAP),
): Promise<MachineCost> {
  const measured = wattsPerCore === undefined ? await measure() : null;
  const watts = wattsPerCore ?? measured ?? ESTIMATE_WATTS;
  return {
    dollarsPerCoreSecond: machinePerHour / 3600 / Math.max(1, cores) + (watts / 1000 / 3600) * energyPerKwh,
    wattsPerCore: watts,
    watts: wattsPerCore !== undefined ? 'configured' : measured === null ? 'estimated' : 'measured',
  };
}

/** Energy that all processors took over half a second, by the cores that were busy; null where it cannot be read. */
export async function measureWatts(powercap: string): Promise<number | null> {
  const before = await readEnergy(powercap);
  const busyBefore = await busySeconds();
  if (before === null || busyBefore === null) return null;
  await sleep(SAMPLE_MS);
  const [after, busyAfter] = [await readEnergy(powercap), await busySeconds()];
  if (after === null || busyAfter === null) return null;
  return wattsFrom(before, after, busyAfter - busyBefore);
}

/** Microjoules by processor, and where its counter starts again. */
type Energy = ReadonlyMap<string, { readonly now: number; readonly max: number }>;

/** Watts a busy core; null where next to nothing was busy, or a counter is missing. */
export function wattsFrom(before: Energy, after: Energy, busy: number): number | null {
  let joules = 0;
  for (const [name, { now, max }] of after) {
    const then = before.get(name)?.now;
    if (then === undefined) return null;
    joules += (now >= then ? now - then : now + max - then) / 1e6;
  }
  return busy > 0.01 && joules > 0 ? joules / busy : null;
}

async function readEnergy(powercap: string): Promise<Energy | null> {
  try {
    const names = (await readdir(powercap)).filter((name) => /^intel-rapl:\d+$/.test(name));
    const read = async (name: string, file: string): Promise<number> =>
      Number(await readFile(join(powercap, name, file), 'utf8'));
    const energy = new Map(
      await Promise.all(
        names.map(
          async (name) =>
            [
              name,
              { now: await read(name, 'energy_uj'), max: await read(name, 'max_energy_range_uj') },
            ] as const,
        ),
      ),
    );
    return energy.size > 0 ? energy : null;
  } catch {
    // Missing, or for root alone.
    return null;
  }
}

/** Seconds that all cores together were busy since the start (proc(5): user, nice, system); null where it is not told. */
async function busySeconds(): Promise<number | null> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => '');
  const [user, nice, system] = (/^cpu\s+(\d+) (\d+) (\d+)/.exec(text) ?? []).slice(1).map(Number);
  return user === undefined ? null : (user + (nice ?? 0) + (system ?? 0)) / 100;
}
