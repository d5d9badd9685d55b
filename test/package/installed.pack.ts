/**
 * The package as its users have it: packed, installed in an empty folder without anything for development, and run
 * from there. It takes minutes and needs a registry, so it is a run of its own: npm run test:pack
 * Where pip can fetch the small models' weights, both engines train and serve; without them, that part is skipped.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
/** Most that the package and all it needs may take on the disk, in bytes. */
const MOST = 350e6;
const MINUTES = 60_000;

const dir = mkdtempSync(join(tmpdir(), 'understudy-package-'));
const home = join(dir, 'empty');
const modules = join(home, 'node_modules');
after(() => rmSync(dir, { recursive: true, force: true }));

/** The environment without what npm tells the scripts of this project, and without a key that the demo would use. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(package|lifecycle|command|config_(local_prefix|prefix|allow_scripts))|^INIT_CWD$|^OPENAI_/.test(
        name,
      ),
  ),
);

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(command: string, args: readonly string[], extra: NodeJS.ProcessEnv = {}, cwd = home): Ended {
  const options = { cwd, env: { ...env, ...extra }, encoding: 'utf8', maxBuffer: 64e6 } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, { ...options, timeout: 15 * MINUTES });
  if (error) throw error;
  return { code: status, out: stdout, err: stderr };
}

/** Runs the installed program as its users do. @returns What it prints. */
function understudy(args: readonly string[], extra: NodeJS.ProcessEnv = {}): string {
  const { code, out, err } = run('npx', ['--no-install', 'understudy', ...args], extra);
  assert.equal(code, 0, `understudy ${args.join(' ')}: ${out.slice(-2000)}\n${err.slice(-2000)}`);
  return out;
}

function sizeOf(path: string): number {
  const found = lstatSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

let installed: Ended;

before(() => {
  mkdirSync(home);
  const packed = run('npm', ['pack', '--silent', '--pack-destination', dir], {}, ROOT);
  assert.equal(packed.code, 0, packed.err);
  const tarball = join(dir, `understudy-${PACKAGE.version}.tgz`);
  installed = run('npm', ['install', '--no-audit', '--no-fund', '--foreground-scripts', tarball]);
  assert.equal(installed.code, 0, installed.err);
});

test('installing takes no more than 350 MB, runs no script, and warns of no engine', () => {
  const size = sizeOf(modules);
  assert.ok(size <= MOST, `${(size / 1e6).toFixed(0)} MB`);
  const lock = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  assert.ok(lock.packages['node_modules/understudy'], 'the package itself is listed');
  const scripted = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript);
  assert.deepEqual(scripted, []);
  assert.doesNotMatch(installed.err, /EBADENGINE/);
});

test('npm ci warns of no engine in a clone', () => {
  const clone = join(dir, 'clone');
  mkdirSync(clone);
  for (const name of ['package.json', 'package-lock.json', '.npmrc'])
    copyFileSync(join(ROOT, name), join(clone, name));
  const { code, err } = run('npm', ['ci', '--dry-run', '--no-audit', '--no-fund'], {}, clone);
  assert.equal(code, 0, err);
  assert.doesNotMatch(err, /EBADENGINE/);
});

test('no package of those that are copied in lacks its licence or has a script', () => {
  const copied = join(modules, 'understudy/dist/node_modules');
  const names = readdirSync(copied).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(copied, name)).map((inner) => join(name, inner)) : [name],
  );
  assert.ok(names.includes('onnxruntime-node') && names.includes('node-llama-cpp'));
  for (const name of names) {
    const files = readdirSync(join(copied, name));
    assert.ok(
      files.some((file) => /^(licen[cs]e|copying|notice)/i.test(file)),
      `${name} has no licence`,
    );
    assert.ok(!('scripts' in JSON.parse(readFileSync(join(copied, name, 'package.json'), 'utf8'))), name);
  }
});

