import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openAccess } from '../../test/support/access.ts';
import type { AccessKey, RequestHead } from '../core/access.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { AccessOptions, KeyedAccess } from './access.ts';
import { KEY_PREFIX } from './key-text.ts';
import { createKey, type MadeKey, type NewKey, revokeKey, rotateKey } from './manage.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');

function keyStore() {
  const keys: AccessKey[] = [];
  return {
    keys,
    accessKeys: async () => keys,
    putAccessKey: async (key: AccessKey) => {
      const at = keys.findIndex(({ id }) => id === key.id);
      if (at < 0) keys.push(key);
      else keys[at] = key;
    },
  };
}

function head(headers: Record<string, string>, url = '/v1/chat/completions'): RequestHead {
  return { method: 'POST', url, headers: { ...headers }, rawHeaders: Object.entries(headers).flat() };
}

const refused = (status: number) => (error: unknown) =>
  error instanceof UnderstudyError && error.status === status && error.hint !== '';

async function withKey(
  wanted: Partial<NewKey> = {},
  options: Partial<AccessOptions> = {},
): Promise<{
  access: KeyedAccess;
  made: MadeKey;
  clock: { now: number };
  store: ReturnType<typeof keyStore>;
}> {
  const clock = { now: NOW };
  const store = keyStore();
  const made = await createKey(store, { alias: 'one', role: 'app', ...wanted }, NOW);
  const access = openAccess({
    now: () => clock.now,
    costOf: ({ completionTokens }) => completionTokens,
    ...options,
  });
  access.update(store.keys);
  return { access, made, clock, store };
}

const USE = { model: 'm', promptTokens: 0, cachedTokens: 0, byLlm: true };

describe('access keys', () => {
  it('let in with their text alone, wherever it is sent', async () => {
    const { access, made } = await withKey({}, { upstreamKey: () => 'sk-provider' });
    for (const headers of [
      { 'x-understudy-key': made.text },
      { authorization: `Bearer ${made.text}` },
      { 'x-api-key': made.text, 'anthropic-version': '2023-06-01' },
      { 'api-key': made.text },
    ]) {
      assert.equal(access.authorise(head(headers), 'call').principal.name, 'one');
    }
  });

  it('keep out every other text', async () => {
    const { access, made } = await withKey();
    fc.assert(
      fc.property(
        fc.nat({ max: made.text.length - 1 }),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, char) => {
          fc.pre(made.text[at] !== char);
          const text = made.text.slice(0, at) + char + made.text.slice(at + 1);
          assert.throws(() => access.authorise(head({ 'x-understudy-key': text }), 'call'), refused(401));
        },
      ),
    );
    for (const text of ['', made.text.slice(0, -1), `${made.text}x`, made.key.hash]) {
      assert.throws(() => access.authorise(head({ 'x-understudy-key': text }), 'call'), refused(401));
    }
  });

  it('are kept as hashes: their text is nowhere in what the store gets', async () => {
    const { made, store } = await withKey();
    const secret = made.text.slice(KEY_PREFIX.length + 17);
    assert.ok(!JSON.stringify(store.keys).includes(secret));
  });

  it('end when they expire or are revoked', async () => {
    const { access, made, clock, store } = await withKey({ expiresAt: NOW + 1000 });
    const ask = () => access.authorise(head({ 'x-understudy-key': made.text }), 'call');
    ask();
    clock.now += 1000;
    assert.throws(ask, refused(401));
    clock.now = NOW;
    await revokeKey(store, 'one', NOW);
    access.update(store.keys);
    assert.throws(ask, refused(401));
  });

  it('that are revoked leave the gateway closed', async () => {
    const { access, store } = await withKey();
    await revokeKey(store, 'one', NOW);
    access.update(store.keys);
    assert.throws(() => access.authorise(head({}), 'call'), refused(401));
  });

  it('work in their old text for the grace time after a rotation', async () => {
    const { access, made, clock, store } = await withKey();
    const next = await rotateKey(store, 'one', 5000, NOW);
    access.update(store.keys);
    const ask = (text: string) => access.authorise(head({ 'x-understudy-key': text }), 'call');
    assert.equal(ask(made.text).principal.keyId, ask(next.text).principal.keyId);
    clock.now += 5000;
    assert.throws(() => ask(made.text), refused(401));
    ask(next.text);
  });
});

