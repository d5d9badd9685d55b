/** The rule of which folder may import which (biome.json) holds for every folder, and really catches. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');
/** Those that join the others, and may import anything. */
const JOINERS = ['commands', 'demo'];

interface Override {
  readonly includes: readonly string[];
  readonly linter: {
    readonly rules: {
      readonly style: {
        readonly noRestrictedImports: {
          readonly options: { readonly patterns: readonly { readonly group: readonly string[] }[] };
        };
      };
    };
  };
}

const { overrides } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8')) as {
  readonly overrides: readonly Override[];
};
const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** What the house rule says about files with these texts, in a folder of their own under our biome.json. */
function lint(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-lint-'));
  try {
    cpSync(join(ROOT, 'biome.json'), join(dir, 'biome.json'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    }
    const args = ['lint', '--only=style/noRestrictedImports', '--reporter=json', '.'];
    return spawnSync(join(ROOT, 'node_modules', '.bin', 'biome'), args, { cwd: dir, encoding: 'utf8' })
      .stdout;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('every folder has its rule, and is in the rules of the others', () => {
  for (const folder of folders.filter((name) => !JOINERS.includes(name))) {
    const own = overrides.filter((override) => override.includes.includes(`src/${folder}/**`));
    assert.equal(own.length, 1, `src/${folder} has no rule of its own in biome.json`);
  }
  const rules = overrides.map(
    (override) => override.linter.rules.style.noRestrictedImports.options.patterns[0]?.group ?? [],
  );
  const core = rules.find((_, i) => overrides[i]?.includes.includes('src/core/**')) ?? [];
  for (const folder of folders.filter((name) => name !== 'core')) {
    assert.ok(core.includes(`**/${folder}/**`), `biome.json does not know src/${folder}`);
  }
  for (const file of readdirSync(join(ROOT, 'src')).filter((name) => /(?<!\.test)\.ts$/.test(name))) {
    assert.ok(core.includes(`../${file}`), `biome.json does not know src/${file}`);
  }
});

test('the rule catches a stage that imports another, and lets core through', () => {
  const report = JSON.parse(
    lint({
      'src/evaluate/deep/stage.ts': "import { a } from '../../train/linear/fit.ts';\nexport const b = a;\n",
      'src/route/top.ts': "export const a = await import('../pipeline.ts');\n",
      'src/core/type.ts': "import type { A } from '../wire/openai-chat.ts';\nexport type B = A;\n",
      'src/evaluate/right.ts': "import { a } from '../core/errors.ts';\nexport const b = a;\n",
      'src/evaluate/own.ts': "import { a } from './right.ts';\nexport const b = a;\n",
      'src/evaluate/joins.test.ts': "import { a } from '../train/linear/fit.ts';\nexport const b = a;\n",
    }),
  );
  const caught = report.diagnostics.map((each: { location: { path: string } }) => each.location.path).sort();
  assert.deepEqual(caught, ['src/core/type.ts', 'src/evaluate/deep/stage.ts', 'src/route/top.ts']);
});