test('the version is the package’s, from another folder too', () => {
  assert.equal(understudy(['--version']).trim(), PACKAGE.version);
  const elsewhere = run(join(modules, '.bin/understudy'), ['--version'], {}, dir);
  assert.equal(elsewhere.out.trim(), PACKAGE.version);
});

test('doctor loads both native engines', () => {
  const { checks } = JSON.parse(understudy(['doctor', '--json'])) as {
    checks: readonly { readonly name: string; readonly state: string; readonly found: string }[];
  };
  for (const name of ['Node', 'onnxruntime-node', 'node-llama-cpp']) {
    const check = checks.find((each) => each.name === name);
    assert.equal(check?.state, 'ok', `${name}: ${check?.found}`);
  }
});

test('start serves the dashboard that is in the package', async () => {
  const args = ['start', '--json', '--port', '0', '--admin-port', '0', '--data-dir', 'served'];
  const child = spawn(join(modules, '.bin/understudy'), [...args, '--upstream', 'http://127.0.0.1:9/v1'], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { dashboard } = JSON.parse(String(line)) as { dashboard: string };
    const page = await (await fetch(dashboard)).text();
    const script = /src="([^"]+\.js)"/.exec(page)?.[1] ?? '';
    assert.equal(
      (await fetch(new URL(script, dashboard))).headers.get('content-type'),
      'text/javascript; charset=utf-8',
    );
    const session = (await (await fetch(`${dashboard}/api/v1/session`)).json()) as { version: string };
    assert.equal(session.version, PACKAGE.version);
    // The licences of what is bundled travel along.
    assert.ok(
      readFileSync(join(modules, 'understudy/dist/dashboard/licences.md'), 'utf8').includes('recharts'),
    );
  } finally {
    child.kill('SIGTERM');
    await closed;
  }
});