describe('the head of a request', () => {
  it('holds no access key after it was let in, and all else as it came', async () => {
    const { access, made } = await withKey({}, { upstreamKey: () => 'sk-provider' });
    const places = ['x-understudy-key', 'Authorization', 'x-api-key', 'api-key', 'X-Understudy-Key'];
    fc.assert(
      fc.property(
        fc.subarray(places, { minLength: 1 }),
        fc.array(fc.tuple(fc.constantFrom('accept', 'X-One', 'x-two'), fc.stringMatching(/^[\w -]{0,20}$/))),
        (sent, others) => {
          const pairs = [
            ...others,
            ...sent.map((name) => [name, name === 'Authorization' ? `Bearer ${made.text}` : made.text]),
          ];
          const request: RequestHead = {
            method: 'POST',
            url: '/',
            headers: Object.fromEntries(pairs.map(([name = '', value]) => [name.toLowerCase(), value])),
            rawHeaders: pairs.flat() as string[],
          };
          access.authorise(request, 'call');
          assert.ok(!JSON.stringify(request).includes(KEY_PREFIX));
          assert.deepEqual(request.rawHeaders.slice(0, others.length * 2), others.flat());
          assert.ok(request.rawHeaders.some((value) => value.endsWith('sk-provider')));
        },
      ),
    );
  });

  it('keeps the caller’s own provider key, and stands for the sender by the key’s id', async () => {
    const { access, made } = await withKey({}, { upstreamKey: () => 'sk-provider' });
    const request = head({ authorization: 'Bearer sk-own', 'x-understudy-key': made.text });
    access.authorise(request, 'call');
    assert.deepEqual(request.rawHeaders, ['authorization', 'Bearer sk-own']);
    assert.equal(request.headers.authorization, `access key ${made.key.id}`);
  });

  it('gets the provider’s key where that kind of request has it', async () => {
    const { access, made } = await withKey({}, { upstreamKey: () => 'sk-provider' });
    const claude = head({ authorization: `Bearer ${made.text}`, 'anthropic-version': '2023-06-01' });
    access.authorise(claude, 'call');
    assert.deepEqual(claude.rawHeaders, ['anthropic-version', '2023-06-01', 'x-api-key', 'sk-provider']);
  });

  it('is refused where the access key would leave the gateway', async () => {
    const { access, made } = await withKey();
    const own = { 'x-understudy-key': made.text };
    assert.throws(
      () => access.authorise(head({ authorization: `Bearer ${made.text}` }), 'call'),
      refused(401),
    );
    assert.throws(
      () => access.authorise(head({ ...own, 'x-other': `a ${made.text}` }), 'call'),
      refused(401),
    );
    assert.throws(() => access.authorise(head(own, `/v1/models?key=${made.text}`), 'call'), refused(401));
    const open = openAccess();
    assert.throws(() => open.authorise(head({ authorization: `Bearer ${made.text}` }), 'call'), refused(401));
  });
});

