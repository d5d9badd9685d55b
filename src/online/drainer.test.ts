/** The drain's process from outside; what it does is tested where it is done. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { exampleCall, temporaryFolder } from '../../test/support/calls.ts';
import { MASTER_KEY, REDACTION } from '../../test/support/data-folder.ts';
import { openRecorder } from '../capture/recorder.ts';
import { configSchema } from '../core/config.ts';
import { journalsOf, openStorage } from '../setup/data-folder.ts';
import { startDrainer } from './drainer.ts';

test('closing ends also where the last round takes longer than it may', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-drainer-'));
  // The process is not even up after a millisecond, and nothing else keeps the program running.
  const program = `
    import { startDrainer } from ${JSON.stringify(join(import.meta.dirname, 'drainer.ts'))};
    const config = { dataDir: ${JSON.stringify(dataDir)}, redaction: {}, journal: {}, retention: {} };
    const drainer = startDrainer(
      { config, weightsDir: config.dataDir },
      { env: process.env, log: () => {}, onLost: () => {} },
    );
    await drainer.close(1);
    console.log('closed');`;
  try {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    const [code] = await once(child, 'close');
    assert.deepEqual([code, out], [0, 'closed\n']);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

/** Two segments of calls, the first with one that kills the process; what is drained, kept and told in the end. */
async function drainWith(kind: string, patience: { readonly silentMs?: number; readonly idleMs?: number }) {
  const dataDir = temporaryFolder();
  const env = { ...process.env, ...MASTER_KEY };
  const redaction = { ...REDACTION, finder: 'off' as const };
  const { journal } = configSchema.parse({});
  const config = { dataDir, redaction, journal, retention: {} };
  const { store, vault, close } = await openStorage(config, { env });
  const dir = journalsOf(dataDir).gateway;
  const recorder = await openRecorder({ dir, vault, redaction, log: assert.fail });
  for (const id of ['a', 'b', `${kind}_c`, 'd', 'rotate', 'e']) {
    if (id === 'rotate') recorder.rotate();
    else assert.ok(await recorder.record(exampleCall(1, { id }), 'key'));
  }
  await recorder.close();
  const segments = readdirSync(dir).filter((name) => name.endsWith('.segment'));
  const lost: (readonly [string, number])[] = [];
  const lines: string[] = [];
  const drainer = startDrainer(
    { config, weightsDir: dataDir },
    {
      env,
      patience: { restartMs: 10, ...patience },
      program: join(import.meta.dirname, '../../test/support/dying-drain-child.ts'),
      log: (line) => lines.push(line),
      onLost: (reason, count) => lost.push([reason, count]),
    },
  );
  while (lost.length === 0) await pause(50);
  await drainer.close(10_000);
  const drained = (await Array.fromAsync(store.calls())).flat().map(({ id }) => id);
  await close();
  const left = readdirSync(dir).filter((name) => name.endsWith('.segment'));
  const aside = readdirSync(join(dir, 'quarantine'));
  return { segments, drained: drained.sort(), left, aside, lost, lines };
}

for (const [kind, patience, why] of [
  ['crash', {}, 'exit code 3'],
  ['kill', {}, 'SIGKILL'],
  ['loop', { silentMs: 5000 }, 'it gave no sign of life'],
  ['wait', { idleMs: 5000 }, 'it got no further'],
] as const) {
  test(`a call that ends the drain (${kind}) is set aside after three deaths, and all others are drained`, async () => {
    const { segments, drained, left, aside, lost, lines } = await drainWith(kind, patience);
    assert.deepEqual(drained, ['a', 'b', 'd', 'e']);
    assert.deepEqual(left, []);
    assert.deepEqual(aside, segments.slice(0, 1));
    assert.deepEqual(lost, [['undrainable', 1]]);
    // On a busy machine one may be ended before it has begun.
    assert.ok(lines.filter((line) => line.includes(why)).length >= 3, lines.join('\n'));
    assert.equal(lines.filter((line) => line.includes('again and again')).length, 1);
  });
}