test('a Node that is too old gets one line, with what to do', () => {
  const older = join(dir, 'older.cjs');
  writeFileSync(
    older,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });`,
  );
  const bin = join(modules, 'understudy/bin/understudy.cjs');
  const { code, out, err } = run(process.execPath, ['--require', older, bin, 'doctor']);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /^error: Understudy needs Node 24 or later, and this is Node 20\.20\.2\. Install .+\n$/);
});

/** A small service's calls: which team a letter goes to, and what it is about. */
function calls(count: number): string {
  const teams = [
    ['billing', ['invoice', 'refund', 'payment', 'receipt']],
    ['delivery', ['parcel', 'courier', 'tracking', 'address']],
    ['repairs', ['broken', 'scratched', 'leaking', 'noisy']],
  ] as const;
  const lines = Array.from({ length: count }, (_, n) => {
    const [team, words] = teams[n % teams.length]!;
    const word = words[Math.floor(n / 3) % words.length]!;
    const letter = `Hello, number ${n} here. There is something about the ${word} of order ${1000 + n}; please look at it.`;
    return JSON.stringify({
      id: `call-${n}`,
      created: 1_790_000_000 + 60 * n,
      request: {
        model: 'gpt-4.1',
        messages: [
          { role: 'system', content: 'Say which team the letter goes to: billing, delivery or repairs.' },
          { role: 'user', content: letter },
        ],
      },
      response: {
        id: `chatcmpl-${n}`,
        object: 'chat.completion',
        created: 1_790_000_000 + 60 * n,
        model: 'gpt-4.1',
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: team } }],
        usage: { prompt_tokens: 60, completion_tokens: 2, total_tokens: 62 },
      },
    });
  });
  return `${lines.join('\n')}\n`;
}

interface Assessed {
  readonly calls: number;
  readonly tasks: readonly {
    readonly outcome: string;
    readonly trained: readonly { readonly rung: string }[];
  }[];
  readonly notes: readonly string[];
}

/** As if there were no network: pip finds nothing. */
const OFFLINE = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: '', UNDERSTUDY_WEIGHTS: '' };

test('calls are imported and learnt from without a network', () => {
  writeFileSync(join(home, 'calls.jsonl'), calls(450));
  const imported = JSON.parse(understudy(['import', 'calls.jsonl', '--json'], OFFLINE)) as { kind: string };
  assert.equal(imported.kind, 'import');
  const assessed = JSON.parse(understudy(['learn', '--dry-run', '--json'], OFFLINE)) as Assessed;
  assert.equal(assessed.calls, 450);
  assert.equal(assessed.tasks.length, 1);
  assert.ok(assessed.tasks[0]!.trained.some(({ rung }) => rung === 'lexical'));
});

test('the demo plays its day without a network', () => {
  const out = understudy(['demo', '--stand-in', '--json', '--time-scale', '0.001'], OFFLINE);
  const figures = JSON.parse(out.trim().split('\n').at(-1)!) as { standIn: boolean; takenOverShare: number };
  assert.equal(figures.standIn, true);
  assert.ok(figures.takenOverShare >= 0 && figures.takenOverShare <= 1);
});

test('with weights, the programs that train and serve are found and run', (t) => {
  const fetched = run('npx', ['--no-install', 'understudy', 'doctor', '--fetch', '--json']);
  if (!fetched.out.includes('"encoder weights","state":"ok"') || fetched.code !== 0)
    return t.skip('pip cannot fetch the weights here');
  const assessed = JSON.parse(understudy(['learn', '--dry-run', '--json', '--minutes', '1'])) as Assessed;
  const rungs = new Set(assessed.tasks.flatMap(({ trained }) => trained.map(({ rung }) => rung)));
  assert.ok(rungs.has('head') && (rungs.has('encoder') || rungs.has('lora')), [...rungs].join());
  assert.deepEqual(assessed.notes, []);
});

test('the library is typed, and opens', () => {
  writeFileSync(
    join(home, 'consumer.ts'),
    `import { type Config, loadConfig, openUnderstudy, type StatusReport, type Understudy, UnderstudyError } from 'understudy';
const config: Config = { ...loadConfig({ dir: '.', env: process.env }), dataDir: 'library' };
const understudy: Understudy = await openUnderstudy({ config, log: (line: string) => console.error(line) });
const status: StatusReport = await understudy.status();
// @ts-expect-error: it is no number.
const wrong: number = status.kind;
console.log(status.kind, wrong === undefined, new UnderstudyError('internal', 'x', { hint: 'y' }) instanceof Error);
await understudy.close();
`,
  );
  writeFileSync(join(home, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = ['--strict', '--target', 'es2024', '--lib', 'es2024,esnext', '--module', 'nodenext'];
  const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
  const built = run(process.execPath, [compiler, ...options, ...types, 'consumer.ts']);
  assert.equal(built.code, 0, built.out);
  const ended = run(process.execPath, ['consumer.js']);
  assert.equal(ended.out.trim(), 'status false true', ended.err);
});

test('where onnxruntime has no build, the program goes on without it and says so', () => {
  const libraries = join(modules, 'understudy/dist/node_modules/onnxruntime-node/bin');
  renameSync(libraries, join(dir, 'libraries'));
  const at = ['--data-dir', 'without', '--json'];
  const { checks } = JSON.parse(understudy(['doctor', ...at])) as {
    checks: readonly { readonly name: string; readonly state: string }[];
  };
  assert.equal(checks.find(({ name }) => name === 'onnxruntime-node')?.state, 'warning');
  understudy(['import', 'calls.jsonl', ...at], OFFLINE);
  const assessed = JSON.parse(understudy(['learn', '--dry-run', ...at], OFFLINE)) as Assessed;
  assert.deepEqual(
    assessed.tasks.map(({ trained }) => trained.map(({ rung }) => rung)),
    [['lexical', 'retrieval']],
  );
  assert.ok(assessed.notes.some((note) => note.startsWith('onnxruntime-node does not load here')));
});
