/**
 * Every route, by every role, on loopback and beyond. The table stands in docs/access-table.md; this test fails where that
 * page is stale, and writes it where UNDERSTUDY_WRITE_ACCESS is set (`npm run docs:access`).
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createAccess } from '../../src/access/access.ts';
import { createKey } from '../../src/access/manage.ts';
import { type AccessKey, ROLES } from '../../src/core/access.ts';
import { ANSWER, ROUTES, type RouteRow } from './access-routes.ts';
import { type Harness, sendJson, startHarness } from './gateway-harness.ts';

const PAGE = join(import.meta.dirname, '../../docs/access-table.md');

/** How a caller comes. */
interface Caller {
  readonly name: string;
  readonly host?: string;
  readonly origin?: string;
  readonly key?: string;
}

interface Setting {
  readonly name: string;
  readonly listens: 'loopback' | 'beyond';
  readonly hasKeys: boolean;
  readonly callers: readonly Caller[];
  readonly expected: (route: RouteRow, caller: Caller) => number;
}

const texts = new Map<string, string>();
const keys: AccessKey[] = [];
const store = { accessKeys: async () => keys, putAccessKey: async (key: AccessKey) => void keys.push(key) };
for (const role of ROLES) texts.set(role, (await createKey(store, { alias: role, role }, Date.now())).text);
const withKeys: readonly Caller[] = [
  { name: 'no key' },
  { name: 'a wrong key', key: `sk-understudy-${'0'.repeat(16)}-${'A'.repeat(43)}` },
  ...ROLES.map((name) => ({ name, key: texts.get(name) ?? '' })),
];
const byKey = ({ roles }: RouteRow, { name, key }: Caller): number => {
  if (roles === 'anyone') return 200;
  if (key === undefined || name === 'a wrong key') return 401;
  return (roles as readonly string[]).includes(name) ? 200 : 403;
};

const SETTINGS: readonly Setting[] = [
  {
    name: 'On loopback, without keys',
    listens: 'loopback',
    hasKeys: false,
    callers: [
      { name: 'own host' },
      { name: 'foreign Host', host: 'evil.example' },
      { name: 'foreign Origin', origin: 'https://evil.example' },
      { name: 'foreign Host as Origin', host: 'evil.example', origin: 'http://evil.example' },
    ],
    expected: ({ roles, underForeignHost }, { host, origin }) => {
      if (roles === 'anyone') return 200;
      if (origin !== undefined) return 403;
      return host === undefined || underForeignHost === 'answered' ? 200 : 403;
    },
  },
  {
    name: 'On loopback, with keys',
    listens: 'loopback',
    hasKeys: true,
    callers: withKeys,
    expected: byKey,
  },
  {
    name: 'Beyond loopback (keys are required)',
    listens: 'beyond',
    hasKeys: true,
    callers: withKeys.map((caller) => ({ ...caller, host: 'llm.example.com' })),
    expected: byKey,
  },
];

async function started({ listens, hasKeys }: Setting): Promise<Harness> {
  const access = createAccess({
    keys: 'auto',
    hosts: [],
    origins: [],
    costOf: () => null,
    now: Date.now,
  });
  access.update(hasKeys ? keys : []);
  return startHarness((_received, response) => sendJson(response, ANSWER), {
    access,
    metrics: () => 'up 1\n',
    settings: listens === 'beyond' ? { host: '0.0.0.0', trustProxy: true } : {},
  });
}

function ask(port: number, route: RouteRow, caller: Caller): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        method: route.method,
        path: route.path,
        headers: {
          authorization: 'Bearer sk-of-the-provider',
          ...(route.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(caller.host === undefined ? {} : { host: caller.host }),
          ...(caller.origin === undefined ? {} : { origin: caller.origin }),
          ...(caller.key === undefined ? {} : { 'x-understudy-key': caller.key }),
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on('error', reject);
    sent.end(route.body);
  });
}

const sections: string[] = [];

for (const setting of SETTINGS) {
  test(`${setting.name}: each route answers those who may use it, and nobody else`, async () => {
    const harness = await started(setting);
    const rows: string[] = [];
    try {
      for (const route of ROUTES) {
        const cells: string[] = [];
        for (const caller of setting.callers) {
          const status = await ask(harness.gateway.port, route, caller);
          assert.equal(status, setting.expected(route, caller), `${route.name} by ${caller.name}`);
          cells.push(status === 200 ? 'yes' : String(status));
        }
        rows.push(`| ${route.name} (\`${route.method} ${route.path}\`) | ${cells.join(' | ')} |`);
      }
      for (const { headers } of harness.upstream.received) {
        assert.equal(headers['x-understudy-key'], undefined, 'no access key goes upstream');
      }
    } finally {
      await harness.close();
    }
    const names = setting.callers.map(({ name }) => name);
    sections.push(
      [
        `## ${setting.name}`,
        '',
        `| route | ${names.join(' | ')} |`,
        `|---|${names.map(() => '---|').join('')}`,
        ...rows,
      ].join('\n'),
    );
  });
}

after(() => {
  const text = `<!-- Made by test/e2e/access-table.test.ts (npm run docs:access). Change the code, not this page. -->

# Who may use which route

As the tests measure it: each route is asked for by each caller, through a real gateway. "yes" is an answer with status 200;
else the status that was answered, in the shape of the provider's errors. [Access](access.md) says what the roles are for.

${sections.join('\n\n')}

Without keys, a chat call under a foreign Host is answered by the LLM alone, with the caller's own key, and is not recorded. What
readiness tells beside its state is for callers who may see numbers.

The routes of the admin API take a key of the roles viewer, reviewer, operator or admin; opening a payload and giving feedback
reviewer or admin; stopping, resuming, approving, rejecting, rolling back and cancelling jobs operator or admin. A test asks for
each of them with each role.
`;
  if (process.env.UNDERSTUDY_WRITE_ACCESS) writeFileSync(PAGE, text);
  else assert.equal(readFileSync(PAGE, 'utf8'), text, 'docs/access-table.md is stale: npm run docs:access');
});
