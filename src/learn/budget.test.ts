import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openKeys } from '../capture/vault.ts';
import { configSchema } from '../core/config.ts';
import type { Trainer } from '../core/runtime.ts';
import type { Store } from '../core/store.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { budgetFor, machineOf, recordBudget, recordSpeed, speedsOn, toTrainingBudget } from './budget.ts';

async function inStore(work: (store: Store) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-budget-'));
  const store = openSqliteStore(join(dir, 'understudy.db'), openKeys({ dataDir: dir }).cipher);
  try {
    await work(store);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
}

const HERE = 'a processor, 2 threads';
const trainer = (name: string): Trainer => ({ name, propose: () => [], train: () => Promise.reject() });

/** Puts a finished training on record. */
function finish(store: Store, name: string, work: number, seconds: number, machine = HERE): Promise<void> {
  const candidate = { id: 'c', taskId: 't', rung: 'lora', base: 'base', recipe: {} };
  return recordSpeed(
    { trainer: trainer(name), candidate, work },
    { trainedMs: seconds * 1000 },
    machine,
    store,
  );
}

test('a repeated run gives a dataset the budget it had, whatever is left; another budget starts anew', () =>
  inStore(async (store) => {
    const withBudget = (minutes: number) => ({ store, config: configSchema.parse({ train: { minutes } }) });
    const dataset = { id: 'data_1' };
    await finish(store, 'embedded', 6000, 60);
    const first = await budgetFor(dataset, 12.5, HERE, withBudget(60));
    assert.deepEqual(first, { minutes: 12.5, speeds: { 'embedded/base': 100 }, isRecorded: false });
    await recordBudget(dataset, first, withBudget(60));
    // A training that was finished since then must not change the recipe of one that was killed.
    await finish(store, 'embedded', 6000, 6);
    assert.deepEqual(await budgetFor(dataset, 59.9, HERE, withBudget(60)), { ...first, isRecorded: true });
    assert.equal((await budgetFor(dataset, 100, HERE, withBudget(120))).minutes, 100);
    const other = await budgetFor({ id: 'data_2' }, 3, HERE, withBudget(60));
    assert.equal(other.minutes, 3);
    assert.ok(other.speeds['embedded/base']! > 100);
  }));

test('a budget that an earlier version recorded has no speeds: those of the trainers hold', () =>
  inStore(async (store) => {
    const config = configSchema.parse({ train: { minutes: 60 } });
    const detail = { minutes: 7, budget: 60 };
    await store.addEvent({ id: 'event_1', at: 1, kind: 'training-budgeted', subject: 'data_1', detail });
    await finish(store, 'embedded', 6000, 60);
    const budget = await budgetFor({ id: 'data_1' }, 50, HERE, { store, config });
    assert.deepEqual(budget, { minutes: 7, speeds: {}, isRecorded: true });
    assert.equal(toTrainingBudget(budget).speedOf('embedded', 'base'), null);
  }));

test('the speed is that of the best of the latest five trainings of the same trainer, base and machine', () =>
  inStore(async (store) => {
    assert.deepEqual(await speedsOn(HERE, store), {});
    await finish(store, 'embedded', 1_000_000, 1);
    for (let i = 0; i < 4; i++) await finish(store, 'embedded', 1000, 10);
    await finish(store, 'embedded', 6000, 60);
    await finish(store, 'peft', 9000, 10);
    await finish(store, 'peft', 1, 10, 'another processor, 2 threads');
    assert.deepEqual(await speedsOn(HERE, store), { 'embedded/base': 100, 'peft/base': 900 });
    const { speedOf } = toTrainingBudget({ minutes: 1, speeds: await speedsOn(HERE, store) });
    assert.equal(speedOf('peft', 'base'), 900);
    assert.equal(speedOf('peft', 'other'), null);
  }));

test('what a speed depends on is the processor and the threads that train', () => {
  const machine = { cpu: 'a processor', cores: 4 };
  assert.equal(machineOf(machine, configSchema.parse({})), 'a processor, 4 threads');
  assert.equal(machineOf(machine, configSchema.parse({ train: { threads: 2 } })), HERE);
});
