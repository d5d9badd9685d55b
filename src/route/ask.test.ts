import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Prediction } from '../core/specialist.ts';
import { createAsk } from './ask.ts';

const prediction: Prediction = { answer: 'late', signals: {}, ms: 0 };
const never = (): Promise<Prediction> => new Promise(() => {});

describe('ask', () => {
  it('gives up a specialist that never answers at its time, and where the client has gone', async () => {
    const client = new AbortController();
    const limits = { maxInFlight: 9 };
    assert.equal(await createAsk({ ...limits, timeoutMs: 1 })('spec_1', never, client.signal), 'overload');
    const ask = createAsk({ ...limits, timeoutMs: 600_000 });
    assert.equal(await ask('spec_1', never, AbortSignal.abort()), 'overload');
    const asked = ask('spec_1', never, client.signal);
    client.abort();
    assert.equal(await asked, 'overload');
  });

  it('tells the specialist that nobody waits any more', async () => {
    let told = false;
    const client = new AbortController();
    const ask = createAsk({ timeoutMs: 600_000, maxInFlight: 1 });
    const asked = ask(
      'spec_1',
      (signal) => {
        signal.addEventListener('abort', () => {
          told = true;
        });
        return never();
      },
      client.signal,
    );
    await Promise.resolve();
    client.abort();
    await asked;
    assert.equal(told, true);
  });

  it('counts a specialist that was given up as busy until it ends', async () => {
    let end = (): void => {};
    const held = new Promise<Prediction>((resolve) => {
      end = () => resolve(prediction);
    });
    const ask = createAsk({ timeoutMs: 1, maxInFlight: 1 });
    const { signal } = new AbortController();
    assert.equal(await ask('spec_1', () => held, signal), 'overload');
    assert.equal(await ask('spec_1', async () => prediction, signal), 'overload');
    assert.equal(await ask('spec_2', async () => prediction, signal), prediction);
    end();
    await held;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await ask('spec_1', async () => prediction, signal), prediction);
  });
});
