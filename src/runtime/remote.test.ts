/** The runtime of remote models over real HTTP: against our own model server, and against poorer ones. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { runtimeContract } from '../../test/contracts/runtime.ts';
import { manualClock } from '../../test/support/manual-clock.ts';
import { writeTinyModel } from '../../test/support/tiny-gguf.ts';
import type { UnderstudyError } from '../core/errors.ts';
import { contentHash } from '../core/ids.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Artefact } from '../core/specialist.ts';
import { createGuard } from './guard.ts';
import { guardedRuntime } from './guarded.ts';
import { remoteRuntime } from './remote.ts';
import { modelServer } from './server/http.ts';
import { languageModel } from './server/language.ts';
import { extractorStore, tuningStore } from './server/tunings.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-remote-'));
const open: (Runtime | Server)[] = [];
after(async () => {
  for (const each of open) await each.close();
  rmSync(dir, { recursive: true });
});

async function listen(server: Server): Promise<string> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

function runtimeAt(baseUrl: string, apiKey = 'key'): Runtime {
  const runtime = remoteRuntime({ baseUrl, apiKey, timeoutMs: 20_000 });
  open.push(runtime);
  return runtime;
}

function artefactAt(baseUrl: string, model = 'tiny'): Artefact {
  const text = JSON.stringify({ baseUrl, model, job: 'ftjob-1' });
  const path = join(dir, `${contentHash(text, 16)}.model`);
  writeFileSync(path, text);
  return { rung: 'hosted', base: 'tiny', path, sha256: contentHash(text), trainedMs: 0, figures: {} };
}

let serving: Promise<string> | undefined;
/** Our own server, as a remote one; one sequence at a time, since it shares this process. */
function served(): Promise<string> {
  const modelPath = join(dir, 'tiny.gguf');
  if (serving === undefined) writeTinyModel(modelPath, { seed: 3, tied: false });
  serving ??= listen(
    modelServer({
      baseName: 'tiny',
      token: 'key',
      encoder: null,
      tuning: tuningStore(),
      extractor: extractorStore(),
      language: languageModel({ modelPath, threads: 1, sequences: 1, contextTokens: 96, contexts: 1 }),
    }),
  );
  return serving;
}

runtimeContract('remote', async () => {
  const baseUrl = await served();
  const runtime = runtimeAt(baseUrl);
  const artefact = artefactAt(baseUrl);
  const inputs: string[] = [];
  // A random model rarely stops by itself.
  for (let i = 0; i < 400 && inputs.length < 3; i++) {
    const input = `${'abcdefghijklmnopqrstuvwxyz'.slice(i % 26, (i % 26) + 5)} ${i}`;
    if ((await runtime.predict(artefact, input)).answer !== '') inputs.push(input);
  }
  assert.equal(inputs.length, 3, 'too few inputs have an answer');
  return { runtime, artefact, inputs };
});

test('with log-probabilities the signals are those of the llama runtime, all at zero where there is no answer', async () => {
  const baseUrl = await served();
  const runtime = runtimeAt(baseUrl);
  const names = ['answered', 'sequence', 'lowest', 'mean'];
  const [answered] = await Promise.all(
    Array.from({ length: 60 }, (_, i) => runtime.predict(artefactAt(baseUrl), `${i} of sixty`)),
  ).then((predictions) => predictions.filter(({ answer }) => answer !== ''));
  assert.deepEqual(Object.keys(answered!.signals), names);
  assert.ok(answered!.signals.sequence! > 0 && answered!.signals.sequence! <= answered!.signals.lowest!);
  // Longer than the server's context: refused.
  const { answer, signals } = await runtime.predict(artefactAt(baseUrl), 'x'.repeat(300));
  assert.equal(answer, '');
  assert.deepEqual(signals, Object.fromEntries(names.map((name) => [name, 0])));
});

/** A server of which only the answer matters: what it says to a request's body. */
function saying(answer: (body: { readonly logprobs?: boolean }) => readonly [number, unknown]): {
  readonly server: Server;
  readonly bodies: { readonly logprobs?: boolean }[];
} {
  const bodies: { readonly logprobs?: boolean }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    bodies.push(JSON.parse(text));
    const [status, body] = answer(bodies.at(-1)!);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  return { server, bodies };
}

