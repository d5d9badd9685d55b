import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientHeaders, clientTrailers, headerOf, upstreamHeaders, withoutHeader } from './headers.ts';
import { upstreamPath } from './upstream.ts';

test('end-to-end headers pass in their order and spelling; hop-by-hop ones, named ones and ours do not', () => {
  const raw = [
    'Host',
    'gateway',
    'Authorization',
    'Bearer k',
    'X-Custom',
    '1',
    'x-custom',
    '2',
    'Connection',
    'keep-alive, X-Hop',
    'X-Hop',
    'gone',
    'Transfer-Encoding',
    'chunked',
    'Content-Length',
    '3',
    'X-Understudy-Route',
    'llm',
    'Accept-Encoding',
    'gzip',
  ];
  const kept = ['Authorization', 'Bearer k', 'X-Custom', '1', 'x-custom', '2', 'Accept-Encoding', 'gzip'];
  assert.deepEqual(upstreamHeaders(raw), kept);
  assert.deepEqual(
    clientHeaders(['Content-Length', '3', 'Set-Cookie', 'a', 'Set-Cookie', 'b', 'Keep-Alive', '5']),
    ['Content-Length', '3', 'Set-Cookie', 'a', 'Set-Cookie', 'b'],
  );
  assert.equal(headerOf(raw, 'x-custom'), '1');
});

test('a client that takes trailers says so upstream, whatever else it says of its connection', () => {
  assert.deepEqual(upstreamHeaders(['TE', 'deflate;q=0.5, trailers', 'Connection', 'TE']), [
    'te',
    'trailers',
  ]);
  assert.deepEqual(upstreamHeaders(['TE', 'deflate', 'Connection', 'TE']), []);
});

test('trailers pass but for what frames or routes a message', () => {
  assert.deepEqual(
    clientTrailers([
      'X-Sum',
      '1',
      'Content-Length',
      '5',
      'Transfer-Encoding',
      'chunked',
      'X-Understudy-A',
      '1',
      'x-sum',
      '2',
    ]),
    [
      ['X-Sum', '1'],
      ['x-sum', '2'],
    ],
  );
});

test('what to upgrade to passes with a 426 alone', () => {
  const raw = ['Upgrade', 'h3', 'Connection', 'Upgrade', 'A', '1'];
  assert.deepEqual(clientHeaders(raw, 426), ['Upgrade', 'h3', 'A', '1']);
  assert.deepEqual(clientHeaders(raw), ['A', '1']);
  assert.deepEqual(withoutHeader(['A', '1', 'a', '2', 'B', '3'], 'a'), ['B', '3']);
});

test('base URLs with and without a version meet paths with and without one', () => {
  const cases: readonly [string, string, string][] = [
    ['/v1', '/v1/chat/completions', '/v1/chat/completions'],
    ['/v1/', '/chat/completions?a=1', '/v1/chat/completions?a=1'],
    ['/', '/v1/chat/completions', '/v1/chat/completions'],
    ['/', '/chat/completions', '/chat/completions'],
    ['/openai/v1', '/v1/chat/completions', '/openai/v1/chat/completions'],
    ['/openai/v1', '/openai/v1/models', '/openai/v1/models'],
    ['/v1beta/openai', '/v1/chat/completions', '/v1beta/openai/chat/completions'],
    ['/api', '/v1/models', '/api/v1/models'],
    ['/v1', '/v1', '/v1'],
    ['/v1', '/v10/x', '/v1/v10/x'],
    ['/v1', '/v1/v1/messages?beta=true', '/v1/messages?beta=true'],
    ['/anthropic/v1', '/v1/v1/messages', '/anthropic/v1/messages'],
    ['/v1', '/v1/v1', '/v1'],
  ];
  for (const [base, path, expected] of cases)
    assert.equal(upstreamPath(base, path), expected, `${base} + ${path}`);
});
