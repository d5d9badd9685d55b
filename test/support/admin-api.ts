/** The admin API over a store that holds a made-up day, as its callers have it: requests to the app, in this process. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { z } from 'zod';
import { createAccess } from '../../src/access/access.ts';
import { API, adminApp } from '../../src/api/app.ts';
import { authoriseBy } from '../../src/api/authorise.ts';
import type { AdminApp } from '../../src/api/env.ts';
import { auditBook } from '../../src/api/figures/audit-book.ts';
import { modelNames } from '../../src/api/figures/models.ts';
import { remembered } from '../../src/api/figures/remember.ts';
import { allows, type Principal } from '../../src/core/access.ts';
import { configSchema } from '../../src/core/config.ts';
import { UnderstudyError } from '../../src/core/errors.ts';
import type { Feedback } from '../../src/core/feedback.ts';
import type { UpstreamsReport } from '../../src/core/observe.ts';
import { openStorage, type Storage } from '../../src/setup/data-folder.ts';
import { priceBook, readSavings } from '../../src/setup/savings.ts';
import { type AdminDay, makeAdminDay } from './admin-day.ts';
import { MASTER_KEY } from './data-folder.ts';

/** The evening of the day. */
export const NOW: number = Date.UTC(2026, 10, 27, 18);

const withoutKeys = authoriseBy(
  createAccess({ keys: 'off', hosts: [], origins: [], costOf: () => null, now: () => NOW }),
);

/** Opened before a file's tests, and closed after them: called once, where tests are declared. */
export function adminApi() {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-api-'));
  const config = { ...configSchema.parse({}), dataDir };
  /** Goes on with every look. */
  let looks = 0;
  let app: AdminApp;
  /** Null: whoever sits at the machine, as there are no keys. */
  let principal: Principal | null = null;

  const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
    app.request(`${API}${path}`, { ...init, headers: { host: '127.0.0.1:4001', ...init.headers } });

  const api = {
    day: undefined as unknown as AdminDay,
    storage: undefined as unknown as Storage,
    /** Feedback that was given, in its order. */
    given: [] as Feedback[],
    /** How the gateway's servers are. */
    upstreams: null as UpstreamsReport | null,
    /** How often the gateway was told of a change. */
    applied: 0,
    ask,
    post: (path: string, body: unknown = {}): Promise<Response> =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    /** The answer, read by its schema: what it does not name is refused. */
    read: async <S extends z.ZodObject>(schema: S, path: string): Promise<z.infer<S>> => {
      const response = await ask(path);
      const body = await response.json();
      assert.equal(response.status, 200, JSON.stringify(body));
      return schema.strict().parse(body) as z.infer<S>;
    },
    asRole: async <T>(role: Principal['role'], work: () => Promise<T>): Promise<T> => {
      principal = { keyId: 'key_1', name: `a ${role}`, role };
      try {
        return await work();
      } finally {
        principal = null;
      }
    },
    /** The whole day, as a query. */
    range: (): string => `?since=${api.day.since}&until=${api.day.until}`,
  };

  before(async () => {
    api.day = await makeAdminDay(dataDir, NOW, MASTER_KEY, 0.5);
    api.storage = await openStorage(config, { env: MASTER_KEY });
    const { store, vault, context } = api.storage;
    app = adminApp({
      sources: {
        store,
        vault,
        context,
        config,
        now: () => NOW + looks++,
        lost: () => ({ 'disk-full': 2 }),
        upstreams: () => api.upstreams,
        audits: auditBook(store, config.serve, config.gate.deltaFor),
        models: modelNames(store, vault),
        remembered: remembered(() => 0),
        priceOf: priceBook(config),
        savings: (since) => readSavings(api.storage, config, since),
        journal: async () => ({
          waiting: { segments: 0, bytes: 0, oldestSeconds: null },
          quarantine: { segments: 0, bytes: 0 },
        }),
      },
      authorise: (request, permission) => {
        if (principal === null) return withoutKeys(request, permission);
        if (allows(principal.role, permission)) return principal;
        throw new UnderstudyError('forbidden', 'Not granted.', { hint: 'Another role.', status: 403 });
      },
      uploads: { list: () => [], take: async () => assert.fail('not used here') },
      apply: async () => ++api.applied > 0,
      links: null,
      giveFeedback: async (feedback) => api.given.push(feedback) > 0,
      about: { version: '0.0.0', upstream: 'http://llm.test/v1', gateway: 'http://127.0.0.1:4000/v1' },
      log: () => {},
    });
  });
  after(async () => {
    await api.storage.close();
    rmSync(dataDir, { recursive: true });
  });
  return api;
}
