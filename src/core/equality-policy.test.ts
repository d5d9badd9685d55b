import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from './config.ts';
import { type FieldPolicy, policyRoot, whyNoPolicy } from './equality-policy.ts';

test('a path names tools, fields and items; the longest one that fits decides, and names come before `*`', () => {
  const root = policyRoot({
    'f.a': 'case-insensitive',
    'f.a.note': 'exact',
    'f.*.note': 'text',
    'f.list': 'set',
    'f.list[].id': 'ignore',
    '*.id': 'ignore',
    'f."a.b"': 'text',
  });
  const f = root.key('f');
  assert.equal(f.key('a').key('deep').inherited, 'case-insensitive');
  assert.equal(f.key('a').key('note').inherited, 'exact');
  assert.equal(f.key('b').key('note').inherited, 'text');
  assert.equal(f.key('list').own, 'set');
  // `set` speaks of the list, and not of what is in it.
  assert.equal(f.key('list').item().inherited, null);
  assert.equal(f.key('list').item().key('id').own, 'ignore');
  assert.equal(root.key('g').key('id').own, 'ignore');
  assert.equal(root.named('g').key('id').own, null);
  assert.equal(f.key('a.b').own, 'text');
  assert.equal(f.key('constructor').own, null);
});

test('paths that are none, and policies that would make everything right, are refused', () => {
  for (const path of ['f', 'f.a', 'answer.a[].b', '*.a', 'f."x.y".z', 'f.list[]', 'f.a[][]'])
    assert.equal(whyNoPolicy(path, 'exact'), null, path);
  for (const path of ['', '.a', 'f.', 'f..a', '[]', 'f.[]', 'f[', 'f."a', 'f[]a', 'f[0]'])
    assert.match(whyNoPolicy(path, 'exact') ?? '', /is no path/, path);
  for (const path of ['answer', '*']) assert.match(whyNoPolicy(path, 'ignore') ?? '', /every answer right/);
  assert.equal(whyNoPolicy('f', 'ignore'), null);
});

test('the configuration says which policy is wrong, and why', () => {
  const messageOf = (equality: unknown): string | undefined => {
    const issue = configSchema.safeParse({ equality }).error?.issues[0];
    return issue && `${issue.path.join(' ')}: ${issue.message}`;
  };
  assert.equal(messageOf({ 'f.a': 'set', 'f.b': { absolute: 0.5 }, 'f.c': { relative: 0.01 } }), undefined);
  assert.match(messageOf({ 'f.a': 'fuzzy' }) ?? '', /^equality f\.a: no policy: it is one of ignore/);
  assert.match(messageOf({ 'f.a': { absolute: -1 } }) ?? '', /^equality f\.a/);
  assert.match(messageOf({ 'f..a': 'set' }) ?? '', /^equality f\.\.a: `f\.\.a` is no path/);
  const policies: FieldPolicy[] = Object.values(configSchema.parse({ equality: { 'f.a': 'text' } }).equality);
  assert.deepEqual(policies, ['text']);
});
