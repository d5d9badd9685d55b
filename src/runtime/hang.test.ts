/**
 * A real model process that stops, hangs, crashes or is only slow. Time is the test's own, so that nothing here
 * depends on how fast the machine is: what counts is which calls were answered how, and in which order.
 */
import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ManualClock, manualClock } from '../../test/support/manual-clock.ts';
import { tinyAdapter } from '../../test/support/tiny-adapter.ts';
import { writeTinyBert } from '../../test/support/tiny-bert.ts';
import { writeTinyModel } from '../../test/support/tiny-gguf.ts';
import type { UnderstudyError } from '../core/errors.ts';
import { type Models, startModels } from './models.ts';
import { type ModelProcess, startModelProcess } from './process.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-hang-'));
const base = join(dir, 'tiny.gguf');
writeTinyModel(base, { seed: 3, tied: false });
const artefact = tinyAdapter(dir, 1);
after(() => rmSync(dir, { recursive: true }));

/** A call that nobody answers fails its test, instead of holding up all. */
const LIMITED = { timeout: 120_000 };

const child = (name: string): string =>
  fileURLToPath(new URL(`../../test/support/${name}-child.ts`, import.meta.url));

/** Waits for something that really happens, in another process. */
async function until(what: () => boolean): Promise<void> {
  for (let i = 0; !what(); i++) {
    assert.ok(i < 10_000, `it never happens: ${what}`);
    await wait(2);
  }
}

function isStopped(pid: number): boolean {
  return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).includes('T');
}

/** Calls of agents, and what came of them. */
function traffic(models: Models) {
  const results: (string | null)[] = [];
  const ask = async (): Promise<void> => {
    const i = results.push(null) - 1;
    results[i] = await models.serving.llama!.predict(artefact, 'hello').then(
      () => 'served',
      (error: UnderstudyError) => error.code,
    );
  };
  return { ask, results, pending: () => results.filter((result) => result === null).length };
}

async function started(
  clock: ManualClock,
  threads = 1,
): Promise<Models & { readonly pid: () => number | null }> {
  const language = { name: 'tiny', path: base };
  const models = await startModels({ language, threads, contextTokens: 96, clock });
  return { ...models, pid: () => models.processes[0]!.pid() };
}

/** Moves the clock from ping to ping; each is answered before the next one is sent. */
async function beats(clock: ManualClock, count: number, model: ModelProcess): Promise<void> {
  for (let i = 0; i < count; i++) {
    clock.advance(250);
    assert.equal(await model.alive(), true);
    // A minute of the test's is more than a second of the process's own, in which its event loop turns.
    await wait(5);
  }
}

/** The same for a process that is stopped. */
function silence(clock: ManualClock, ms: number): void {
  for (let i = 0; i < ms / 250; i++) clock.advance(250);
}

test(
  'of calls to a process that is stopped one waits, for less than a second; it is killed, and calls are served again',
  LIMITED,
  async () => {
    const clock = manualClock();
    const models = await started(clock);
    const { ask, results, pending } = traffic(models);
    try {
      for (let i = 0; i < 6; i++) await ask();
      assert.deepEqual(new Set(results.splice(0)), new Set(['served']));
      const first = models.pid()!;
      process.kill(first, 'SIGSTOP');
      await until(() => isStopped(first));

      const calls = [ask(), ask(), ask(), ask()];
      clock.advance(200);
      await Promise.all(calls.slice(1));
      assert.deepEqual(results, [null, 'unavailable', 'unavailable', 'unavailable']);
      silence(clock, 250);
      await Promise.all([ask(), ask()]);
      assert.equal(pending(), 1);
      silence(clock, 250);
      await calls[0];
      assert.equal(pending(), 0);
      assert.equal(models.health()[0]!.state, 'open');

      // Nobody waits any more: not even for the clock.
      for (let i = 0; i < 5; i++) await ask();
      assert.deepEqual(new Set(results.splice(0)), new Set(['unavailable']));

      silence(clock, 5000);
      await until(() => models.pid() === null);
      await ask();
      clock.advance(250);
      await until(() => models.pid() !== null);
      assert.notEqual(models.pid(), first);
      clock.advance(0);
      await until(() => models.health()[0]!.state === 'closed');
      await Promise.all([ask(), ask()]);
      assert.deepEqual(results, ['unavailable', 'served', 'served']);
      assert.equal(models.health()[0]!.restarts, 1);
      assert.equal(models.health()[0]!.failures, 0);
    } finally {
      await models.close();
    }
  },
);

test('a process that goes on after a moment is not killed, and serves after a probe', LIMITED, async () => {
  const clock = manualClock();
  const models = await started(clock);
  const { ask, results } = traffic(models);
  try {
    for (let i = 0; i < 5; i++) await ask();
    const pid = models.pid()!;
    process.kill(pid, 'SIGSTOP');
    await until(() => isStopped(pid));
    silence(clock, 2000);
    assert.equal(models.health()[0]!.state, 'open');
    process.kill(pid, 'SIGCONT');
    await beats(clock, 2, models.processes[0]!);
    await until(() => models.health()[0]!.state === 'closed');
    await ask();
    assert.equal(results.at(-1), 'served');
    assert.equal(models.pid(), pid);
    assert.equal(models.health()[0]!.restarts, 0);
  } finally {
    await models.close();
  }
});

