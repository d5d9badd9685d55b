/** Access keys in a whole gateway with its store: made, used and revoked beside it, and nowhere on the disk. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKey, revokeKey, rotateKey } from '../../src/access/manage.ts';
import { configSchema } from '../../src/core/config.ts';
import { openUnderstudy } from '../../src/understudy.ts';
import { CHAT } from './access-routes.ts';
import { completion, sendJson, startUpstream } from './gateway-harness.ts';

test('a gateway knows of keys that are made, rotated and revoked beside it, counts them, and keeps no text of them', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-keys-'));
  const llm = await startUpstream((_received, response) => sendJson(response, completion('fine')));
  const lines: string[] = [];
  const config = configSchema.parse({
    dataDir,
    gateway: { port: 0 },
    redaction: { finder: 'off' },
    access: { keys: 'required' },
    upstream: { baseUrl: `${llm.url}/v1`, apiKey: 'sk-the-provider' },
  });
  const understudy = await openUnderstudy({ config, log: (line) => lines.push(line) });
  const gateway = await understudy.startGateway();
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const call = async (key: string): Promise<number> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(`${gateway.url}/chat/completions`, { method: 'POST', headers, body: CHAT });
    await response.arrayBuffer();
    return response.status;
  };
  const becomes = async (key: string, status: number): Promise<void> => {
    while ((await call(key)) !== status) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const texts: string[] = [];
  try {
    const store = await understudy.store();
    const { text: first, key } = await createKey(store, { alias: 'one', role: 'app' }, Date.now());
    texts.push(first);
    await becomes(first, 200);
    const { text: second } = await rotateKey(store, 'one', 3600_000, Date.now());
    texts.push(second);
    await becomes(second, 200);
    assert.equal(await call(first), 200, 'the old text within its grace time');
    await revokeKey(store, 'one', Date.now());
    await becomes(second, 401);
    assert.equal(await call(first), 401);
    await gateway.close();
    const [use] = await store.keyUse('');
    assert.equal(use?.keyId, key.id);
    assert.equal(use?.requests, llm.received.length, 'each call that was let in counts, and no other');
    for (const { headers } of llm.received) assert.equal(headers.authorization, 'Bearer sk-the-provider');
  } finally {
    await understudy.close();
    await llm.close();
  }
  const secrets = [...texts, ...texts.map((text) => text.slice(-43)), 'sk-the-provider'];
  for (const file of readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  )) {
    const bytes = readFileSync(join(file.parentPath, file.name)).toString('latin1');
    for (const secret of secrets) assert.ok(!bytes.includes(secret), `${file.name} holds a key`);
  }
  assert.ok(!secrets.some((secret) => lines.join('\n').includes(secret)));
});
