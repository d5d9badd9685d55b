/**
 * Calls in every form are imported, learnt from, and served through the real gateway: what `learn` promises is served, and
 * served right. Without any weights: the lexical rung needs none.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { configSchema } from '../../src/core/config.ts';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import type { TaskReport } from '../../src/core/learning.ts';
import { openUnderstudy } from '../../src/understudy.ts';
import { FORMS, type FormCall } from './call-forms.ts';

const LEARNT = 400;
const LIVE = 40;

interface Recording {
  readonly name: string;
  readonly calls: readonly FormCall[];
  /** Calls to send when all is learnt. */
  readonly live: readonly FormCall[];
}

interface Outcome {
  readonly name: string;
  readonly reasons: readonly string[];
  readonly served: number;
  readonly wrong: readonly string[];
}

/** What a caller makes of a choice: the tool's name, else the text. */
function meaningOf(choice: Json | undefined): string {
  const message = isObject(choice) && isObject(choice.message) ? choice.message : {};
  const [call] = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  if (isObject(call) && isObject(call.function)) return String(call.function.name);
  return String(message.content ?? '');
}

/** The provider: answers each request as recorded. */
async function startProvider(calls: readonly FormCall[]) {
  const textOf = (request: JsonObject): string => JSON.stringify(request.messages);
  const choices = new Map(calls.map(({ request, choice }) => [textOf(request), choice]));
  const server = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const piece of request) body.push(piece as Buffer);
    const choice = choices.get(textOf(JSON.parse(Buffer.concat(body).toString()) as JsonObject));
    response.writeHead(choice === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ model: 'made-up-1', choices: [choice ?? null] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () => new Promise((done) => server.close(done).closeAllConnections()),
  };
}

