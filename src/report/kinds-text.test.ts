import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Evidence } from '../core/specialist.ts';
import { byKindText, kindText, leftOutText } from './kinds-text.ts';

const rate = (hits: number, n: number) => ({ hits, n, share: hits / n, low: 0, high: 1 });

describe('the words on kinds of answers', () => {
  it('name the shares of a task of several kinds', () => {
    const task = { id: 't', name: 'agent', calls: 100 };
    assert.equal(
      kindText({ ...task, kind: 'mixed', kinds: { tool: 0.34, text: 0.66 } }),
      'mixed: 66 % text, 34 % tool',
    );
    assert.equal(kindText({ ...task, kind: 'tool', kinds: { tool: 1 } }), 'tool');
    assert.equal(kindText({ ...task, kind: 'text' }), 'text');
  });

  it('tell tool calls and texts apart, and the choice of the tool from its arguments', () => {
    const served = { coverage: rate(0, 10), servedError: rate(0, 1) };
    const calibration = {
      byKind: {
        kinds: [
          { kind: 'tool', accuracy: rate(9, 10), answered: rate(10, 10), ...served },
          { kind: 'text', accuracy: rate(1, 10), answered: rate(2, 10), ...served },
        ],
        tools: { choice: rate(19, 20), arguments: rate(9, 10) },
      },
    };
    const text = byKindText({ exam: {}, calibration } as unknown as Evidence);
    assert.match(
      text,
      /calibration split: 10 tool calls: 90 % correct, 0 % without an answer; 10 texts: 10 %/,
    );
    assert.match(text, /80 % without an answer\. The right tool, or none, was chosen in 95 % /);
    assert.match(text, /arguments are exact in 90 % /);
    assert.equal(byKindText({ exam: {}, calibration: {} } as unknown as Evidence), '');
  });

  it('give every reason with its number, what it means, and a call', () => {
    assert.equal(
      leftOutText([
        { reason: 'truncated', calls: 12, example: 'call_1' },
        { reason: 'of another version', calls: 1, example: null },
      ]),
      'truncated 12 (a limit that the caller did not ask for cut the answer off; one is call_1), of another version 1',
    );
  });
});
