/** The first start: three questions, the file that is written, and what is started, with a terminal that is played. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../core/config.ts';
import { parseJson } from '../core/json.ts';
import { writeConfig } from './config-file.ts';
import type { Terminal } from './context.ts';
import { firstRun } from './first-run.ts';
import { buildProgram } from './program.ts';
import { askSetup, DEFAULTS, OFFERED_MODES, upstreamOf } from './questions.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-init-'));
after(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
function folder(): string {
  return mkdtempSync(join(root, `${made++}-`));
}

/** A person who types these lines, then ends the input; and all that they see. */
function person(
  cwd: string,
  lines: readonly string[],
): { readonly terminal: Terminal; readonly seen: () => string; readonly out: () => string } {
  const left = [...lines];
  let seen = '';
  let out = '';
  const terminal: Terminal = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      seen += text;
    },
    interactive: true,
    color: false,
    width: 100,
    env: {},
    cwd,
    signal: new AbortController().signal,
    ask: async (question) => {
      seen += question;
      return left.shift() ?? null;
    },
  };
  return { terminal, seen: () => seen, out: () => out };
}

/** Stands for the program, and notes what it is told to run. */
function noted(): {
  readonly ran: string[][];
  readonly parseAsync: (words?: readonly string[]) => Promise<never>;
} {
  const ran: string[][] = [];
  return {
    ran,
    parseAsync: async (words = []) => {
      ran.push([...words]);
      return undefined as never;
    },
  };
}

test('Enter three times gives the defaults, a file that says so, and a gateway', async () => {
  const cwd = folder();
  const { terminal, seen } = person(cwd, ['', '', '']);
  const program = noted();
  await firstRun(program, terminal);
  assert.deepEqual(program.ran, [['start']]);
  const config = loadConfig({ dir: cwd, env: {} });
  assert.deepEqual(
    [config.upstream.baseUrl, config.learn.mode, config.gateway.port],
    [DEFAULTS.upstream, 'propose', 4000],
  );
  for (const part of [/1\/3 Where/, /2\/3 Which/, /3\/3 May/, /gateway starts/, /\$ understudy start/])
    assert.match(seen(), part);
});

test('log files are imported and assessed, and nothing is deployed', async () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'my logs.jsonl'), '');
  const { terminal } = person(cwd, ["'my logs.jsonl'", 'anthropic', 'auto']);
  const program = noted();
  await firstRun(program, terminal);
  assert.deepEqual(program.ran, [['import', join(cwd, 'my logs.jsonl')], ['assess']]);
  const { upstream, learn } = loadConfig({ dir: cwd, env: {} });
  assert.deepEqual([upstream.baseUrl, learn.mode], ['https://api.anthropic.com/v1', 'auto']);
});

test('an answer that cannot be understood is asked for again, with what is wrong', async () => {
  const cwd = folder();
  const { terminal, seen } = person(cwd, ['nowhere.jsonl', 'live', '9', 'localhost', '4', 'maybe', '1']);
  const setup = await askSetup(terminal);
  assert.deepEqual(setup, { logs: null, upstream: 'http://127.0.0.1:11434/v1', mode: 'observe' });
  for (const part of [/There is no .*nowhere/, /Give a number, a name/, /Give a number, or one of/])
    assert.match(seen(), part);
});

test('an input that ends before the last answer writes and starts nothing', async () => {
  for (const lines of [[], [''], ['', 'openai']]) {
    const cwd = folder();
    const { terminal, seen } = person(cwd, lines);
    const program = noted();
    await firstRun(program, terminal);
    assert.deepEqual([program.ran, existsSync(join(cwd, 'understudy.yaml'))], [[], false]);
    assert.match(seen(), /nothing was written/);
  }
});

test('where understudy.yaml is there, nothing is asked and the gateway starts with it', async () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'understudy.yaml'), 'gateway: { port: 0 }\n');
  const { terminal, seen } = person(cwd, []);
  const program = noted();
  await firstRun(program, terminal);
  assert.deepEqual(program.ran, [['start']]);
  assert.doesNotMatch(seen(), /1\/3/);
});

test('init asks only for what no flag says, and starts nothing', async () => {
  const cwd = folder();
  const { terminal, seen, out } = person(cwd, ['']);
  const words = ['init', '--upstream', 'ollama', '--mode', 'observe'];
  await buildProgram(terminal).parseAsync(words, { from: 'user' });
  assert.match(seen(), /1\/1 Where/);
  assert.match(out(), /understudy\.yaml is written[\s\S]*understudy start/);
  const { upstream, learn } = loadConfig({ dir: cwd, env: {} });
  assert.deepEqual([upstream.baseUrl, learn.mode], ['http://127.0.0.1:11434/v1', 'observe']);
});

test('init --yes --json asks nothing, and says what it wrote; a file that is there stays', async () => {
  const cwd = folder();
  const run = async (...more: string[]): Promise<unknown> => {
    const { terminal, seen, out } = person(cwd, ['unread']);
    await buildProgram(terminal).parseAsync(['init', '--yes', '--json', ...more], { from: 'user' });
    assert.equal(seen(), '');
    return parseJson(out());
  };
  const file = join(cwd, 'understudy.yaml');
  const schema = join(cwd, '.understudy', 'understudy.schema.json');
  assert.deepEqual(await run(), { kind: 'init', file, schema, ...DEFAULTS });
  writeFileSync(file, 'gate: { epsilon: 0.01 }\n');
  await assert.rejects(run(), { code: 'bad-input', message: /there already/ });
  assert.equal(loadConfig({ dir: cwd, env: {} }).gate.epsilon, 0.01);
  await run('--force');
  assert.equal(loadConfig({ dir: cwd, env: {} }).gate.epsilon, 0.02);
});

test('the file names a JSON Schema that is there, for editors', () => {
  const cwd = folder();
  const { file } = writeConfig(DEFAULTS, {
    file: join(cwd, 'understudy.yaml'),
    dataDir: join(cwd, '.understudy'),
  });
  const [first = ''] = readFileSync(file, 'utf8').split('\n');
  const [, schema = ''] = /^# yaml-language-server: \$schema=(.+)$/.exec(first) ?? [];
  assert.equal(schema, './.understudy/understudy.schema.json');
  const shipped = join(import.meta.dirname, '../../docs/understudy.schema.json');
  assert.equal(readFileSync(join(cwd, schema), 'utf8'), readFileSync(shipped, 'utf8'));
  assert.equal(statSync(join(cwd, '.understudy')).mode & 0o077, 0);
});

test('whatever the answers are, the file that is written is read as they say', () => {
  const cwd = folder();
  const file = join(cwd, 'understudy.yaml');
  fc.assert(
    fc.property(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.constantFrom(...OFFERED_MODES),
      fc.stringMatching(/^[\w #:'"{}-]{1,12}$/),
      (url, mode, name) => {
        const upstream = upstreamOf(url);
        if (upstream === null) return;
        const dataDir = join(cwd, name);
        writeConfig({ upstream, mode }, { file, dataDir, namedDataDir: name, force: true });
        const config = loadConfig({ dir: cwd, env: {} });
        assert.deepEqual([config.upstream.baseUrl, config.learn.mode], [upstream, mode]);
        assert.equal(join(cwd, config.dataDir), dataDir);
      },
    ),
    { numRuns: 20 },
  );
});