/** Learns the recordings, plays calls until the specialists are live, then the live calls, which are counted. */
async function learnAndServe(
  recordings: readonly Recording[],
): Promise<{ readonly tasks: readonly TaskReport[]; readonly outcomes: readonly Outcome[] }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-forms-'));
  const provider = await startProvider(recordings.flatMap(({ calls, live }) => [...calls, ...live]));
  const understudy = await openUnderstudy({
    config: configSchema.parse({
      dataDir,
      gateway: { port: 0 },
      upstream: { baseUrl: provider.url },
      gate: { epsilon: 0.05 },
      // Few calls are played until a specialist is live: wide margins.
      serve: { canaryShare: 1, stepAudits: 5, auditShare: 0.2, shadowMargin: 10, canaryMargin: 9 },
    }),
    // No pip on this path: nothing to fetch weights with.
    env: { PATH: dataDir },
    log: () => {},
  });
  try {
    const file = join(dataDir, 'calls.jsonl');
    const lines = recordings.flatMap(({ calls }) =>
      calls.map(({ request, choice }, i) => ({
        at: 1_790_000_000 + 60 * i,
        request,
        response: { model: 'made-up-1', choices: [choice] },
      })),
    );
    writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    await understudy.import([file]);
    const { tasks } = await understudy.learn();
    const gateway = await understudy.startGateway();
    try {
      const send = async ({ request }: FormCall) => {
        const response = await fetch(`${gateway.url}/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: 'Bearer sk-caller' },
          body: JSON.stringify(request),
        });
        const body = (await response.json()) as { readonly choices: readonly Json[] };
        return {
          said: meaningOf(body.choices[0]),
          by: response.headers.get('x-understudy-served-by'),
          reason: response.headers.get('x-understudy-reason') ?? '',
        };
      };
      const store = await understudy.store();
      const isMoving = async () => (await store.deployments()).some(({ stage }) => stage !== 'live');
      for (let round = 0; round < 40 && (await isMoving()); round++) {
        for (const { calls } of recordings)
          for (const call of calls.slice(6 * round, 6 * round + 6)) await send(call);
        await wait(150);
      }
      const outcomes: Outcome[] = [];
      for (const { name, live } of recordings) {
        const answers = [];
        for (const call of live) answers.push({ ...(await send(call)), call });
        const served = answers.filter(({ by }) => by !== 'llm');
        outcomes.push({
          name,
          reasons: [...new Set(answers.map(({ reason }) => reason))],
          served: served.length,
          wrong: served.filter(({ said, call }) => said !== call.meaning).map(({ said }) => said),
        });
      }
      return { tasks, outcomes };
    } finally {
      await gateway.close();
    }
  } finally {
    await understudy.close();
    await provider.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

test('calls in every form are one task each, proved, and served as promised', async (t) => {
  const callsOf = ({ hardness = 1 }: (typeof FORMS)[number]): number => LEARNT * hardness;
  const recordings = FORMS.map((form) => ({
    name: form.name,
    calls: Array.from({ length: callsOf(form) }, (_, i) => form.call(i)),
    live: Array.from({ length: LIVE }, (_, i) => form.call(callsOf(form) + i)),
  }));
  const { tasks, outcomes } = await learnAndServe(recordings);
  assert.deepEqual(
    tasks
      .map(({ task, outcome, reason }) => [task.calls, outcome, outcome === 'passed' ? '' : reason] as const)
      .sort(([a], [b]) => a - b),
    FORMS.map((form) => [callsOf(form), 'passed', ''] as const).sort(([a], [b]) => a - b),
  );
  for (const { name, served, wrong, reasons } of outcomes)
    await t.test(name, () => {
      assert.ok(served >= LIVE / 2, `${served} of ${LIVE} served; ${reasons.join(', ')}`);
      // The bound is 5 %; more than 4 of 40 wrong has a chance of 5 % at the bound, and none is expected.
      assert.ok(wrong.length <= 4, `${wrong.length} of ${served} wrong: ${wrong.join(' | ')}`);
    });
});

const cases = resolve(import.meta.dirname, '../../../shared/cases');

/** A recorded case: its own first calls are played again when they are learnt. */
function recordedCase(file: string, meaning: (said: string) => string): Recording {
  const lines = readFileSync(join(cases, file), 'utf8').trim().split('\n');
  const calls = lines.map((line): FormCall => {
    const { request, response } = JSON.parse(line) as {
      readonly request: JsonObject;
      readonly response: { readonly choices: readonly [JsonObject] };
    };
    const [choice] = response.choices;
    return { request, choice, meaning: meaning(meaningOf(choice)) };
  });
  return { name: file, calls, live: calls.slice(-LIVE) };
}

const plain = (said: string): string => said.replace(/[\s"*.]/g, '').toLowerCase();
for (const [file, meaning] of [
  ['02-noargs.jsonl', (said) => said],
  ['13a-schema-2020.jsonl', (said) => said],
  ['15a-logit-bias.jsonl', (said) => said],
  ['15b-max-tokens-1.jsonl', (said) => said],
  ['16-empty.jsonl', (said) => said],
  ['22-label-spelling.jsonl', plain],
  ['23-think.jsonl', (said) => said.split('</think>').at(-1)!.trim()],
] as readonly (readonly [string, (said: string) => string])[]) {
  const skip = existsSync(join(cases, file)) ? false : `no recorded case at ${join(cases, file)}`;
  test(`${file} is learnt and served as promised`, { skip }, async () => {
    const { tasks, outcomes } = await learnAndServe([recordedCase(file, meaning)]);
    assert.deepEqual(
      tasks.map(({ outcome }) => outcome),
      ['passed'],
    );
    const [{ served, wrong, reasons }] = outcomes as [Outcome];
    assert.ok(served >= LIVE / 2, `${served} of ${LIVE} served; ${reasons.join(', ')}`);
    assert.ok(wrong.length <= 4, `${wrong.length} of ${served} wrong: ${wrong.join(' | ')}`);
  });
}
