/** The drain's process from outside; what it does is tested where it is done. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('closing ends also where the last round takes longer than it may', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-drainer-'));
  // The process is not even up after a millisecond, and nothing else keeps the program running.
  const program = `
    import { startDrainer } from ${JSON.stringify(join(import.meta.dirname, 'drainer.ts'))};
    const config = { dataDir: ${JSON.stringify(dataDir)}, redaction: {} };
    const drainer = startDrainer(
      { config, weightsDir: config.dataDir },
      { env: process.env, log: () => {}, onDamaged: () => {} },
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
