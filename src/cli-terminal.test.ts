/** The program at a terminal: on a pseudo-terminal, which Python's `pty` gives; skipped where there is none. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const root = mkdtempSync(join(tmpdir(), 'understudy-terminal-'));
after(() => rmSync(root, { recursive: true, force: true }));
const CLI = join(import.meta.dirname, 'cli.ts');

/** Runs argv[1:] on a pseudo-terminal, copies our stdin to it and what it shows to our stdout; ends with its exit code. */
const RELAY = `
import os, pty, select, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
sources = [terminal, 0]
while True:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:
            data = b''
        if source == 0:
            if data:
                os.write(terminal, data)
            else:
                sources.remove(0)
        elif data:
            os.write(1, data)
        else:
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

const hasTerminal = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0;
const skip = hasTerminal ? false : 'there is no Python with a pseudo-terminal here';

/**
 * Types each answer when its prompt has been shown.
 * @param typed Pairs: what is waited for, then what is typed.
 */
async function at(
  cwd: string,
  words: readonly string[],
  typed: readonly (readonly [string, string])[],
): Promise<{ readonly code: number | null; readonly seen: string }> {
  const env = { ...process.env, TERM: 'xterm', NO_COLOR: '1' };
  const child = spawn('python3', ['-c', RELAY, process.execPath, CLI, ...words], { cwd, env });
  let seen = '';
  let from = 0;
  const left = [...typed];
  const look = (): void => {
    const [wanted, text] = left[0] ?? [];
    const found = wanted === undefined ? -1 : seen.indexOf(wanted, from);
    if (wanted === undefined || text === undefined || found < 0) return;
    left.shift();
    from = found + wanted.length;
    child.stdin.write(text);
    look();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, seen };
}

test('init asks at a terminal, and writes what was answered', { skip }, async () => {
  const cwd = mkdtempSync(join(root, 'init-'));
  const { code, seen } = await at(
    cwd,
    ['init'],
    [
      ['> ', '\r'],
      ['> ', 'http://llm.example.com/v1\r'],
      ['> ', '3\r'],
    ],
  );
  assert.equal(code, 0, seen);
  const text = readFileSync(join(cwd, 'understudy.yaml'), 'utf8');
  assert.match(text, /baseUrl: http:\/\/llm\.example\.com\/v1\n[\s\S]*mode: auto\n/);
});

test('ctrl-C at a question leaves everything as it is, with exit code 130', { skip }, async () => {
  const cwd = mkdtempSync(join(root, 'stopped-'));
  const { code, seen } = await at(
    cwd,
    [],
    [
      ['> ', '\r'],
      ['> ', '\x03'],
    ],
  );
  assert.equal(code, 130, seen);
  assert.ok(!existsSync(join(cwd, 'understudy.yaml')));
});

test('with a file there, understudy alone starts the gateway until ctrl-C', { skip }, async () => {
  const cwd = mkdtempSync(join(root, 'started-'));
  writeFileSync(
    join(cwd, 'understudy.yaml'),
    'gateway: { port: 0 }\nupstream: { baseUrl: http://127.0.0.1:9/v1 }\nlearn: { mode: "off" }\n',
  );
  const { code, seen } = await at(cwd, [], [['Stop with ctrl-C.', '\x03']]);
  assert.equal(code, 130, seen);
  assert.match(seen, /The gateway listens on http:\/\/127\.0\.0\.1:\d+\/v1/);
});
