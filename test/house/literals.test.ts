/** Literals say what they hold, a field a line where that is long. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');

test('no object literal is spread into another', () => {
  const files = globSync('{src,test,examples,benchmarks,dashboard/src,scripts}/**/*.{ts,tsx}', { cwd: ROOT });
  assert.ok(files.length > 500);
  const spread = files.filter((file) => /\.\.\.\{/.test(readFileSync(join(ROOT, file), 'utf8')));
  assert.deepEqual(
    spread.filter((file) => !file.endsWith('literals.test.ts')),
    [],
  );
});
