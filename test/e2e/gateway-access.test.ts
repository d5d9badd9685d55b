/** Access keys over HTTP: what the official client is told, what goes upstream, what is counted, recorded and served. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import OpenAI from 'openai';
import { createAccess, type KeyedAccess } from '../../src/access/access.ts';
import { createKey, type NewKey } from '../../src/access/manage.ts';
import type { AccessKey } from '../../src/core/access.ts';
import { configSchema } from '../../src/core/config.ts';
import { UnderstudyError } from '../../src/core/errors.ts';
import { accessUpdates } from '../../src/online/access-updates.ts';
import { openAccess } from '../support/access.ts';
import { ANSWER, CHAT } from './access-routes.ts';
import {
  completion,
  type Harness,
  type HarnessOptions,
  sendJson,
  served,
  startHarness,
} from './gateway-harness.ts';

const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

async function gatewayWith(
  wanted: Partial<NewKey>,
  options: HarnessOptions & { readonly upstreamKey?: string } = {},
): Promise<{ harness: Harness; access: KeyedAccess; text: string; client: (key: string) => OpenAI }> {
  const keys: AccessKey[] = [];
  const store = { accessKeys: async () => keys, putAccessKey: async (key: AccessKey) => void keys.push(key) };
  const { text } = await createKey(store, { alias: 'one', role: 'app', ...wanted }, Date.now());
  const { upstreamKey = 'sk-provider', ...others } = options;
  const access = createAccess({
    keys: 'auto',
    hosts: [],
    origins: ['https://app.example'],
    upstreamKey: () => upstreamKey,
    costOf: ({ promptTokens, completionTokens }) => promptTokens + completionTokens,
    now: Date.now,
  });
  access.update(keys);
  const harness = await startHarness((_received, response) => sendJson(response, ANSWER), {
    access,
    ...others,
  });
  closing.push(harness.close);
  const client = (apiKey: string): OpenAI =>
    new OpenAI({ baseURL: harness.gateway.url, apiKey, maxRetries: 0 });
  return { harness, access, text, client };
}

const ask = (client: OpenAI, model = 'gpt-test', content = 'hello') =>
  client.chat.completions.create({ model, messages: [{ role: 'user', content }] });

interface Answered {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  method = 'POST',
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const sent = send(
      `${url}/chat/completions`,
      { method, headers, rejectUnauthorized: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('a gateway with access keys', () => {
  it('asks the provider with its own key, and records the access key’s id as the sender', async () => {
    const { harness, text, client } = await gatewayWith({});
    const answer = await ask(client(text));
    assert.equal(answer.choices[0]?.message.content, 'from the provider');
    assert.equal(harness.upstream.received[0]?.headers.authorization, 'Bearer sk-provider');
    assert.equal(harness.upstream.received[0]?.body.toString(), JSON.stringify(JSON.parse(CHAT)));
    assert.match(harness.senders[0] ?? '', /^access key [\da-f]{16}$/);
  });

  it('passes the caller’s own key on beside an access key of its own header', async () => {
    const { harness, text } = await gatewayWith({});
    const headers = {
      authorization: 'Bearer sk-own',
      'x-understudy-key': text,
      'content-type': 'application/json',
    };
    assert.equal((await post(harness.gateway.url, headers, CHAT)).status, 200);
    const [received] = harness.upstream.received;
    assert.equal(received?.headers.authorization, 'Bearer sk-own');
    assert.equal(received?.body.toString(), CHAT);
  });

  it('tells the official client what is wrong in its own errors', async () => {
    const { text, client } = await gatewayWith({ models: ['gpt-test'], requestsPerMinute: 2 });
    await assert.rejects(ask(client('sk-of-somebody')), OpenAI.AuthenticationError);
    await assert.rejects(ask(client(text), 'gpt-other'), OpenAI.PermissionDeniedError);
    await ask(client(text));
    await ask(client(text));
    await assert.rejects(ask(client(text)), (error: unknown) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.match(error.headers.get('retry-after') ?? '', /^\d+$/);
      return true;
    });
  });

  it('counts what the provider told, and an estimate where a client broke off', async () => {
    const { access, text, client } = await gatewayWith({ budget: { usd: 12, period: 'day' } });
    await ask(client(text));
    assert.equal(access.taken()[0]?.usd, 12);
    await assert.rejects(ask(client(text)), (error: unknown) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.equal(error.headers.get('x-should-retry'), 'false');
      return true;
    });
  });

  it('knows the model of a request that is too long to be read', async () => {
    const { harness, text, client } = await gatewayWith({ models: ['gpt-test'] });
    const long = 'word '.repeat(60_000);
    await ask(client(text), 'gpt-test', long);
    await assert.rejects(ask(client(text), 'gpt-other', long), OpenAI.PermissionDeniedError);
    const twice = '{"model":"gpt-test","model":"gpt-other","messages":[]}';
    const headers = { authorization: `Bearer ${text}`, 'content-type': 'application/json' };
    assert.equal((await post(harness.gateway.url, headers, twice)).status, 403);
    assert.equal(harness.upstream.received.length, 1);
  });

  it('answers pages of configured origins with its own CORS headers, and no others', async () => {
    const { harness, text } = await gatewayWith({});
    const page = { origin: 'https://app.example', 'content-type': 'application/json' };
    const preflight = await post(
      harness.gateway.url,
      { ...page, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      '',
      'OPTIONS',
    );
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-headers'], 'authorization');
    const answer = await post(harness.gateway.url, { ...page, authorization: `Bearer ${text}` }, CHAT);
    assert.equal(answer.headers['access-control-allow-origin'], 'https://app.example');
    const other = { ...page, origin: 'https://evil.example', authorization: `Bearer ${text}` };
    assert.equal((await post(harness.gateway.url, other, CHAT)).status, 403);
    assert.equal(harness.upstream.received.length, 1);
  });
});

describe('a gateway without keys', () => {
  it('gives calls under a foreign Host to the LLM, unrecorded', async () => {
    const harness = await startHarness(
      (_received, response) => sendJson(response, completion('by the LLM')),
      {
        router: served({ kind: 'text', text: 'by the specialist' }),
      },
    );
    closing.push(harness.close);
    const headers = { authorization: 'Bearer sk-own', 'content-type': 'application/json' };
    const own = await post(harness.gateway.url, headers, CHAT);
    assert.match(own.body, /by the specialist/);
    const foreign = await post(harness.gateway.url, { ...headers, host: 'evil.example' }, CHAT);
    assert.match(foreign.body, /by the LLM/);
    assert.equal(foreign.headers['x-understudy-reason'], 'policy');
    assert.equal(harness.calls.length, 1);
  });

  it('does not listen beyond loopback; with keys it does, behind TLS', async () => {
    const start = (settings: HarnessOptions['settings'], access = openAccess()) =>
      startHarness(() => {}, { access, settings: { host: '0.0.0.0', ...settings } });
    const isBadConfig = (error: unknown): boolean =>
      error instanceof UnderstudyError && error.code === 'bad-config' && error.hint !== '';
    await assert.rejects(start({ trustProxy: true }), isBadConfig);
    await assert.rejects(start({}, openAccess({ keys: 'required' })), isBadConfig);
    const harness = await start({ trustProxy: true }, openAccess({ keys: 'required' }));
    await harness.close();
  });
});

it('a gateway with a certificate speaks HTTPS', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-tls-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const tls = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') };
  try {
    const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', ...subject, '-keyout', tls.key, '-out', tls.cert],
      {
        stdio: 'ignore',
      },
    );
  } catch {
    t.skip('openssl, which makes the certificate, is not here');
    return;
  }
  const harness = await startHarness((_received, response) => sendJson(response, ANSWER), {
    settings: { tls },
  });
  closing.push(harness.close);
  assert.match(harness.gateway.url, /^https:/);
  const headers = { authorization: 'Bearer sk-own', 'content-type': 'application/json' };
  assert.equal((await post(harness.gateway.url, headers, CHAT)).status, 200);
});

it('keys are read again when they change, and only then; what was used is kept once', async () => {
  const keys: AccessKey[] = [];
  const counts = { reads: 0, version: 1, fails: false };
  const kept: unknown[] = [];
  const store = {
    accessVersion: async () => {
      if (counts.fails) throw new Error('locked');
      return counts.version;
    },
    accessKeys: async () => {
      counts.reads++;
      return [...keys];
    },
    putAccessKey: async (key: AccessKey) => void keys.push(key),
    addKeyUse: async (uses: readonly unknown[]) => {
      if (counts.fails) throw new Error('locked');
      kept.push(...uses);
    },
    keyUse: async () => [],
  };
  const { text } = await createKey(store, { alias: 'one', role: 'app' }, 0);
  const access = createAccess({
    keys: 'required',
    hosts: [],
    origins: [],
    costOf: () => 0,
    now: Date.now,
  });
  const updates = accessUpdates({ access, store: () => store, log: () => {}, now: Date.now });
  const call = () => {
    const headers = { 'x-understudy-key': text, authorization: 'Bearer sk-own' };
    access.beginCall(access.authorise({ headers, rawHeaders: Object.entries(headers).flat() }, 'call'), [
      'm',
    ]);
  };
  await updates.refresh();
  await updates.refresh();
  assert.equal(counts.reads, 1);
  call();
  counts.fails = true;
  await updates.flush();
  await updates.refresh();
  assert.match(updates.trouble() ?? '', /locked/);
  call();
  counts.fails = false;
  await updates.flush();
  assert.deepEqual(
    kept.map((use) => (use as { requests: number }).requests),
    [2],
  );
  keys[0] = { ...keys[0]!, revokedAt: 1 };
  counts.version++;
  await updates.refresh();
  assert.throws(call, /not valid/);
});

it('a gateway beyond loopback is not opened by a configuration that is read again', async () => {
  const access = openAccess({ keys: 'required' });
  const harness = await startHarness(() => {}, { access, settings: { host: '0.0.0.0', trustProxy: true } });
  closing.push(harness.close);
  access.configure({ keys: 'off', hosts: [], origins: [] });
  const settings = { gateway: configSchema.parse({}).gateway, upstreamUrl: harness.upstream.url };
  assert.throws(() => harness.gateway.takeOver(settings), /without access keys/);
});
