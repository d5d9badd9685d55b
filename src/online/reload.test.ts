import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Config, configSchema } from '../core/config.ts';
import { applied, reloaded } from './reload.ts';

const config = (settings: object): Config => configSchema.parse(settings);

test('what can be taken over is, and all else waits for a restart', () => {
  const before = config({ gateway: { port: 1 }, access: { hosts: ['a'] } });
  const after = config({
    gateway: { port: 2, tls: { cert: 'c', key: 'k' } },
    access: { hosts: ['b'] },
    upstream: { apiKey: 'x' },
    serve: { auditShare: 0.5 },
  });
  const { changed, needRestart } = reloaded(before, after);
  assert.deepEqual([...changed].sort(), [
    'access.hosts',
    'gateway.port',
    'gateway.tls',
    'serve.auditShare',
    'upstream.apiKey',
  ]);
  assert.deepEqual([...needRestart].sort(), ['gateway.port', 'gateway.tls', 'serve.auditShare']);
  const now = applied(before, after);
  assert.deepEqual(now.access.hosts, ['b']);
  assert.equal(now.upstream.apiKey, 'x');
  assert.deepEqual([now.gateway.port, now.gateway.tls, now.serve.auditShare], [1, undefined, 0.05]);
  assert.deepEqual(reloaded(now, now).changed, []);
});

test('another certificate is taken over', () => {
  const before = config({ gateway: { tls: { cert: 'a', key: 'b' } } });
  const after = config({ gateway: { tls: { cert: 'c', key: 'd' } } });
  assert.deepEqual(reloaded(before, after).needRestart, []);
  assert.deepEqual(applied(before, after).gateway.tls, { cert: 'c', key: 'd' });
});
