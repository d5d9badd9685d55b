/** Who may ask the admin API, the stream of events, and the description of its routes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adminApi, NOW } from '../../test/support/admin-api.ts';
import { openApiDocument } from './app.ts';
import { sessionSchema } from './schemas/overview.ts';

const api = adminApi();
const { ask, read, asRole } = api;

describe('the guard', () => {
  const cases: readonly (readonly [string, RequestInit, number])[] = [
    ['another host name, as DNS rebinding has it', { headers: { host: 'evil.test' } }, 403],
    ['a page of another origin', { headers: { origin: 'http://evil.test' } }, 403],
    ['a page of another port', { headers: { origin: 'http://127.0.0.1:9999' } }, 403],
    [
      'a page of another site, by the browser’s own word',
      { headers: { 'sec-fetch-site': 'cross-site' } },
      403,
    ],
    ['its own page', { headers: { origin: 'http://127.0.0.1:4001', 'sec-fetch-site': 'same-origin' } }, 200],
    ['localhost', { headers: { host: 'localhost:4001' } }, 200],
  ];
  for (const [who, init, status] of cases)
    it(`answers ${who} with ${status}`, async () => {
      assert.equal((await ask('/session', init)).status, status);
    });

  it('refuses a write that a form of another page could send', async () => {
    const response = await ask('/feedback', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
    });
    assert.equal(response.status, 415);
  });

  it('lets nobody in whose role is for the gateway alone', async () => {
    assert.equal(await asRole('app', async () => (await ask('/session')).status), 403);
  });
});

describe('the stream of events', () => {
  it('tells an event as it happens, and that something has changed', async () => {
    const { body } = await ask('/events/stream');
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    const until = async (wanted: RegExp): Promise<void> => {
      while (!wanted.test(heard)) heard += (await reader.read()).value ?? assert.fail(heard);
    };
    await until(/event: alive/);
    await api.storage.store.addEvent({
      id: 'event_new',
      at: NOW,
      kind: 'task-found',
      subject: 't',
      detail: {},
    });
    await until(/event: event\ndata: .*"event_new"/);
    await until(/event: changed/);
    await reader.cancel();
  });
});

describe('the description', () => {
  it('names every route with its answer', async () => {
    await read(sessionSchema, '/session');
    const { paths } = openApiDocument();
    assert.ok(Object.keys(paths ?? {}).length >= 11);
    assert.deepEqual(
      await (await ask('/openapi.json')).json(),
      JSON.parse(JSON.stringify(openApiDocument())),
    );
  });

  it('has an answer for what is not there', async () => {
    const response = await ask('/nothing');
    assert.equal(response.status, 404);
    assert.match(await response.text(), /openapi\.json/);
  });
});
