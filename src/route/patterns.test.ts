import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLinear } from './patterns.ts';

test('patterns that agents write are taken', () => {
  for (const pattern of [
    '^[a-z]+$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$',
    '^(\\+49|0)[1-9]\\d+$',
    '^(late|broken)$',
    '^(\\d{3}-){2}\\d{4}$',
    '^\\p{L}[\\p{L} \\-]*$',
    '^#(?:[0-9a-f]{3}){1,2}$',
    '[(+*|]+',
    '\\(+\\)*',
    '^(ab)+$',
    '',
  ])
    assert.ok(isLinear(pattern), pattern);
});

test('patterns that an input may hold up for long are not', () => {
  for (const pattern of [
    '^(a+)+$',
    '^(a*)*$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '^((a+)b?)+$',
    '^(?:a+){2,}$',
    '^(?:a+){1,99}$',
    '^(?<x>a+)+$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(a)\\1+',
    'a*a*a*a*a*a*a*a*a*b',
    'x'.repeat(2_000),
    '(a',
    'a)',
    '[a',
  ])
    assert.ok(!isLinear(pattern), pattern);
});
