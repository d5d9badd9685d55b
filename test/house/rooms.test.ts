/**
 * Which room of src/ may import which. The rooms are the stages of the work: a stage knows `core` and the tools of its
 * trade, never another stage. What joins them (`learn`, `online`, `api`, `setup`, `commands`, the files at the root)
 * knows all.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const SRC = resolve(import.meta.dirname, '../../src');

/** Rooms that each room may import from, besides itself; '*': all. */
const ALLOWED: Readonly<Record<string, readonly string[] | '*'>> = {
  core: [],
  wire: ['core'],
  callsite: ['core'],
  stats: ['core'],
  models: ['core'],
  store: ['core'],
  telemetry: ['core'],
  report: ['core'],
  savings: ['core'],
  access: ['core'],
  capture: ['core', 'wire'],
  gateway: ['core', 'wire'],
  curate: ['core', 'callsite'],
  cluster: ['core', 'callsite'],
  select: ['core', 'stats', 'models'],
  train: ['core', 'models'],
  evaluate: ['core', 'wire', 'stats'],
  deploy: ['core', 'stats'],
  export: ['core', 'models'],
  route: ['core', 'callsite', 'stats'],
  runtime: ['core', 'models', 'wire'],
  learn: '*',
  online: '*',
  api: '*',
  setup: '*',
  commands: '*',
  '': '*',
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The room of a path below src/; '' for the files at the root. */
const roomOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

/** The imports in a source text, static and dynamic, that cross from one room into another. */
function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].flatMap(([, specifier = '']) => {
    const target = relative(SRC, resolve(SRC, file, '..', specifier));
    const found = { file, from: roomOf(file), to: target.startsWith('..') ? target : roomOf(target) };
    return found.from === found.to ? [] : [found];
  });
}

const isForbidden = ({ from, to }: Import): boolean => {
  const allowed = ALLOWED[from] ?? [];
  return allowed !== '*' && !allowed.includes(to);
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
);

test('every room has its line, and every line a room', () => {
  assert.deepEqual(Object.keys(ALLOWED).sort(), [...new Set(files.map(roomOf))].sort());
});

test('no file imports from a room that is not on its line', () => {
  const found = files.flatMap((file) => importsOf(file, readFileSync(join(SRC, file), 'utf8')));
  assert.deepEqual(found.filter(isForbidden), []);
});

test('no line allows what nothing needs', () => {
  const found = files.flatMap((file) => importsOf(file, readFileSync(join(SRC, file), 'utf8')));
  const unneeded = Object.entries(ALLOWED).flatMap(([from, allowed]) =>
    allowed === '*'
      ? []
      : allowed
          .filter((to) => !found.some((each) => each.from === from && each.to === to))
          .map((to) => `${from} → ${to}`),
  );
  assert.deepEqual(unneeded, []);
});

test('an import of another stage is seen, in each form', () => {
  for (const text of [
    "import { a } from '../../train/linear/fit.ts';",
    "import type { A } from '../../train/linear/fit.ts';",
    "export { a } from '../../train/linear/fit.ts';",
    "const a = await import('../../train/linear/fit.ts');",
    "import '../../train/linear/fit.ts';",
  ])
    assert.deepEqual(importsOf('evaluate/deep/stage.ts', text).map(isForbidden), [true], text);
});
