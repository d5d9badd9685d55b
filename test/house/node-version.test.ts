/** The Node that is needed is the same wherever it is said. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

test('package.json, doctor, the README and the workflow name one version of Node', () => {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
  const major = /^>=(\d+)$/.exec(engines.node)?.[1];
  assert.ok(major, engines.node);
  assert.equal(/NODE_MAJOR = (\d+)/.exec(read('src/commands/checks.ts'))?.[1], major);
  assert.equal(/Node (\d+) or later/.exec(read('README.md'))?.[1], major);
  assert.equal(/node-version: (\d+)/.exec(read('.github/workflows/ci.yml'))?.[1], major);
});

test('what starts the program is read by engines of any age up to its one import()', () => {
  const source = read('bin/understudy.cjs').replace(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'/g, '');
  assert.doesNotMatch(source, /=>|`|\b(const|let|class|async|await)\b|\?\.|\?\?/);
  assert.equal(source.match(/\bimport\(/g)?.length, 1);
});
