/** The model process over real HTTP, with a tiny random llama model: what it answers, and what happens to it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { runtimeContract } from '../../test/contracts/runtime.ts';
import { tinyAdapter } from '../../test/support/tiny-adapter.ts';
import { writeTinyModel } from '../../test/support/tiny-gguf.ts';
import type { UnderstudyError } from '../core/errors.ts';
import type { Artefact } from '../core/specialist.ts';
import { llamaRuntime, signalsOf } from './llama.ts';
import { type Models, startModels } from './models.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-runtime-'));
const base = join(dir, 'tiny.gguf');
// Seed 3 is one whose greedy answers often end within forty tokens.
writeTinyModel(base, { seed: 3, tied: false });

let starting: Promise<Models> | undefined;
function models(): Promise<Models> {
  starting ??= startModels({ language: { name: 'tiny', path: base }, threads: 1, contextTokens: 96 });
  return starting;
}
after(async () => {
  await (await starting)?.close();
  rmSync(dir, { recursive: true });
});

interface Completion {
  readonly choices: readonly [
    {
      readonly message: { readonly content: string };
      readonly finish_reason: string;
      readonly logprobs: {
        readonly content: readonly { readonly token: string; readonly logprob: number }[];
      };
    },
  ];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

async function chat(content: string, more: Record<string, number | string> = {}): Promise<Completion> {
  const { prediction, ...rest } = more;
  const { processes } = await models();
  const body = {
    model: 'tiny',
    messages: [{ role: 'user', content }],
    max_tokens: 30,
    logprobs: true,
    ...(prediction === undefined ? {} : { prediction: { type: 'content', content: prediction } }),
    ...rest,
  };
  return (await processes[0]!.client.post('/v1/chat/completions', body)) as unknown as Completion;
}

const adapter = (seed: number): Artefact => tinyAdapter(dir, seed);

/** Inputs whose answers end by themselves: a random model rarely stops. */
async function answered(artefact: Artefact, count: number): Promise<string[]> {
  const { llama } = await models();
  const inputs: string[] = [];
  for (let i = 0; i < 400 && inputs.length < count; i++) {
    const input = `${'abcdefghijklmnopqrstuvwxyz'.slice(i % 26, (i % 26) + 5)} ${i}`;
    const { answer } = await llama!.predict(artefact, input);
    if (answer !== '') inputs.push(input);
  }
  assert.equal(inputs.length, count, 'too few inputs have an answer');
  return inputs;
}

runtimeContract('llama', async () => {
  const artefact = adapter(1);
  const { llama } = await models();
  return { runtime: llama!, artefact, inputs: await answered(artefact, 3) };
});

runtimeContract('llama, for agents', async () => {
  const artefact = adapter(1);
  const { serving } = await models();
  return { runtime: serving.llama!, artefact, inputs: await answered(artefact, 3) };
});

test('with a prediction, the completion and its probabilities are those of plain greedy decoding', async () => {
  for (const content of ['hello', 'abc 17', 'what?']) {
    const plain = await chat(content);
    const text = plain.choices[0].message.content;
    const ascii = /^[\x20-\x7e\n]*/.exec(text)?.[0] ?? '';
    for (const prediction of [text, ascii, `${ascii}zzz`, 'zzz', `${text}${text}${text}`]) {
      const helped = await chat(content, { prediction });
      assert.equal(helped.choices[0].message.content, text);
      assert.equal(helped.choices[0].finish_reason, plain.choices[0].finish_reason);
      const [a, b] = [plain, helped].map(({ choices }) => choices[0].logprobs.content);
      assert.deepEqual(
        b!.map((item) => item.token),
        a!.map((item) => item.token),
      );
      a!.forEach(({ logprob }, i) => {
        assert.ok(Math.abs(logprob - b![i]!.logprob) < 1e-3);
      });
    }
  }
});

test('control tokens in a message are text', async () => {
  const { usage } = await chat('a<|im_end|>b');
  // Twelve bytes more than 'ab', not one special token.
  assert.equal(usage.prompt_tokens, (await chat('ab')).usage.prompt_tokens + '<|im_end|>'.length);
});

test('an adapter changes answers, two adapters differ, and the base stays what it was', async () => {
  const { llama } = await models();
  const before = await chat('hello');
  const [one, two] = [adapter(1), adapter(2)];
  const [input] = await answered(one, 1);
  const first = await llama!.predict(one, input!);
  const second = await llama!.predict(two, input!);
  assert.notDeepEqual(first.signals, second.signals);
  // But for rounding: a prompt whose beginning is kept goes through the model in another batch.
  const [now, then] = [(await chat('hello')).choices[0], before.choices[0]];
  assert.deepEqual(now.message, then.message);
  now.logprobs.content.forEach(({ logprob }, i) => {
    assert.ok(Math.abs(logprob - then.logprobs.content[i]!.logprob) < 1e-4);
  });
});

test('more adapters than are kept in memory all go on answering', async () => {
  const few = await startModels({
    language: { name: 'tiny', path: base },
    threads: 1,
    contexts: 2,
    contextTokens: 128,
  });
  try {
    const artefacts = [1, 2, 3, 4].map(adapter);
    const ask = (): Promise<unknown[]> =>
      Promise.all(artefacts.map(async (artefact) => (await few.llama!.predict(artefact, 'hello')).signals));
    assert.deepEqual(await ask(), await ask());
  } finally {
    await few.close();
  }
});

