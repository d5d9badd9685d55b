/** A system that a native engine has no build for still runs the program: nothing loads one before it is needed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');
const ENGINES = ['onnxruntime-node', 'node-llama-cpp'];

/** Engines that a file loads by its static imports, and theirs, each with the way there. */
function reached(entry: string): { readonly files: readonly string[]; readonly engines: string[] } {
  const from = new Map<string, string | null>([[entry, null]]);
  const engines: string[] = [];
  for (const [file] of from) {
    for (const [, clause = '', name = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)(?:\b([^;']*?)\bfrom)? '([^']+)';/gm,
    )) {
      if (/^\s*type\b/.test(clause)) continue;
      const way = [name];
      for (let at: string | null = file; at !== null; at = from.get(at) ?? null) way.push(relative(ROOT, at));
      if (ENGINES.includes(name)) engines.push(way.join(' ← '));
      const path = resolve(dirname(file), name);
      if (name.startsWith('.') && !from.has(path)) from.set(path, file);
    }
  }
  return { files: [...from.keys()].map((file) => relative(ROOT, file)), engines };
}

for (const entry of [
  'src/cli.ts',
  'src/index.ts',
  'src/online/drain-child.ts',
  'examples/helpdesk/demo/run.ts',
]) {
  test(`no static import of ${entry} leads to a native engine`, () => {
    const { files, engines } = reached(join(ROOT, entry));
    assert.ok(files.length > 3);
    assert.deepEqual(engines, []);
  });
}

test('the model process serves language models where onnxruntime has no build', () => {
  const { files, engines } = reached(join(ROOT, 'src/runtime/server/main.ts'));
  assert.deepEqual(
    engines.filter((way) => way.startsWith('onnxruntime-node')),
    [],
  );
  assert.ok(files.includes(join('src', 'models', 'decoder', 'llama-engine.ts')), 'and loads llama.cpp');
});
