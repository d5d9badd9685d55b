/** Every route of the admin API, by every role: who is let in. What the routes answer is tested beside, by subject. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createAccess } from '../access/access.ts';
import { createKey } from '../access/manage.ts';
import { type AccessKey, ROLES, type Role } from '../core/access.ts';
import { UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { API, adminApp, openApiDocument } from './app.ts';
import { authoriseBy } from './authorise.ts';
import type { AdminOptions } from './env.ts';

const VIEWERS: readonly Role[] = ['viewer', 'reviewer', 'operator', 'admin'];
/** Routes that take more than to see numbers: who has it, and a body that is right. */
const MORE: Readonly<Record<string, { readonly roles: readonly Role[]; readonly body: object }>> = {
  'POST /calls/{id}/payload': { roles: ['reviewer', 'admin'], body: {} },
  'POST /feedback': {
    roles: ['reviewer', 'admin'],
    body: { call_id: newId('call'), name: 'resolved', value: true },
  },
  'POST /tasks/{id}/{action}': { roles: ['operator', 'admin'], body: { reason: 'a test' } },
  'POST /tasks/{id}/decisions': { roles: ['operator', 'admin'], body: { action: 'exclude' } },
  'GET /imports': { roles: ['operator', 'admin'], body: {} },
  'POST /imports': { roles: ['operator', 'admin'], body: {} },
  'POST /jobs/{id}/cancel': { roles: ['operator', 'admin'], body: {} },
};

it('lets in the roles that a route is for, and nobody else', async () => {
  const keys: AccessKey[] = [];
  const store = { accessKeys: async () => keys, putAccessKey: async (key: AccessKey) => void keys.push(key) };
  const callers: [string, string | null][] = [['no key', null]];
  for (const role of ROLES) callers.push([role, (await createKey(store, { alias: role, role }, 0)).text]);
  const access = createAccess({ keys: 'required', hosts: [], origins: [], costOf: () => null, now: () => 1 });
  access.update(keys);
  // Who is let in meets handlers without anything to answer from.
  const app = adminApp({
    sources: {},
    authorise: authoriseBy(access),
    about: {},
    log: () => {},
  } as unknown as AdminOptions);
  const { paths = {} } = openApiDocument();
  const seen = new Set<string>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const name of Object.keys(methods ?? {})) {
      const method = name.toUpperCase();
      const route = `${method} ${path.replace(API, '')}`;
      const { roles, body } = MORE[route] ?? { roles: VIEWERS, body: {} };
      seen.add(route);
      for (const [caller, key] of callers) {
        const isIn = key !== null && (roles as readonly string[]).includes(caller);
        // It has no end of its own.
        if (isIn && route.endsWith('/stream')) continue;
        const response = await app.request(
          `http://127.0.0.1${path.replace('{action}', 'stop').replace(/\{[^}]+\}/g, 'x')}`,
          {
            method,
            headers: {
              'content-type': 'application/json',
              ...(key === null ? {} : { 'x-understudy-key': key }),
            },
            ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
          },
        );
        await response.body?.cancel();
        const expected = key === null ? 401 : isIn ? 'let in' : 403;
        const found = [401, 403].includes(response.status) ? response.status : 'let in';
        assert.equal(found, expected, `${route} by ${caller}`);
      }
    }
  }
  assert.ok(seen.size > 10, 'the routes are all there');
  for (const route of Object.keys(MORE)) assert.ok(seen.has(route), route);
});

it('closes the connection where it refuses a request whose body was not read', async () => {
  const app = adminApp({
    authorise: () => {
      throw new UnderstudyError('forbidden', 'No.', { hint: '', status: 403 });
    },
    log: () => {},
  } as unknown as AdminOptions);
  for (const [method, connection] of [
    ['POST', 'close'],
    ['GET', null],
  ] as const) {
    const headers = { 'content-type': 'application/octet-stream' };
    const body = method === 'POST' ? { body: 'x'.repeat(1000), headers } : {};
    const response = await app.request(`http://127.0.0.1${API}/imports`, { method, ...body });
    assert.equal(response.status, 403);
    assert.equal(response.headers.get('connection'), connection, method);
  }
});
