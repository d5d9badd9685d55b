import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../test/support/calls.ts';
import { failingDisk } from '../../test/support/failing-disk.ts';
import { openLosses } from './losses.ts';

const CHILD = join(import.meta.dirname, '../../test/support/losing-child.ts');

function child(dataDir: string, count: number, pauseMs: number, ending = 'close'): ChildProcess {
  const args = [CHILD, dataDir, String(count), String(pauseMs), ending];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

const total = (dataDir: string): number =>
  Object.values(openLosses(dataDir).counts()).reduce((sum, count) => sum + count, 0);

describe('openLosses', () => {
  it('adds up what several processes count at once, in this run and in the ones before', async () => {
    const dataDir = temporaryFolder();
    let expected = 0;
    const counted = fc.record({
      count: fc.integer({ min: 1, max: 400 }),
      pauseMs: fc.integer({ max: 4, min: 0 }),
    });
    await fc.assert(
      fc.asyncProperty(counted, counted, fc.nat(50), async (one, two, here) => {
        const losses = openLosses(dataDir);
        losses.add('capture-closed', here);
        const children = [one, two].map(({ count, pauseMs }) => child(dataDir, count, pauseMs));
        await Promise.all([losses.close(), ...children.map((each) => once(each, 'exit'))]);
        expected += one.count + two.count + here;
        assert.equal(total(dataDir), expected);
      }),
      { numRuns: 6 },
    );
  });

  it('keeps what a killed process has written, and lets the next one count on', async () => {
    const dataDir = temporaryFolder();
    const killed = child(dataDir, 30, 0, 'stay');
    await once(killed.stdout!, 'data');
    while (total(dataDir) < 30) await new Promise((resolve) => setTimeout(resolve, 50));
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await once(child(dataDir, 12, 0), 'exit');
    assert.equal(total(dataDir), 42);
  });

  it('counts on from the file of earlier versions', async () => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, 'losses.json'), '{"not-recorded":7}\n');
    const losses = openLosses(dataDir);
    losses.add('not-recorded', 2);
    await losses.close();
    assert.deepEqual(openLosses(dataDir).counts(), { 'not-recorded': 9 });
  });

  it('tells from memory what a full disk does not take, and writes it when there is room', async () => {
    const dataDir = temporaryFolder();
    const disk = failingDisk();
    try {
      const losses = openLosses(dataDir, 20);
      for (const operation of ['mkdir', 'open', 'write', 'rename'] as const) {
        const before = disk.failed;
        disk.fail([operation], dataDir);
        losses.add('not-recorded');
        while (disk.failed === before) await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.deepEqual(losses.counts(), { 'not-recorded': 4 });
      disk.fail([], dataDir);
      await losses.close();
      assert.deepEqual(openLosses(dataDir).counts(), { 'not-recorded': 4 });
    } finally {
      disk.restore();
    }
  });
});
