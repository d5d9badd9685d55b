/** What a language model keeps of its last request: how much of a prompt is not read again, and that answers stay the same. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { writeTinyModel } from '../../../test/support/tiny-gguf.ts';
import type { Completion } from './greedy.ts';
import { type LanguageModel, languageModel } from './language.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-language-'));
after(() => rmSync(dir, { recursive: true }));

function open(architecture: 'llama' | 'gemma3', sequences = 1): LanguageModel {
  const modelPath = join(dir, `${architecture}.gguf`);
  writeTinyModel(modelPath, { architecture, seed: 3, tied: false });
  return languageModel({ modelPath, threads: 1, sequences, contextTokens: 256, contexts: 2 });
}

const never = new AbortController().signal;

function ask(model: LanguageModel, content: string, prediction = '', maxTokens = 8): Promise<Completion> {
  const messages = [{ role: 'user', content }];
  return model.complete({ adapter: null, messages, maxTokens, prediction }, never);
}

function assertSame(actual: Completion, expected: Completion): void {
  assert.equal(actual.text, expected.text);
  assert.equal(actual.finish, expected.finish);
  assert.equal(actual.tokens.length, expected.tokens.length);
  actual.tokens.forEach(({ logprob }, i) => {
    assert.ok(Math.abs(logprob - expected.tokens[i]!.logprob) < 2e-3);
  });
}

describe('consecutive requests', () => {
  test('read what they share with the one before once, but for the last token', async () => {
    const model = open('llama');
    const first = await ask(model, 'the same beginning, and then one thing');
    assert.equal(first.cachedTokens, 0);
    const again = await ask(model, 'the same beginning, and then one thing');
    assert.equal(again.cachedTokens, again.promptTokens - 1);
    assertSame(again, first);
    // The tiny model's tokens are bytes.
    const other = await ask(model, 'the same beginning, and then another');
    assert.ok(other.cachedTokens >= 'the same beginning, and then '.length);
    assert.ok(other.cachedTokens < other.promptTokens - 1);
  });

  test('that share next to nothing read everything', async () => {
    const model = open('llama');
    await ask(model, 'one');
    assert.equal((await ask(model, 'zwei')).cachedTokens, 0);
  });

  test('after one that was cancelled or too long read everything', async () => {
    const model = open('llama');
    const prompt = 'the same beginning, and then one thing';
    await ask(model, prompt);
    const stop = new AbortController();
    stop.abort();
    const messages = [{ role: 'user', content: prompt }];
    await assert.rejects(
      model.complete({ adapter: null, messages, maxTokens: 8, prediction: '' }, stop.signal),
      { code: 'cancelled' },
    );
    await assert.rejects(ask(model, 'long '.repeat(100)), { code: 'bad-input' });
    assertSame(await ask(model, prompt), await ask(open('llama'), prompt));
  });

  for (const architecture of ['llama', 'gemma3'] as const)
    test(`of ${architecture} have the answers that a model without a past gives`, async () => {
      const kept = open(architecture);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom('system: be brief. ', 'turn one. ', 'turn two! ', 'xyz ', 'a'), {
            maxLength: 6,
          }),
          fc.constantFrom('', 'a', 'guess'),
          async (parts, prediction) => {
            const content = `always the same opening ${parts.join('')}`;
            const actual = await ask(kept, content, prediction);
            if (architecture === 'gemma3') assert.equal(actual.cachedTokens, 0);
            const fresh = open(architecture);
            assertSame(actual, await ask(fresh, content, prediction));
          },
        ),
        { numRuns: 6 },
      );
    });
});
