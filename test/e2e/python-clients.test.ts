/**
 * The official Python clients against the gateway, where a Python has them (UNDERSTUDY_TEST_PYTHON; default: python3): the
 * agent's code sees what it sees without us, and reads a specialist's answer as one of the provider's.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHarness } from './gateway-harness.ts';
import { madeProvider, type Scene } from './made-provider.ts';
import { noPythonClients, startPythonClients } from './python-process.ts';

const SCENES: readonly Scene[] = ['text', 'tool', 'thinking', 'busy-once', 'invalid', 'down', 'broken'];

test('the Python clients see the same, passed through, and an answer where a specialist serves', {
  skip: noPythonClients(),
}, async () => {
  const provider = madeProvider();
  const passing = await startHarness(provider.answer, { basePath: '' });
  const serving = await startHarness(provider.answer, {
    basePath: '',
    router: () => ({
      route: async () => ({
        served: { by: 'spec_1', reason: 'confident' },
        answer: { kind: 'tool', uses: [{ name: 'weather', arguments: { city: 'Ulm' } }] },
        compare: null,
      }),
    }),
  });
  const clients = startPythonClients();
  const at = (url: string): string => url.replace(/\/v1$/, '');
  try {
    for (const scene of SCENES)
      assert.deepEqual(
        await clients.see(at(passing.gateway.url), scene),
        await clients.see(passing.upstream.url, scene),
        scene,
      );
    const served = await clients.see(at(serving.gateway.url), 'text');
    for (const [name, told] of Object.entries(served))
      if (name !== 'token count') assert.match(JSON.stringify(told), /Ulm/, name);
    assert.equal(Object.keys(served).length, 7);
  } finally {
    clients.stop();
    await passing.gateway.close();
    await serving.gateway.close();
    await passing.upstream.close();
    await serving.upstream.close();
  }
});
