/** The program as people run it: a process, its two streams and its exit code. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const CLI = join(import.meta.dirname, 'cli.ts');
const COMMANDS = 'init start import learn assess demo doctor validate status erase models'.split(' ');
let dir = '';

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'understudy-cli-'));
});
after(() => rmSync(dir, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const { OPENAI_API_KEY: _, OPENAI_BASE_URL: __, ...env } = process.env;
    const child = spawn(process.execPath, [CLI, ...args], { cwd: dir, env });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

test('--help teaches: every command, examples, exit codes', async () => {
  const { code, out, err } = await run('--help');
  assert.equal(code, 0);
  assert.equal(err, '');
  for (const command of COMMANDS) {
    assert.match(out, new RegExp(`^  ${command} `, 'm'));
  }
  assert.match(out, /Examples:/);
  assert.match(out, /Exit codes:/);
  const bare = await run();
  assert.deepEqual([bare.code, bare.out], [0, out]);
});

test('every command has the common options and examples', async () => {
  for (const help of await Promise.all(COMMANDS.map((command) => run(command, '--help')))) {
    assert.equal(help.code, 0);
    for (const part of [/--json/, /--config <file>/, /--data-dir <folder>/, /Examples:/]) {
      assert.match(help.out, part);
    }
  }
});

test('a wrong command line is exit code 2, with a suggestion, on stderr', async () => {
  const unknown = await run('lern');
  assert.deepEqual([unknown.code, unknown.out], [2, '']);
  assert.match(unknown.err, /learn/);
  assert.equal((await run('learn', '--epsilon', '2')).code, 2);
  assert.equal((await run('learn', '--order', 'random')).code, 2);
  assert.equal((await run('import')).code, 2);
  assert.equal((await run('start', '--port', 'http')).code, 2);
  assert.equal((await run('start', '--port', '70000')).code, 2);
});

test('a wrong configuration is exit code 1, with what and a hint', async () => {
  const file = join(dir, 'wrong.yaml');
  writeFileSync(file, 'gate:\n  epsilon: 7\n');
  const wrong = await run('validate', '--config', file);
  assert.deepEqual([wrong.code, wrong.out], [1, '']);
  assert.match(wrong.err, /^error: .*gate\.epsilon/m);
  assert.match(wrong.err, /^hint: /m);
  const missing = await run('validate', '--config', 'nowhere.yaml');
  assert.equal(missing.code, 1);
  assert.match(missing.err, /nowhere\.yaml/);
});

test('erase wants to be told which days, and a yes', async () => {
  const data = ['--data-dir', join(dir, 'erasing')];
  for (const wrong of [
    ['--day', '2026-02-30'],
    ['--before', 'yesterday'],
  ])
    assert.equal((await run('erase', ...wrong, ...data)).code, 2);
  for (const wrong of [[], ['--day', '2026-01-01', '--before', '2026-01-01']]) {
    const { code, err } = await run('erase', ...wrong, '--yes', ...data);
    assert.equal(code, 1);
    assert.match(err, /--day or --before/);
  }
  const unasked = await run('erase', '--day', '2026-01-01', ...data);
  assert.deepEqual([unasked.code, unasked.out], [1, '']);
  assert.match(unasked.err, /--yes/);
  const dry = await run('erase', '--before', '2026-01-01', '--dry-run', ...data);
  assert.equal(dry.code, 0);
  assert.match(dry.out, /nothing of all days up to 2025-12-31/);
  const done = await run('erase', '--day', '2026-01-01', '--yes', '--json', ...data);
  assert.equal(done.code, 0);
  const { kind, from, to, calls } = JSON.parse(done.out);
  assert.deepEqual([kind, from, to, calls], ['erase', '2026-01-01', '2026-01-01', 0]);
});

test('validate shows the settings that apply', async () => {
  const file = join(dir, 'right.yaml');
  writeFileSync(file, 'gate:\n  epsilon: 0.01\n');
  const { code, out } = await run('validate', '--config', file, '--data-dir', 'elsewhere', '--json');
  assert.equal(code, 0);
  const result = JSON.parse(out);
  assert.equal(result.config.gate.epsilon, 0.01);
  assert.equal(result.config.gate.delta, 0.05);
  assert.equal(result.config.dataDir, join(dir, 'elsewhere'));
});

test('validate shows that a key is set, and not the key', async () => {
  const file = join(dir, 'key.yaml');
  const hosted = { baseUrl: 'https://provider.example/v1', model: 'small', apiKey: 'secret-key' };
  writeFileSync(file, JSON.stringify({ train: { hosted } }));
  for (const more of [[], ['--json']]) {
    const { code, out, err } = await run('validate', '--config', file, ...more);
    assert.equal(code, 0);
    assert.match(out, /provider\.example/);
    assert.ok(!`${out}${err}`.includes('secret-key'));
  }
});

test('doctor checks this machine, and changes nothing', async () => {
  const { code, out } = await run('doctor', '--json', '--data-dir', join(dir, 'data'));
  const report = JSON.parse(out);
  assert.equal(code, report.ok ? 0 : 1);
  const names = report.checks.map((check: { name: string }) => check.name);
  for (const name of [
    'Node',
    'configuration',
    'data folder',
    'disk',
    'memory',
    'threads',
    'encoder weights',
    'language model weights',
    'redaction weights',
    'port',
    'upstream',
  ]) {
    assert.ok(names.includes(name), name);
  }
  for (const check of report.checks) {
    assert.equal(check.hint === '', check.state === 'ok', check.name);
  }
});

test('doctor retrieval fetches nothing, and says what to do where there are no calls', async () => {
  const { code, out } = await run('doctor', 'retrieval', '--data-dir', join(dir, 'none'));
  assert.equal(code, 0);
  assert.match(out, /understudy import/);
  const json = await run('doctor', 'retrieval', '--json', '--data-dir', join(dir, 'none'));
  assert.deepEqual(JSON.parse(json.out).tasks, []);
});

test('doctor names a wrong configuration as a problem, goes on, and is exit code 1', async () => {
  const file = join(dir, 'broken.yaml');
  writeFileSync(file, 'gateway: [');
  const { code, out, err } = await run('doctor', '--json', '--config', file);
  assert.equal(code, 1);
  const report = JSON.parse(out);
  assert.equal(report.ok, false);
  assert.equal(
    report.checks.find((check: { name: string }) => check.name === 'configuration').state,
    'problem',
  );
  assert.match(err, /^error: /m);
});

test('status of an empty folder says what to do next', async () => {
  const data = join(dir, 'empty');
  const { code, out } = await run('status', '--data-dir', data);
  assert.equal(code, 0);
  assert.match(out, /understudy start/);
  const json = await run('status', '--data-dir', data, '--json');
  const { savings, ...status } = JSON.parse(json.out);
  assert.deepEqual([savings.calls, savings.net, savings.savedShare], [0, 0, null]);
  assert.deepEqual(status, {
    kind: 'status',
    upstreams: null,
    calls: 0,
    lost: {},
    journal: {
      waiting: { segments: 0, bytes: 0, oldestSeconds: null },
      quarantine: { segments: 0, bytes: 0 },
    },
    feedback: 0,
    outcomes: [],
    tasks: [],
  });
});

test('import: a fine-tuning file is read once; a file that is not there is an error with a hint', async () => {
  const data = join(dir, 'imported');
  const file = join(dir, 'tuning.jsonl');
  const line = (n: number) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: `Is ${n} even?` },
        { role: 'assistant', content: n % 2 === 0 ? 'yes' : 'no' },
      ],
    });
  writeFileSync(file, `${[1, 2, 3].map(line).join('\n')}\n`);
  const first = await run('import', file, '--data-dir', data, '--json');
  assert.equal(first.code, 0, first.err);
  assert.equal(JSON.parse(first.out).calls, 3);
  const again = await run('import', file, '--data-dir', data, '--json');
  assert.equal(JSON.parse(again.out).calls, 0);
  assert.equal(JSON.parse((await run('status', '--data-dir', data, '--json')).out).calls, 3);
  const missing = await run('import', join(dir, 'nothing.jsonl'), '--data-dir', data);
  assert.deepEqual([missing.code, missing.out], [1, '']);
  assert.match(missing.err, /^error: [\s\S]*^hint: /m);
});

test('start: one line of JSON, then the gateway answers until ctrl-C, which is exit code 130', async () => {
  const child = spawn(
    process.execPath,
    [
      CLI,
      'start',
      '--port',
      '0',
      '--json',
      '--data-dir',
      join(dir, 'started'),
      '--upstream',
      'http://127.0.0.1:9/v1',
    ],
    { cwd: dir },
  );
  let out = '';
  const started = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (out.includes('\n')) resolve(out);
    });
    child.on('close', (code) => reject(new Error(`ended with ${code}`)));
  });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  try {
    const { url } = JSON.parse(await started) as { url: string };
    // Nothing listens at the upstream: the gateway must say so in a way the client understands.
    const response = await fetch(`${url}/models`);
    assert.ok(response.status >= 500);
  } finally {
    child.kill('SIGINT');
  }
  assert.equal(await closed, 130);
  assert.equal(out.trim().split('\n').length, 1);
});

test('start says what is wrong with an upstream that is no server’s URL', async () => {
  for (const upstream of ['localhost:8080/v1', 'ftp://example.org/v1', 'here']) {
    const { code, err } = await run('start', '--port', '0', '--upstream', upstream);
    assert.equal(code, 1);
    assert.match(err, /--upstream .* is not the URL of a server/);
  }
});

test('ctrl-C ends an import at once, with exit code 130', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) =>
    JSON.stringify({
      request: { model: 'm', messages: [{ role: 'user', content: `hello ${i}` }] },
      response: {
        model: 'm',
        choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
      },
    }),
  );
  writeFileSync(join(dir, 'many.jsonl'), lines.join('\n'));
  const child = spawn(process.execPath, [CLI, 'import', 'many.jsonl', '--data-dir', 'imported'], {
    cwd: dir,
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    if (err === '') child.kill('SIGINT');
    err += chunk;
  });
  const [code] = await once(child, 'close');
  assert.deepEqual([code, out], [130, '']);
  assert.match(err, /Interrupted/);
});

test('the gateway goes on where nobody reads its log any more', async () => {
  const args = [
    'start',
    '--port',
    '0',
    '--upstream',
    'http://127.0.0.1:9/v1',
    '--data-dir',
    'unread',
    '--json',
  ];
  const child = spawn(process.execPath, [CLI, ...args], { cwd: dir });
  const ended = once(child, 'close');
  try {
    const [line] = await once(child.stdout, 'data');
    const { url } = JSON.parse(String(line)) as { url: string };
    child.stderr.destroy();
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(`${url}/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] }),
      });
      // Each is logged: the upstream is not there.
      assert.equal(answer.status, 502);
    }
  } finally {
    child.kill('SIGTERM');
  }
  assert.deepEqual(await ended, [143, null]);
});
