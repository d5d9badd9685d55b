/** Erasing the present day while a gateway records: through the program, its processes and the files they leave. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dayOf } from '../../src/capture/vault.ts';
import { configSchema } from '../../src/core/config.ts';
import { openUnderstudy } from '../../src/understudy.ts';

test('a gateway goes on recording under a new key while its day is erased', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-erase-'));
  const upstream = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          model: 'm',
          choices: [{ index: 0, message: { role: 'assistant', content: 'refund' }, finish_reason: 'stop' }],
        }),
      );
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const config = configSchema.parse({
    dataDir,
    gateway: { port: 0 },
    upstream: { baseUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1` },
    redaction: { finder: 'off' },
  });
  const log: string[] = [];
  const understudy = await openUnderstudy({ config, log: (line) => log.push(line) });
  // As another process would: with a connection and keys of its own.
  const eraser = await openUnderstudy({ config, log: assert.fail });
  t.after(async () => {
    await understudy.close();
    await eraser.close();
    upstream.closeAllConnections();
    upstream.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const gateway = await understudy.startGateway();
  const ask = async (n: number): Promise<string> => {
    const response = await fetch(`${gateway.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // One in five is large, and recorded in the thread.
      body: JSON.stringify({
        model: 'm',
        messages: [{ role: 'user', content: `Mail ${n} ${(n % 5 === 0 ? 'word ' : '').repeat(10_000)}` }],
      }),
    });
    await response.arrayBuffer();
    return response.headers.get('x-understudy-call-id') ?? '';
  };

  const before: string[] = [];
  for (let n = 0; n < 10; n++) before.push(await ask(n));
  const store = await eraser.store();
  const today = dayOf(Date.now());
  const [old] = await store.keys([today]);
  const report = await eraser.erase({ from: null, to: today });
  assert.ok(report.days.includes(today));
  // Calls come all the time; the erasure is noticed within seconds.
  let n = 10;
  for (;;) {
    await ask(n++);
    const [key] = await store.keys([today]);
    if (key) {
      assert.notEqual(Buffer.compare(key.wrapped, old!.wrapped), 0);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const after: string[] = [];
  for (let i = 0; i < 10; i++) after.push(await ask(n++));
  await gateway.close();

  const read = new Set((await Array.fromAsync(understudy.calls())).map(({ id }) => id));
  assert.deepEqual(
    after.filter((id) => !read.has(id)),
    [],
    log.join('\n'),
  );
  assert.deepEqual(
    before.filter((id) => read.has(id)),
    [],
  );
  const { calls, lost } = await understudy.status();
  assert.equal(calls, read.size, 'no call that cannot be opened is left');
  assert.deepEqual(lost, {});
  for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    assert.ok(!bytes.includes(Buffer.from(old!.wrapped)), entry.name);
    for (const id of before) assert.ok(!bytes.includes(id), `${id} in ${entry.name}`);
  }
});
