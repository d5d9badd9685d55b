import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs, wasNeverSent } from './again.ts';
import { createCircuit } from './circuit.ts';

test('a server is left alone for minutes at most, and only where it says a number or a date', () => {
  const of = (...headers: string[]): number | null => retryAfterMs({ headers }, 0);
  assert.equal(of('retry-after-ms', 'Infinity'), null);
  assert.equal(of('retry-after-ms', '-1'), null);
  assert.equal(of('retry-after-ms', '', 'retry-after', '20'), 20_000);
  assert.equal(of('retry-after-ms', '15'), 15);
  for (const much of ['999999999', 'Thu, 01 Jan 2099 00:00:00 GMT'])
    assert.equal(of('retry-after', much), 300_000);
});

test('only a connection that was not made counts as nothing sent', () => {
  const of = (cause: object): boolean => wasNeverSent({ cause });
  const refused = { code: 'ECONNREFUSED', syscall: 'connect' };
  assert.equal(of(refused), true);
  assert.equal(of({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), true);
  assert.equal(of({ code: 'UND_ERR_CONNECT_TIMEOUT' }), true);
  assert.equal(of({ code: 'ECONNREFUSED', errors: [refused, refused] }), true);
  assert.equal(of({ code: 'EHOSTUNREACH', syscall: 'read' }), false);
  assert.equal(of({ code: 'ECONNRESET', syscall: 'read' }), false);
});

test('a probe from before a circuit was closed does not open it', () => {
  for (const verdict of ['neutral', 'failed'] as const) {
    const circuit = createCircuit({ failures: 2, openMs: 10 }, 0);
    const old = circuit.begin(0);
    for (let i = 0; i < 2; i++) circuit.begin(0)('failed', 1);
    const probe = circuit.begin(20);
    old('answered', 21);
    old('whole', 21);
    probe(verdict, 22);
    assert.equal(circuit.state, 'closed');
  }
});
