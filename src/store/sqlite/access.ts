/** Access keys and what they have used, in SQLite. A key's row is sealed: nobody without the master key can add a key. */
import type { AccessKey, AccessStore } from '../../core/access.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { Database } from './database.ts';
import type { SealedRows } from './sealed.ts';

export function accessTables(database: Database, rows: SealedRows): AccessStore {
  return {
    accessVersion: async () => Number(database.get('SELECT version FROM access')?.version ?? 0),
    accessKeys: async () =>
      database
        .all('SELECT id, sealed FROM access_keys ORDER BY no')
        .map(rows.reader<AccessKey>('access_keys')),
    putAccessKey: async (key) => {
      database.transaction(() => {
        const taken = database.get(
          'SELECT id FROM access_keys WHERE alias = ? AND revoked = 0 AND id <> ?',
          key.alias,
          key.id,
        );
        if (taken && key.revokedAt === null) {
          throw new UnderstudyError('bad-input', `There is a key with the alias ${key.alias} already.`, {
            hint: 'Choose another alias, or revoke that key first.',
            status: 400,
          });
        }
        database.run(
          `INSERT INTO access_keys (id, alias, revoked, sealed) VALUES (?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET alias = excluded.alias, revoked = excluded.revoked, sealed = excluded.sealed`,
          key.id,
          key.alias,
          key.revokedAt === null ? 0 : 1,
          rows.write('access_keys', key.id, key),
        );
      });
    },
    addKeyUse: async (uses) => {
      database.transaction(() => {
        for (const { keyId, day, requests, tokens, usd } of uses) {
          database.run(
            `INSERT INTO access_use (key_id, day, requests, tokens, usd) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (key_id, day) DO UPDATE SET requests = requests + excluded.requests,
               tokens = tokens + excluded.tokens, usd = usd + excluded.usd`,
            ...[keyId, day, requests, tokens, usd],
          );
        }
      });
    },
    keyUse: async (since) =>
      database.all('SELECT * FROM access_use WHERE day >= ? ORDER BY key_id, day', since).map((row) => ({
        keyId: String(row.key_id),
        day: String(row.day),
        requests: Number(row.requests),
        tokens: Number(row.tokens),
        usd: Number(row.usd),
      })),
  };
}
