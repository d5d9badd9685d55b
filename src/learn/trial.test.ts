import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openKeys } from '../capture/vault.ts';
import { configSchema } from '../core/config.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { minutesFor, recordMinutes } from './trial.ts';

test('a repeated run gives a dataset the minutes it had, whatever is left; another budget starts anew', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-trial-'));
  const store = openSqliteStore(join(dir, 'understudy.db'), openKeys({ dataDir: dir }).cipher);
  try {
    const withBudget = (minutes: number) => ({ store, config: configSchema.parse({ train: { minutes } }) });
    const dataset = { id: 'data_1' };
    assert.equal(await minutesFor(dataset, 12.5, withBudget(60)), 12.5);
    await recordMinutes(dataset, 12.5, withBudget(60));
    assert.equal(await minutesFor(dataset, 59.9, withBudget(60)), 12.5);
    assert.equal(await minutesFor(dataset, 100, withBudget(120)), 100);
    assert.equal(await minutesFor({ id: 'data_2' }, 3, withBudget(60)), 3);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
});
