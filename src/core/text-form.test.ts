import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { textKey } from './text-form.ts';

const same = (a: string, b: string): boolean => textKey(a) === textKey(b);

describe('textKey', () => {
  it('is the same for other line endings, outer white space and Unicode forms', () => {
    assert.ok(same(' caf\u00e9\r\nbar\n', 'cafe\u0301\nbar'));
  });

  it('is the same for a tool call that is written as text, however its JSON is laid out', () => {
    const react = (json: string): string => `Thought: I look it up.\nAction: search\nAction Input: ${json}`;
    assert.ok(same(react('{"q":"tea","n":1.0}'), react('{ "n": 1, "q": "tea" }')));
    assert.ok(same(react('{"q":"tea"}'), react('{\n  "q": "tea"\n}')));
    assert.ok(!same(react('{"q":"tea"}'), react('{"q":"Tea"}')));
    assert.ok(!same(react('{"q":"tea"}'), react('{"q":"tea"}').replace('I look', 'We look')));
    const tag = (json: string): string => `<tool_call>\n${json}\n</tool_call>`;
    assert.ok(same(tag('{"name":"f","arguments":{"a":1}}'), tag('{"arguments": {"a": 1}, "name": "f"}')));
    assert.ok(!same(tag('{"a":1}'), tag('{"a":2}')));
    const fence = (json: string): string => `Here:\n\`\`\`json\n${json}\n\`\`\`\nDone.`;
    assert.ok(same(fence('{"a":[1,2]}'), fence('{\n  "a": [1, 2]\n}')));
    assert.ok(!same(fence('{"a":[1,2]}'), fence('{"a":[2,1]}')));
    assert.ok(!same(fence('{"a":1}'), '{"a":1}'));
  });

  it('is another for texts that differ in any other way', () => {
    for (const [a, b] of [
      ['SELECT 1', 'select 1'],
      ['a b', 'a  b'],
      ['Answer: 42', 'Answer: 43'],
      ['```python\n{"a": 1}\n```', '```python\n{"a":1}\n```'],
      ['<b>{x}</b>', '<b>{ x}</b>'],
    ] as const)
      assert.ok(!same(a, b), `${a} / ${b}`);
  });

  it('keeps apart whatever is not the same but for its ends', () => {
    const pieces = fc.constantFrom(
      'a',
      ' ',
      '\n',
      '{"a":1}',
      'Action Input:',
      '```json',
      '```',
      '<t>',
      '</t>',
      '"',
      '1',
    );
    const texts = fc.array(pieces, { maxLength: 12 }).map((all) => all.join(''));
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        // The pieces hold no two layouts of one JSON value but with white space within it.
        if (same(a, b)) assert.equal(a.replace(/\s/g, ''), b.replace(/\s/g, ''));
      }),
    );
  });
});