test('an adapter that is unloaded still answers the requests that hold it, and no others', async () => {
  const own = await startModels({ language: { name: 'tiny', path: base }, threads: 1, contextTokens: 256 });
  try {
    const { client } = own.processes[0]!;
    const { path } = adapter(1);
    await client.post('/v1/load_lora_adapter', { lora_name: 'a', lora_path: path });
    const body = { model: 'a', messages: [{ role: 'user', content: 'hello' }], max_tokens: 200 };
    const choices = async (): Promise<unknown> =>
      ((await client.post('/v1/chat/completions', body)) as unknown as Completion).choices[0];
    const alone = await choices();
    const running = [choices(), choices(), choices()];
    await client.post('/v1/unload_lora_adapter', { lora_name: 'a' });
    await assert.rejects(choices(), { code: 'not-found' });
    assert.deepEqual(await Promise.all(running), [alone, alone, alone]);
  } finally {
    await own.close();
  }
});

test('a prompt longer than the context has no answer, and no sureness', async () => {
  const { llama } = await models();
  const { answer, signals } = await llama!.predict(adapter(1), 'x'.repeat(300));
  assert.equal(answer, '');
  assert.deepEqual(signals, { sequence: 0, lowest: 0, mean: 0 });
});

test('requests that the server does not know are refused with the reason', async () => {
  const { processes } = await models();
  const { client } = processes[0]!;
  const message = [{ role: 'user', content: 'hello' }];
  const refused = async (
    path: string,
    body: Parameters<typeof client.post>[1],
    code: string,
  ): Promise<void> =>
    assert.rejects(client.post(path, body), (error: UnderstudyError) => error.code === code);
  await refused('/v1/chat/completions', { model: 'unknown', messages: message }, 'not-found');
  await refused('/v1/chat/completions', { model: 'tiny', messages: [] }, 'bad-input');
  await refused('/v1/chat/completions', { model: 'tiny', messages: message, temperature: 1 }, 'bad-input');
  await refused('/v1/load_lora_adapter', { lora_name: 'a', lora_path: join(dir, 'none') }, 'not-found');
  await refused('/v1/embeddings', { input: 'hello' }, 'unavailable');
  await refused('/v1/nothing', {}, 'not-found');
});

test('a base model that the server does not run is unavailable', async () => {
  const { llama } = await models();
  await assert.rejects(
    llama!.predict({ ...adapter(1), base: 'another' }, 'hello'),
    (error: UnderstudyError) => error.code === 'unavailable',
  );
});

test('after kill -9 requests fail at once as unavailable, and soon are answered again', async () => {
  const own = await startModels({
    language: { name: 'tiny', path: base },
    threads: 1,
    contextTokens: 256,
  });
  try {
    const artefact = adapter(1);
    const before = await own.llama!.predict(artefact, 'hello');
    const [process_] = own.processes;
    const first = process_!.pid()!;
    const pending = own.llama!.predict(artefact, 'hello '.repeat(20));
    process.kill(first, 'SIGKILL');
    await assert.rejects(pending, (error: UnderstudyError) => error.code === 'unavailable');
    while (process_!.pid() === first) await wait(5);
    assert.equal(process_!.pid(), null);
    await assert.rejects(
      own.llama!.predict(artefact, 'hello'),
      (error: UnderstudyError) => error.code === 'unavailable',
    );
    while (process_!.pid() === null) await wait(20);
    const again = await own.llama!.predict(artefact, 'hello');
    assert.equal(again.answer, before.answer);
    assert.deepEqual(again.signals, before.signals);
  } finally {
    await own.close();
  }
});

test('with one process down, the other takes its requests', async () => {
  const two = await startModels({
    language: { name: 'tiny', path: base },
    threads: 2,
    contextTokens: 256,
  });
  try {
    assert.equal(two.processes.length, 2);
    process.kill(two.processes[0]!.pid()!, 'SIGKILL');
    await Promise.all([1, 2, 3, 4].map(() => two.llama!.predict(adapter(1), 'hello')));
  } finally {
    await two.close();
  }
});

test('a server that is not there is unavailable', async () => {
  const nowhere = llamaRuntime({ server: { baseUrl: 'http://127.0.0.1:9' }, base: 'tiny' });
  await assert.rejects(
    nowhere.predict(adapter(1), 'hello'),
    (error: UnderstudyError) => error.code === 'unavailable',
  );
  await nowhere.close();
});

test('signals are the probability of the answer, of its least likely token, and their geometric mean', () => {
  const signals = signalsOf([Math.log(0.5), Math.log(0.8)]);
  assert.ok(Math.abs(signals.sequence! - 0.4) < 1e-12);
  assert.ok(Math.abs(signals.lowest! - 0.5) < 1e-12);
  assert.ok(Math.abs(signals.mean! - Math.sqrt(0.4)) < 1e-12);
  assert.deepEqual(signalsOf([]), { sequence: 0, lowest: 0, mean: 0 });
});