const choice = (content: string | null, more: object = {}) =>
  [
    200,
    { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', ...more }] },
  ] as const;

test('without log-probabilities there are fewer signals, and a server that refuses them is not asked again', async () => {
  const { server, bodies } = saying(({ logprobs }) =>
    logprobs ? [400, { error: { message: 'logprobs is not supported' } }] : choice('late'),
  );
  const baseUrl = await listen(server);
  const runtime = runtimeAt(baseUrl);
  for (let i = 0; i < 2; i++) {
    const { answer, signals } = await runtime.predict(artefactAt(baseUrl), 'hello');
    assert.equal(answer, 'late');
    assert.deepEqual(signals, { answered: 1 });
  }
  assert.deepEqual(
    bodies.map(({ logprobs }) => logprobs ?? false),
    [true, false, false],
  );
});

test('an answer that was cut off, or is none, is no answer', async () => {
  const answers = [choice('half an ans', { finish_reason: 'length' }), choice(null), choice('')];
  const { server } = saying(() => answers.shift()!);
  const baseUrl = await listen(server);
  for (let i = 0; i < 3; i++) {
    const { answer, signals } = await runtimeAt(baseUrl).predict(artefactAt(baseUrl), 'hello');
    assert.equal(answer, '');
    assert.equal(signals.answered, 0);
  }
});

test('a server that is busy, broken, gone or another is told apart', async () => {
  const replies: (readonly [number, unknown])[] = [
    [429, { error: { message: 'Rate limit reached' } }],
    [404, { error: { message: 'The model does not exist' } }],
    [401, { error: { message: 'Incorrect API key provided' } }],
    [500, { error: { message: 'oops' } }],
    [200, { choices: 'none' }],
  ];
  const { server } = saying(() => replies.shift()!);
  const baseUrl = await listen(server);
  const runtime = runtimeAt(baseUrl);
  for (const code of ['overloaded', 'unavailable', 'bad-input', 'internal', 'internal'])
    await assert.rejects(
      runtime.predict(artefactAt(baseUrl), 'hello'),
      (error: UnderstudyError) => error.code === code && error.hint !== '',
    );
  const elsewhere = artefactAt('http://127.0.0.1:9/v1');
  await assert.rejects(runtime.predict(elsewhere, 'hello'), { code: 'unavailable' });
  await assert.rejects(runtimeAt('http://127.0.0.1:9/v1').predict(elsewhere, 'hello'), {
    code: 'unavailable',
  });
  await assert.rejects(runtime.predict({ ...elsewhere, path: join(dir, 'none.model') }, 'hello'), {
    code: 'unavailable',
  });
});

test('calls to a server that takes requests and never answers end after a second, and the next go elsewhere', async () => {
  const clock = manualClock();
  let hangs = false;
  const bodies: { readonly max_tokens: number }[] = [];
  const baseUrl = await listen(
    createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      bodies.push(JSON.parse(text));
      if (!hangs) response.end(JSON.stringify(choice('late')[1]));
    }),
  );
  const runtime = guardedRuntime(remoteRuntime({ baseUrl }), createGuard({ clock }));
  open.push(runtime);
  const artefact = artefactAt(baseUrl);
  const ask = (): Promise<string> =>
    runtime.predict(artefact, 'hello').then(
      ({ answer }) => answer,
      (error: UnderstudyError) => error.code,
    );
  const arrived = async (count: number): Promise<void> => {
    while (bodies.length < count) await wait(2);
  };
  for (let i = 0; i < 5; i++) assert.equal(await ask(), 'late');
  hangs = true;
  const first = ask();
  await arrived(6);
  clock.advance(500);
  assert.equal(await ask(), 'unavailable');
  clock.advance(500);
  assert.equal(await first, 'timed-out');
  for (let i = 0; i < 3; i++) assert.equal(await ask(), 'unavailable');
  assert.equal(runtime.health().state, 'open');
  assert.equal(bodies.length, 6);

  clock.advance(0);
  await arrived(7);
  assert.equal(bodies[6]!.max_tokens, 1);
  hangs = false;
  // The probe that hangs is given up, and the next one is answered.
  clock.advance(10_000);
  while (runtime.health().state === 'half-open') await wait(2);
  clock.advance(1000);
  while (runtime.health().state !== 'closed') await wait(2);
  assert.equal(await ask(), 'late');
});
