/**
 * A person's word on tasks, from the command line, beside a running gateway: what is excluded is served no more within a moment
 * and is not learnt; what is merged is learnt as one, and serves again only when that was proved.
 * Without any weights: the lexical rung needs none.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { configSchema } from '../../src/core/config.ts';
import type { LearnReport } from '../../src/core/learning.ts';
import type { TaskDecided } from '../../src/core/task-decision.ts';
import type { OnlineGateway } from '../../src/online/serving.ts';
import { openUnderstudy, type Understudy } from '../../src/understudy.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');
const dir = mkdtempSync(join(tmpdir(), 'understudy-tasks-'));
const dataDir = join(dir, '.understudy');
const ENGLISH = 'You sort the English mail of a garden shop into order, refund or other. One word.';
const GERMAN = 'Du sortierst die deutsche Post eines Ladens nach order, refund, other. Nur ein Wort.';
const LABELS = ['order', 'refund', 'other'];
const WORDS = ['kaufen buy', 'zurueck back', 'oeffnung hours'];
// No Python is found on this path, so that no weights are fetched.
const env = { PATH: dir, HOME: dir };
let understudy: Understudy;
let gateway: OnlineGateway;
const llm = createServer((_request, response) => response.end('{"by":"the LLM"}'));

function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: dir, env });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.on('data', (chunk) => out.push(String(chunk)));
    child.stderr.on('data', (chunk) => err.push(String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out: out.join(''), err: err.join('') }));
  });
}

async function result<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await run(...args, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out) as T;
}

const question = (n: number): string => `mail ${n}: ${WORDS[n % 3]} ${'abcdefgh'[n % 8]}${(n * 7) % 50}`;

/** Why the gateway had the LLM answer. */
async function reason(system: string): Promise<string | null> {
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: question(5) },
  ];
  const response = await fetch(`${gateway.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages }),
  });
  assert.deepEqual(await response.json(), { by: 'the LLM' });
  return response.headers.get('x-understudy-reason');
}

/** The gateway looks several times a second for what another process has changed. */
async function becomes(system: string, wanted: string): Promise<void> {
  for (let look = 0; look < 200; look++) {
    if ((await reason(system)) === wanted) return;
    await sleep(50);
  }
  assert.equal(await reason(system), wanted);
}

before(async () => {
  await new Promise<void>((resolve) => llm.listen(0, '127.0.0.1', resolve));
  const upstream = `http://127.0.0.1:${(llm.address() as AddressInfo).port}/v1`;
  writeFileSync(
    join(dir, 'understudy.yaml'),
    'learn: { mode: "off" }\nredaction: { finder: "off" }\ngate: { epsilon: 0.1 }\n',
  );
  const lines = Array.from({ length: 450 }, (_, n) =>
    [ENGLISH, GERMAN].map((system) =>
      JSON.stringify({
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: question(n) },
          { role: 'assistant', content: LABELS[n % 3] },
        ],
      }),
    ),
  ).flat();
  writeFileSync(join(dir, 'log.jsonl'), lines.join('\n'));
  await result('import', 'log.jsonl');
  const learnt = await result<LearnReport>('learn', '--order', 'shuffle-sessions');
  assert.deepEqual(
    learnt.tasks.map(({ outcome, deployed }) => [outcome, deployed]),
    [
      ['passed', true],
      ['passed', true],
    ],
    learnt.tasks.map(({ reason: why }) => why).join('\n'),
  );
  const config = {
    dataDir,
    gateway: { port: 0 },
    upstream: { baseUrl: upstream },
    redaction: { finder: 'off' },
  };
  understudy = await openUnderstudy({ config: configSchema.parse(config), env, log: () => {} });
  gateway = await understudy.startGateway();
});
after(async () => {
  await gateway?.close();
  await understudy?.close();
  llm.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Listed {
  readonly tasks: readonly { readonly id: string; readonly name: string; readonly stage: string | null }[];
}

const named = async (part: string): Promise<Listed['tasks'][number]> =>
  (await result<Listed>('tasks', 'list')).tasks.find(({ name }) => name.includes(part))!;

test('an excluded task is served no more, is not learnt, and comes back as it was', async () => {
  await becomes(ENGLISH, 'shadow');
  const { name } = await named('sort-mail');
  await result('tasks', 'exclude', name, '--reason', 'a person answers these');
  await becomes(ENGLISH, 'stopped');
  assert.equal(await reason(GERMAN), 'shadow');
  const { tasks, leftOut } = await result<LearnReport>('learn', '--order', 'shuffle-sessions');
  assert.equal(
    tasks.some(({ task }) => task.name === name),
    false,
  );
  assert.equal(leftOut?.find((each) => each.reason === 'excluded')?.calls, 450);
  const refused = await run('learn', '--task', name);
  assert.deepEqual([refused.code, /is excluded by/.test(refused.err)], [1, true], refused.err);
  assert.match((await run('status')).out, /excluded/i);
  const { out } = await run('tasks', 'include', name);
  assert.match(out, /is learnt and served again/);
  await becomes(ENGLISH, 'shadow');
});

test('merged tasks are suspended, learnt as one, and serve again once that is proved', async () => {
  const [english, german] = [await named('sort-mail'), await named('du-sortierst')];
  await result('tasks', 'rename', english.id, 'mail');
  const { inverse, suspended } = await result<TaskDecided>('tasks', 'merge', 'mail', german.name);
  assert.equal(suspended.length, 2);
  await becomes(ENGLISH, 'no-specialist');
  await becomes(GERMAN, 'no-specialist');
  const { tasks } = await result<LearnReport>('learn', '--order', 'shuffle-sessions');
  assert.deepEqual(
    tasks.map(({ task, deployed }) => [task.id, task.name, task.calls, deployed]),
    [[english.id, 'mail', 900, true]],
  );
  await becomes(ENGLISH, 'shadow');
  await becomes(GERMAN, 'shadow');
  // Taken back after it was learnt: what was proved for both together is suspended in its turn.
  assert.equal(inverse?.action, 'split');
  const sites = inverse.action === 'split' ? inverse.sites.flatMap((site) => ['--site', site]) : [];
  const back = await result<TaskDecided>('tasks', 'split', 'mail', ...sites, '--name', 'Post');
  assert.deepEqual(back.suspended, ['mail']);
  assert.equal((await result<Listed>('tasks', 'list')).tasks.length, 2);
});

test('the command line says what cannot be, and what can', async () => {
  const { out } = await run('tasks', '--help');
  assert.match(out, /Examples:/);
  const split = await run('tasks', 'split', 'mail');
  assert.match(split.err, /one call site and cannot be split/);
  const none = await run('tasks', 'merge', 'mail', 'nothing');
  assert.match(none.err, /hint: There are .*'mail'/);
  assert.match((await run('tasks', 'show', 'mail')).out, /rename, by the command line/);
  assert.match((await run('tasks')).out, /mail +task_/);
});
