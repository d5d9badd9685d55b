/**
 * The official clients against the gateway, passed through: whatever the provider does, the agent's code sees what it sees
 * without us. Then served by a specialist: each client reads its answer as one of the provider's.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Answer } from '../../src/core/answer.ts';
import { type Harness, startHarness } from './gateway-harness.ts';
import { madeProvider, type Scene } from './made-provider.ts';
import { ACTS, type Act, type ActOptions } from './official-clients.ts';

const provider = madeProvider();
let harness: Harness;
before(async () => {
  harness = await startHarness(provider.answer, { basePath: '' });
});
after(() => harness.close());

let uses = 0;
const use = (scene: Scene): ActOptions => {
  uses++;
  return { scene, id: String(uses) };
};

/** Base URLs of the provider and of the gateway, as the client writes them: with its version, or without. */
const bases = (act: Act): { readonly direct: string; readonly gateway: string } => ({
  direct: harness.upstream.url + (act.isBare ? '' : '/v1'),
  gateway: act.isBare ? harness.gateway.url.replace(/\/v1$/, '') : harness.gateway.url,
});

const ENDING: readonly Scene[] = ['text', 'tool', 'thinking', 'busy-once', 'invalid', 'down', 'broken'];

describe('passed through, the client sees the same', () => {
  for (const act of ACTS)
    test(act.name, async () => {
      const { direct, gateway } = bases(act);
      for (const scene of ENDING) {
        const straight = await act.run(direct, use(scene));
        const through = await act.run(gateway, use(scene));
        assert.deepEqual(through, straight, scene);
      }
      const text = JSON.stringify(await act.run(gateway, use('text')));
      if (act.name !== 'anthropic token count') assert.match(text, /sunny ☀️/);
      const failed = JSON.stringify(await act.run(gateway, use('invalid')));
      if (act.name !== 'anthropic token count') assert.match(failed, /max_tokens|error/);
    });
});

/** Resolves once the provider has been told of so many clients that left. */
async function until(gone: number): Promise<void> {
  while (provider.state.gone < gone) await new Promise((resolve) => setImmediate(resolve));
}

/** How a use ended, apart from how much of it had come. */
const endOf = (result: unknown): unknown =>
  (result as { readonly failed?: unknown } | null)?.failed ?? 'no error';

describe('a client that gives up sees the same, and the provider is told', () => {
  for (const act of ACTS.filter(({ name }) => name !== 'anthropic token count')) {
    test(`${act.name}: a time-out`, async () => {
      const { direct, gateway } = bases(act);
      const { gone } = provider.state;
      const straight = await act.run(direct, { ...use('hang'), timeoutMs: 60 });
      await until(gone + 1);
      const through = await act.run(gateway, { ...use('hang'), timeoutMs: 60 });
      await until(gone + 2);
      assert.deepEqual(through, straight);
    });
    if (act.name.includes('stream'))
      test(`${act.name}: an abort within the answer`, async () => {
        const { direct, gateway } = bases(act);
        const { gone } = provider.state;
        const abortedAt = async (base: string): Promise<unknown> => {
          const abort = new AbortController();
          return act.run(base, { ...use('stall'), signal: abort.signal, onFirst: () => abort.abort() });
        };
        const straight = await abortedAt(direct);
        await until(gone + 1);
        const through = await abortedAt(gateway);
        await until(gone + 2);
        assert.deepEqual(endOf(through), endOf(straight));
      });
  }
});

describe('served by a specialist, the answer reads as one of the provider’s', () => {
  let serving: Harness;
  const answers: Record<'text' | 'tool', Answer> = {
    text: { kind: 'text', text: 'It is sunny ☀️ today.' },
    tool: { kind: 'tool', uses: [{ name: 'weather', arguments: { city: 'Ulm' } }] },
  };
  /** A tool first where one is asked for, then words. */
  let first: Answer = answers.text;
  before(async () => {
    serving = await startHarness(provider.answer, {
      basePath: '',
      router: () => ({
        route: async ({ request }) => ({
          served: { by: 'spec_1', reason: 'confident' },
          answer:
            typeof request !== 'string' && request.messages.at(-1)?.role === 'tool' ? answers.text : first,
          compare: null,
        }),
      }),
    });
  });
  after(() => serving.close());

  for (const act of ACTS.filter(({ name }) => name !== 'anthropic token count'))
    for (const scene of ['text', 'tool'] as const)
      test(`${act.name}: ${scene}`, async () => {
        first = answers[scene];
        const base = act.isBare ? serving.gateway.url.replace(/\/v1$/, '') : serving.gateway.url;
        const before = serving.upstream.received.length;
        const theirs = await act.run(bases(act).direct, use(scene));
        const ours = await act.run(base, use(scene));
        assert.equal(serving.upstream.received.length, before, 'the provider was not asked');
        assert.equal(endOf(ours), 'no error', JSON.stringify(ours));
        const said = JSON.stringify(ours);
        if (scene === 'text' || /runner|vercel/.test(act.name)) assert.match(said, /sunny ☀️/);
        else assert.match(said, /Ulm/);
        assert.deepEqual(shapeOf(ours), shapeOf(theirs));
      });
});

/** What a use is made of: the events or parts, each kind once in a row, and the fields of the answer. */
function shapeOf(result: unknown): unknown {
  const { events, parts, final, ...whole } = result as Record<string, unknown>;
  const list = Array.isArray(result) ? result : (events ?? parts);
  if (!Array.isArray(list)) return fieldsOf(final ?? whole);
  const kinds = list.map((each: unknown) => {
    if (typeof each === 'string') return WORDS.test(each) ? 'text' : each;
    const { type, choices } = each as { readonly type?: string; readonly choices?: readonly Choice[] };
    return type ?? choices?.map(({ delta }) => Object.keys(delta)) ?? each;
  });
  return kinds.filter((kind, i) => JSON.stringify(kind) !== JSON.stringify(kinds[i - 1]));
}

interface Choice {
  readonly delta: object;
}

const WORDS = /[ .]/;
/** Fields that only a provider knows. */
const THEIRS = new Set([
  'service_tier',
  'system_fingerprint',
  'cache_creation',
  'annotations',
  'user',
  'tools',
]);

/** The names of an answer's fields, at every level; of a list, those of its first item. */
function fieldsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? [fieldsOf(value[0])] : [];
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !THEIRS.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, fieldsOf(inner)]),
  );
}
