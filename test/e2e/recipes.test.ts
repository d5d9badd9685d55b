/**
 * docs/recipes.md, as it stands: its blocks of code are run against a gateway with a played provider behind it. Packages are
 * looked for here, then in the folder that UNDERSTUDY_RECIPES_NODE names; Python is UNDERSTUDY_RECIPES_PYTHON, else python3.
 * A recipe whose packages are missing is skipped, by name.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryFolder } from '../support/calls.ts';
import { type Harness, startHarness } from './gateway-harness.ts';
import { madeProvider } from './made-provider.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const GATEWAY = 'http://127.0.0.1:4000';

interface Recipe {
  readonly heading: string;
  readonly runner: 'node' | 'python';
  readonly packages: readonly string[];
  readonly code: string;
}

/** Blocks with a comment of the form `run: RUNNER PACKAGE …` before them. */
function recipesIn(page: string): Recipe[] {
  const blocks = page.matchAll(
    /^## (.+)$|^<!-- run: (node|python) (.+) -->\n```(?:js|python)\n([\s\S]*?)^```$/gm,
  );
  let heading = '';
  const recipes: Recipe[] = [];
  for (const [, title, runner, packages = '', code = ''] of blocks) {
    if (title !== undefined) heading = title;
    else if (runner === 'node' || runner === 'python')
      recipes.push({ heading, runner, packages: packages.split(' '), code });
  }
  return recipes;
}

const page = readFileSync(join(ROOT, 'docs', 'recipes.md'), 'utf8');
const recipes = recipesIn(page);

const python = process.env.UNDERSTUDY_RECIPES_PYTHON ?? 'python3';
const ELSEWHERE = process.env.UNDERSTUDY_RECIPES_NODE;
const modules = [ROOT, ...(ELSEWHERE === undefined ? [] : [ELSEWHERE])].map((dir) =>
  join(dir, 'node_modules'),
);

/** The first of the folders that has all of the packages; undefined where none has. */
const folderWith = (packages: readonly string[]): string | undefined =>
  modules.find((dir) => packages.every((name) => existsSync(join(dir, name, 'package.json'))));

const installed = (packages: readonly string[]): boolean =>
  spawnSync(python, [
    '-c',
    `import importlib.metadata as m\nfor name in ${JSON.stringify(packages)}: m.version(name)`,
  ]).status === 0;

const provider = madeProvider();
let harness: Harness;
before(async () => {
  harness = await startHarness(
    // A question with tools is answered by a call of one, until its result is there.
    (received, response) => {
      const body = received.body.toString();
      const scene = /"tools":\s*\[\s*\{/.test(body) ? 'tool' : 'text';
      withOwnId(response, harness.upstream.received.length);
      provider.answer({ ...received, headers: { ...received.headers, 'x-scene': scene } }, response);
    },
    { basePath: '/v1' },
  );
});
after(() => harness.close());

/** Each answer has an id of its own, by which LangGraph tells messages apart. */
function withOwnId(response: ServerResponse, n: number): void {
  const write: (text: string) => boolean = response.write.bind(response);
  response.write = (text: unknown) => write(String(text).replaceAll('chatcmpl-1', `chatcmpl-${n}`));
}

/** Runs a recipe as a program of its own; what it prints. */
async function run({ runner, packages, code }: Recipe): Promise<string> {
  const dir = temporaryFolder();
  const file = join(dir, runner === 'node' ? 'recipe.mjs' : 'recipe.py');
  assert.ok(code.includes(GATEWAY), 'the recipe names the gateway');
  writeFileSync(file, code.replaceAll(GATEWAY, harness.gateway.url.replace(/\/v1$/, '')));
  const from = folderWith(packages);
  if (runner === 'node' && from !== undefined) {
    mkdirSync(dirname(join(dir, 'node_modules')), { recursive: true });
    symlinkSync(from, join(dir, 'node_modules'));
  }
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    OPENAI_API_KEY: 'k',
    ANTHROPIC_API_KEY: 'k',
    // Nothing but the gateway is to be asked.
    MASTRA_TELEMETRY_DISABLED: '1',
    LANGSMITH_TRACING: 'false',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const program = runner === 'node' ? process.execPath : python;
  return new Promise((resolve, reject) => {
    execFile(program, [file], { cwd: dir, env }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

test('the page has recipes, and each says what it needs', () => {
  const blocks = page.match(/^```(js|python)$/gm) ?? [];
  assert.equal(recipes.length, blocks.length);
  assert.ok(recipes.length >= 8);
});

for (const recipe of recipes) {
  const { heading, runner, packages } = recipe;
  const isHere = runner === 'node' ? folderWith(packages) !== undefined : installed(packages);
  const skip = isHere ? false : `not all of ${packages.join(', ')} are installed for ${runner}`;
  test(`${heading}, ${runner}: the recipe runs, and its calls go through the gateway`, { skip }, async () => {
    const [calls, asked] = [harness.calls.length, harness.upstream.received.length];
    const said = await run(recipe);
    assert.match(said, /sunny ☀️ today/);
    const recorded = harness.calls.slice(calls);
    assert.ok(recorded.length > 0);
    assert.equal(recorded.length, harness.upstream.received.length - asked);
    const wanted = recipe.code.match(/"?x-understudy-session"?'?: ['"]([\w-]+)['"]/)?.[1];
    for (const { sessionId, request } of recorded) {
      if (wanted !== undefined) assert.equal(sessionId, wanted);
      assert.ok(request.messages.length > 0);
    }
    // An agent with a tool asks twice: for the call, and with its result.
    const withTools = recorded.filter(({ request }) => request.tools.length > 0);
    if (/weather/.test(recipe.code.replaceAll('the weather', ''))) assert.ok(withTools.length >= 2);
  });
}
