import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { EntityFinder } from '../core/entity.ts';
import { liveFinder } from './live-finder.ts';

const PERSON = [{ kind: 'person' as const, start: 0, end: 4 }];
const working: EntityFinder = { find: async (texts) => texts.map(() => PERSON), close: async () => {} };

describe('liveFinder', () => {
  it('refuses until it is open, and then finds', async () => {
    let open: (finder: EntityFinder) => void = () => assert.fail();
    const finder = liveFinder(() => new Promise((resolve) => (open = resolve)));
    await assert.rejects(finder.find(['Anna']), { code: 'overloaded' });
    await assert.rejects(finder.find(['Anna']), { code: 'overloaded' });
    open(working);
    await turn();
    assert.deepEqual(await finder.find(['Anna', 'Mia']), [PERSON, PERSON]);
    await finder.close();
  });

  it('lets those wait who can, and finds for them when it is open', async () => {
    let open: (finder: EntityFinder) => void = () => assert.fail();
    const finder = liveFinder(() => new Promise((resolve) => (open = resolve)));
    const found = finder.find(['Anna'], true);
    await assert.rejects(finder.find(['Anna']), { code: 'overloaded' });
    open(working);
    assert.deepEqual(await found, [PERSON]);
    await finder.close();
  });

  it('tells that nothing was read where the model cannot be had, and asks for it once', async () => {
    let tries = 0;
    const finder = liveFinder(async () => {
      tries++;
      return null;
    });
    await finder.find(['Anna']).catch(() => null);
    await turn();
    assert.equal(await finder.find(['Anna']), null);
    assert.equal(tries, 1);
  });

  it('tells that nothing was read where the model fails', async () => {
    const failing: EntityFinder = { ...working, find: () => Promise.reject(new Error('gone')) };
    const finder = liveFinder(async () => failing);
    await finder.find(['Anna']).catch(() => null);
    await turn();
    assert.equal(await finder.find(['Anna']), null);
  });
});