describe('limits of a key', () => {
  const begin = (access: KeyedAccess, made: MadeKey, models: readonly string[] | 'none' | null = ['m']) => {
    const admission = access.authorise(head({ 'x-understudy-key': made.text }), 'call');
    access.beginCall(admission, models);
    return admission;
  };

  it('on requests per minute: never more than the limit in the first minute, and the rate after it', () => {
    return fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }),
        async (limit, waits) => {
          const { access, made, clock } = await withKey({ requestsPerMinute: limit });
          let passed = 0;
          for (const wait of waits) {
            clock.now += wait;
            try {
              begin(access, made);
              passed++;
            } catch (error) {
              assert.ok(refused(429)(error));
              const { retryAfterSeconds } = (error as UnderstudyError).data;
              assert.ok(typeof retryAfterSeconds === 'number' && retryAfterSeconds >= 1);
            }
            assert.ok(passed <= limit + ((clock.now - NOW) * limit) / 60_000 + 1e-6);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('tell truly when to try again', async () => {
    const { access, made, clock } = await withKey({ requestsPerMinute: 7 });
    for (let i = 0; i < 7; i++) begin(access, made);
    try {
      begin(access, made);
      assert.fail('the eighth is over the limit');
    } catch (error) {
      clock.now += Number((error as UnderstudyError).data.retryAfterSeconds) * 1000;
    }
    begin(access, made);
  });

  it('on tokens per minute: what a call took is paid off before the next', async () => {
    const { access, made, clock } = await withKey({ tokensPerMinute: 100 });
    access.endCall(begin(access, made), { ...USE, completionTokens: 250 });
    assert.throws(() => begin(access, made), refused(429));
    clock.now += 60_000;
    assert.throws(() => begin(access, made), refused(429));
    clock.now += 31_000;
    begin(access, made);
  });

  it('on dollars: spent until the period ends, in the store too, and free where a specialist answers', async () => {
    const { access, made, clock } = await withKey({ budget: { usd: 10, period: 'day' } });
    access.endCall(begin(access, made), { ...USE, completionTokens: 1000, byLlm: false });
    access.endCall(begin(access, made), { ...USE, completionTokens: 6 });
    const taken = access.taken();
    assert.deepEqual(taken, [{ keyId: made.key.id, day: '2026-11-27', requests: 2, tokens: 1006, usd: 6 }]);
    access.known([{ ...taken[0]!, usd: 9 }]);
    access.endCall(begin(access, made), { ...USE, completionTokens: 1 });
    assert.throws(
      () => begin(access, made),
      (error: unknown) => refused(429)(error) && (error as UnderstudyError).data.shouldRetry === false,
    );
    clock.now = Date.parse('2026-11-28T00:00:00Z');
    begin(access, made);
  });

  it('on models: those of the list, by name or by beginning, and each that a request names', async () => {
    const { access, made } = await withKey({ models: ['gpt-5*', 'o4-mini'] });
    begin(access, made, ['gpt-5-nano']);
    begin(access, made, ['o4-mini', 'gpt-5']);
    begin(access, made, 'none');
    for (const models of [['o4-mini-high'], ['gpt-4'], [], ['gpt-5', 'gpt-4'], null])
      assert.throws(() => begin(access, made, models), refused(403), String(models));
  });

  it('on dollars leave out what has no price, and paths whose cost nobody reads', async () => {
    const { access, made } = await withKey(
      { budget: { usd: 1, period: 'total' } },
      { costOf: ({ model }) => (model === 'known' ? 0 : null) },
    );
    begin(access, made, ['known']);
    assert.throws(() => begin(access, made, ['unknown']), refused(403));
    assert.throws(() => begin(access, made, null), refused(403));
  });
});

describe('web pages', () => {
  const ask = (access: KeyedAccess, headers: Record<string, string>, permission: 'call' | 'view' = 'view') =>
    access.authorise(head(headers), permission);

  it('reach the gateway under names of loopback and those that are configured', () => {
    const access = openAccess({ hosts: ['gateway.internal'] });
    for (const host of [
      'localhost:4000',
      'LOCALHOST',
      '127.0.0.1:4000',
      '127.8.9.1',
      '[::1]:4000',
      'localhost.:1',
    ])
      assert.equal(ask(access, { host }).isTrusted, true, host);
    assert.equal(ask(access, { host: 'gateway.internal:4000' }).isTrusted, true);
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '[::2]',
      '0.0.0.0',
      '',
    ]) {
      assert.throws(() => ask(access, { host }), refused(403), host);
      assert.equal(ask(access, { host }, 'call').isTrusted, false, host);
    }
  });

  it('spend no key of the configuration under any other name', () => {
    const access = openAccess({ upstreamKey: () => 'sk-provider' });
    assert.throws(() => ask(access, { host: 'evil.example' }, 'call'), refused(403));
  });

  it('of other origins are refused, with a key or without, unless they are configured', async () => {
    const { access, made } = await withKey({ role: 'admin' }, { origins: ['https://app.example'] });
    const key = { 'x-understudy-key': made.text, host: 'llm.example' };
    for (const origin of ['https://evil.example', 'null', 'http://app.example', 'https://app.example.evil'])
      assert.throws(() => ask(access, { ...key, origin }), refused(403), origin);
    assert.deepEqual(ask(access, { ...key, origin: 'https://app.example' }).cors.slice(0, 2), [
      'access-control-allow-origin',
      'https://app.example',
    ]);
    assert.deepEqual(
      ask(access, { ...key, origin: 'https://llm.example' }).cors,
      [],
      'its own pages need none',
    );
  });

  it('ask beforehand, and only those of configured origins are told yes', () => {
    const access = openAccess({ origins: ['https://app.example'] });
    const preflight = (origin: string) =>
      access.preflight({
        ...head({ origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-a' }),
        method: 'OPTIONS',
      });
    assert.ok(preflight('https://app.example')?.includes('x-a'));
    assert.throws(() => preflight('https://evil.example'), refused(403));
    assert.equal(access.preflight(head({ origin: 'https://evil.example' })), null);
  });
});

describe('while the keys cannot be read', () => {
  it('the LLM answers whoever pays for it, and nothing else is open', async () => {
    const { made } = await withKey();
    const unread = (upstreamKey?: string) => openAccess({ isRead: false, upstreamKey: () => upstreamKey });
    unread().authorise(head({ authorization: 'Bearer sk-own' }), 'call');
    unread().authorise(head({ authorization: 'Bearer sk-own', 'x-understudy-key': made.text }), 'call');
    unread().authorise(head({}), 'view');
    for (const access of [unread(), unread('sk-provider')])
      assert.throws(
        () => access.authorise(head({ authorization: `Bearer ${made.text}` }), 'call'),
        refused(503),
      );
    assert.throws(() => unread('sk-provider').authorise(head({}), 'call'), refused(503));
    for (const permission of ['read', 'deploy', 'administer'] as const)
      assert.throws(() => unread().authorise(head({}), permission), refused(503));
  });

  it('nobody is let in where keys are required', () => {
    const access = openAccess({ keys: 'required', isRead: false });
    assert.throws(() => access.authorise(head({ authorization: 'Bearer sk-own' }), 'call'), refused(503));
  });
});