test(
  'the encoder for agents gives the vectors of the one for bulk, and holds up nobody when it is stopped',
  LIMITED,
  async () => {
    const clock = manualClock();
    const path = join(dir, 'bert');
    writeTinyBert(path);
    const models = await startModels({ encoder: { name: 'tiny', path, dimensions: 8 }, threads: 1, clock });
    const { encoder, serving, processes } = models;
    const embed = (): Promise<string> =>
      serving.encoder!.embed(['hello']).then(
        () => 'served',
        (error: UnderstudyError) => error.code,
      );
    try {
      assert.deepEqual(await serving.encoder!.embed(['hello']), await encoder!.embed(['hello']));
      const pid = processes[0]!.pid()!;
      process.kill(pid, 'SIGSTOP');
      await until(() => isStopped(pid));
      const calls = [embed(), embed(), embed()];
      clock.advance(200);
      assert.deepEqual(await Promise.all(calls.slice(1)), ['unavailable', 'unavailable']);
      silence(clock, 750);
      assert.equal(await calls[0], 'unavailable');
      assert.equal(await embed(), 'unavailable');
    } finally {
      await models.close();
    }
  },
);

test(
  'where one of two processes is stopped, the other answers all calls, those too that waited for the first',
  LIMITED,
  async () => {
    const clock = manualClock();
    const models = await started(clock, 2);
    const { ask, results, pending } = traffic(models);
    try {
      // Two at a time, so that both have served.
      for (let i = 0; i < 6; i++) await Promise.all([ask(), ask()]);
      const pid = models.pid()!;
      process.kill(pid, 'SIGSTOP');
      await until(() => isStopped(pid));
      const [waits, other] = [ask(), ask()];
      await other;
      assert.equal(pending(), 1);
      await beats(clock, 3, models.processes[1]!);
      await waits;
      for (let i = 0; i < 5; i++) await ask();
      assert.deepEqual(new Set(results), new Set(['served']));
      assert.deepEqual(
        models.health().map(({ state }) => state),
        ['open', 'closed'],
      );
    } finally {
      await models.close();
    }
  },
);

test(
  'after kill -9 calls fail at once, and are served again as soon as the process is back',
  LIMITED,
  async () => {
    const clock = manualClock();
    const models = await started(clock);
    const { ask, results } = traffic(models);
    try {
      for (let i = 0; i < 5; i++) await ask();
      process.kill(models.pid()!, 'SIGKILL');
      await until(() => models.pid() === null);
      await ask();
      assert.equal(results.at(-1), 'unavailable');
      clock.advance(250);
      await until(() => models.pid() !== null);
      clock.advance(0);
      await until(() => models.health()[0]!.state === 'closed');
      await ask();
      assert.equal(results.at(-1), 'served');
    } finally {
      await models.close();
    }
  },
);

const settings = {
  threads: 1,
  sequences: 1,
  contextTokens: 96,
  contexts: 1,
  language: null,
  encoderDir: dir,
};

test('a process that crashes at each start is started ever more rarely', LIMITED, async () => {
  const clock = manualClock();
  const options = { timeoutMs: 1000, clock, program: child('crashing') };
  const model = await startModelProcess(settings, options);
  try {
    process.kill(model.pid()!, 'SIGKILL');
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      await until(() => clock.waiting().length > 0 && model.pid() === null);
      // One timer, and nothing under way besides: it starts when the test says so, and never before.
      const [next, ...others] = clock.waiting();
      assert.deepEqual(others, []);
      assert.equal(model.restarts(), i);
      waits.push(next!);
      clock.advance(next!);
      // The start's own time limit is set while it is under way.
      await until(() => clock.waiting()[0] !== 60_000);
    }
    assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    assert.equal(readFileSync(join(dir, 'starts'), 'utf8').length, 11);
  } finally {
    await model.close();
  }
});

test(
  'a process whose event loop never turns again still answers pings, and is killed after a minute',
  LIMITED,
  async () => {
    const clock = manualClock();
    const options = { timeoutMs: 1000, clock, program: child('stuck') };
    const model = await startModelProcess(settings, options);
    const seen: boolean[] = [];
    model.watch((responds) => seen.push(responds));
    try {
      process.kill(model.pid()!, 'SIGUSR2');
      // Whatever it still did before the signal came in was within the first of these.
      await beats(clock, 4 * 50, model);
      assert.deepEqual(seen, []);
      for (let i = 0; i < 4 * 20 && seen.length === 0; i++) {
        clock.advance(250);
        await model.alive();
      }
      assert.deepEqual(seen, [false]);
      await until(() => model.pid() === null);
    } finally {
      await model.close();
    }
  },
);

test('a process whose event loop never turns again ends when its parent is gone', LIMITED, async () => {
  const stdio = ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'] as const;
  const orphan = fork(child('stuck'), { execArgv: [], env: { PATH: process.env.PATH }, stdio: [...stdio] });
  orphan.send({ ...settings, token: 'sixteen characters' });
  await once(orphan, 'message');
  orphan.kill('SIGUSR2');
  await once(orphan.stderr!, 'data');
  // What the parent held is closed when it ends.
  orphan.disconnect();
  (orphan.stdio[4] as Socket).destroy();
  const [, signal] = await once(orphan, 'exit');
  assert.equal(signal, 'SIGKILL');
});

test('a process that works on one request for minutes, step by step, is not killed', LIMITED, async () => {
  const clock = manualClock();
  const model = await startModelProcess(settings, {
    timeoutMs: 600_000,
    clock,
    program: child('slow'),
  });
  const seen: boolean[] = [];
  model.watch((responds) => seen.push(responds));
  try {
    const stop = new AbortController();
    const long = model.client.post('/long', {}, stop.signal);
    await beats(clock, 4 * 90, model);
    assert.deepEqual(seen, []);
    assert.deepEqual(await model.client.post('/short', {}), { done: true });
    stop.abort();
    await assert.rejects(long, { code: 'cancelled' });
  } finally {
    await model.close();
  }
});
