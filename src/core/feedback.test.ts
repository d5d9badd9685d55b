import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UnderstudyError } from './errors.ts';
import { feedbackOf, MAX_FEEDBACK_BYTES, parseFeedback } from './feedback.ts';

const CALL = `call_${'0'.repeat(28)}`;
const parse = (value: unknown) => parseFeedback(JSON.stringify(value));
const refusal = (text: string): UnderstudyError => {
  try {
    parseFeedback(text);
  } catch (error) {
    assert.ok(error instanceof UnderstudyError);
    return error;
  }
  return assert.fail(`taken: ${text}`);
};

test('a metric is a number, true or false, on a call or a session', () => {
  assert.deepEqual(parse({ call_id: CALL, name: 'rating', value: 4.5, comment: 'good', id: 'r-1' }), {
    id: 'r-1',
    about: { callId: CALL },
    content: { name: 'rating', value: 4.5, comment: 'good' },
  });
  assert.deepEqual(parse({ session_id: 'run-7', name: 'resolved', value: false }), {
    id: null,
    about: { session: 'run-7' },
    content: { name: 'resolved', value: false, comment: '' },
  });
});

test('a corrected output is a text, JSON, or tool calls in either of two forms', () => {
  const output = (value: unknown) => parse({ call_id: CALL, name: 'correction', value }).content.value;
  assert.deepEqual(output('billing'), { role: 'assistant', content: 'billing' });
  assert.deepEqual(output(''), { role: 'assistant', content: '' });
  assert.deepEqual(output({ total: 3, lines: [] }), { role: 'assistant', content: '{"total":3,"lines":[]}' });
  const toolCalls = [{ id: '', name: 'refund', arguments: '{"order":"A-17"}' }];
  const wanted = { role: 'assistant', content: '', toolCalls };
  const args = { order: 'A-17' };
  assert.deepEqual(output({ tool_calls: [{ name: 'refund', arguments: args }] }), wanted);
  const openai = { id: 'x', type: 'function', function: { name: 'refund', arguments: JSON.stringify(args) } };
  assert.deepEqual(output({ tool_calls: [openai] }), wanted);
});

test('a program gives the same with names of its own', () => {
  assert.deepEqual(
    feedbackOf({ callId: CALL, name: 'correction', value: 'billing' }),
    parse({ call_id: CALL, name: 'correction', value: 'billing' }),
  );
});

test('what is no feedback is refused with the field and what to do', () => {
  const good = { call_id: CALL, name: 'rating', value: 1 };
  const cases: [unknown, string][] = [
    [[], 'body'],
    ['rating', 'body'],
    [{ ...good, extra: 1 }, 'body'],
    [{ ...good, call_id: undefined }, 'call_id'],
    [{ ...good, session_id: 'both' }, 'call_id'],
    [{ ...good, call_id: 'jane@example.com' }, 'call_id'],
    [{ ...good, call_id: 7 }, 'call_id'],
    [{ ...good, name: '' }, 'name'],
    [{ ...good, name: 'two words' }, 'name'],
    [{ ...good, name: 'n'.repeat(65) }, 'name'],
    [{ ...good, value: 'good' }, 'value'],
    [{ ...good, value: null }, 'value'],
    [{ ...good, value: undefined }, 'value'],
    [{ ...good, name: 'correct', value: 1 }, 'value'],
    [{ ...good, name: 'correction', value: 1 }, 'value'],
    [{ ...good, name: 'correction', value: { tool_calls: [{ arguments: {} }] } }, 'value'],
    [{ name: 'correction', session_id: 's', value: 'x' }, 'call_id'],
    [{ ...good, comment: 'c'.repeat(4097) }, 'comment'],
    [{ ...good, id: '' }, 'id'],
  ];
  for (const [value, field] of cases) {
    const error = refusal(JSON.stringify(value));
    assert.equal(error.status, 400, JSON.stringify(value));
    assert.equal(error.data.field, field, JSON.stringify(value));
    assert.notEqual(error.hint, '');
  }
  assert.equal(refusal('{').status, 400);
  const long = JSON.stringify({ ...good, name: 'correction', value: 'x'.repeat(MAX_FEEDBACK_BYTES) });
  assert.equal(refusal(long).status, 413);
});

test('a number that reading would change is refused, not changed', () => {
  const text = `{"call_id":"${CALL}","name":"correction","value":{"id":9007199254740993}}`;
  assert.equal(refusal(text).data.field, 'value');
  const asText = JSON.stringify({ call_id: CALL, name: 'correction', value: '{"id":9007199254740993}' });
  assert.deepEqual(parseFeedback(asText).content.value, {
    role: 'assistant',
    content: '{"id":9007199254740993}',
  });
});

test('whatever comes is read or refused, and a refusal never says what came', () => {
  const secret = 'jane-4711';
  const value = fc.jsonValue().map((json) => (json === null ? secret : json));
  const body = fc.record(
    {
      call_id: fc.constantFrom(CALL, secret),
      session_id: value,
      name: value,
      value,
      comment: value,
      id: value,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(body, (given) => {
      try {
        parse(given);
      } catch (error) {
        assert.ok(error instanceof UnderstudyError && error.code === 'bad-input');
        assert.ok(!`${error.message} ${error.hint} ${JSON.stringify(error.data)}`.includes(secret));
      }
    }),
  );
});
