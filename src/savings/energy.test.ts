import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/calls.ts';
import { machineCost, measureWatts, wattsFrom } from './energy.ts';

const at = (...counters: number[]) =>
  new Map(counters.map((now, i) => [`intel-rapl:${i}`, { now, max: 1000e6 }] as const));

test('the energy of all processors is shared by the cores that were busy, over an overflow too', () => {
  assert.equal(wattsFrom(at(100e6, 0), at(106e6, 2e6), 2), 4);
  assert.equal(wattsFrom(at(998e6), at(2e6), 1), 4);
  assert.equal(wattsFrom(at(1e6), at(1e6), 1), null);
  assert.equal(wattsFrom(at(1e6), at(9e6), 0), null);
  assert.equal(wattsFrom(at(1e6), at(1e6, 2e6), 1), null);
});

test('where the processor does not tell, nothing is measured', async () => {
  const dir = temporaryFolder();
  assert.equal(await measureWatts(join(dir, 'none')), null);
  mkdirSync(join(dir, 'intel-rapl:0'));
  assert.equal(await measureWatts(dir), null);
  writeFileSync(join(dir, 'intel-rapl:0', 'energy_uj'), '12');
  assert.equal(await measureWatts(dir), null);
});

test('the cost of a core says where its watts come from', async () => {
  const settings = { machinePerHour: 0.36, energyPerKwh: 0.36 };
  const told = await machineCost(settings, 4, async () => 10);
  assert.equal(told.watts, 'measured');
  assert.ok(Math.abs(told.dollarsPerCoreSecond - (0.36 / 3600 / 4 + (0.01 / 3600) * 0.36)) < 1e-15);
  assert.equal((await machineCost(settings, 4, async () => null)).watts, 'estimated');
  const own = await machineCost({ ...settings, wattsPerCore: 3 }, 4, assert.fail);
  assert.deepEqual([own.watts, own.wattsPerCore], ['configured', 3]);
});
