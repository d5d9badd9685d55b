/**
 * The whole loop in the other two dialects, with the official clients: calls are recorded, learnt from, and answered by
 * specialists as the provider would answer them.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { configSchema } from '../../src/core/config.ts';
import { openUnderstudy, type Understudy } from '../../src/understudy.ts';
import { startUpstream, type TestUpstream } from './gateway-harness.ts';
import { madeProvider } from './made-provider.ts';

const LABELS = ['billing', 'delivery', 'returns', 'praise'];
const CUES = ['invoice', 'parcel', 'refund', 'thanks'];
const SYSTEM = `Sort the mail into one of: ${LABELS.join(', ')}.`;

const mail = (n: number): string => {
  const words = Array.from({ length: 6 }, (_, i) => `w${(n * 31 + i * 17) % 997}`).join(' ');
  return `${words} ${CUES[n % CUES.length]} ${words.slice(0, 9)}`;
};
const labelOf = (text: string): string => LABELS[CUES.findIndex((cue) => text.includes(cue))] ?? 'other';

const dataDir = mkdtempSync(join(tmpdir(), 'understudy-dialects-'));
let upstream: TestUpstream;
let understudy: Understudy;

before(async () => {
  // Streamed when asked to: a call that is handed back is answered as the provider would.
  upstream = await startUpstream(madeProvider((body) => [labelOf(body)]).answer);
  understudy = await openUnderstudy({
    config: configSchema.parse({
      dataDir,
      gateway: { port: 0 },
      upstream: { baseUrl: `${upstream.url}/v1` },
      gate: { epsilon: 0.1 },
      redaction: { finder: 'off' },
      serve: { canaryShare: 1, stepAudits: 5, shadowMargin: 10, canaryMargin: 9, auditShare: 0 },
    }),
    env: { PATH: dataDir },
    log: () => {},
  });
});

after(async () => {
  await understudy.close();
  await upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** What each client reads for a mail, whole or streamed. */
function clientsOf(url: string): Readonly<Record<string, (n: number, isStream: boolean) => Promise<string>>> {
  const openai = new OpenAI({ baseURL: url, apiKey: 'k', maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: url.replace(/\/v1$/, ''), apiKey: 'k', maxRetries: 0 });
  return {
    'openai-responses': async (n, isStream) => {
      const asked = { model: 'gpt-x', instructions: `${SYSTEM} Answer in one word.`, input: mail(n) };
      if (!isStream) return (await openai.responses.create(asked)).output_text;
      return (await openai.responses.stream(asked).finalResponse()).output_text;
    },
    'anthropic-messages': async (n, isStream) => {
      const asked = {
        model: 'claude-x',
        max_tokens: 50,
        system: SYSTEM,
        messages: [{ role: 'user' as const, content: mail(n) }],
      };
      const { content } = isStream
        ? await anthropic.messages.stream(asked).finalMessage()
        : await anthropic.messages.create(asked);
      return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    },
  };
}

test('a call site of either dialect is learnt, and served in its dialect, streamed or not', async () => {
  const recording = await understudy.startGateway();
  for (const ask of Object.values(clientsOf(recording.url)))
    for (let n = 0; n < 400; n++) assert.equal(await ask(n, false), labelOf(mail(n)));
  await recording.close();
  const { tasks } = await understudy.learn();
  assert.deepEqual(
    tasks.map(({ deployed }) => Boolean(deployed)),
    [true, true],
  );
  const serving = await understudy.startGateway();
  for (const [name, ask] of Object.entries(clientsOf(serving.url))) {
    // Out of shadow first.
    for (let n = 400; n < 440; n++) await ask(n, false);
    const { servedBySpecialists } = serving.stats();
    for (let n = 440; n < 460; n++) assert.equal(await ask(n, n % 2 === 0), labelOf(mail(n)), `${name} ${n}`);
    assert.ok(serving.stats().servedBySpecialists > servedBySpecialists, `${name} was served`);
  }
  await serving.close();
});
