import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isTaskName, MAX_TASK_NAME, shortTaskName, taskNameOf } from './task-name.ts';

test('a name that fits stays as it is, and is one line', () => {
  assert.equal(shortTaskName('sort mail'), 'sort mail');
  assert.equal(shortTaskName(' sort\n\tmail ', ' (2)'), 'sort mail (2)');
  assert.equal(isTaskName('x'.repeat(MAX_TASK_NAME)), true);
  for (const name of ['', ' ', 'a\nb', ' a', 'x'.repeat(MAX_TASK_NAME + 1)])
    assert.equal(isTaskName(name), false);
});

test('whatever is named, a short name is one, ends as it should, and is whole in its characters', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(text, fc.constantFrom('', ' 2', ' (17)'), (some, ending) => {
      const name = shortTaskName(`x${some}`, ending);
      assert.ok(isTaskName(name), JSON.stringify(name));
      assert.ok(name.endsWith(ending) && name.isWellFormed());
      assert.equal(taskNameOf(name), name);
    }),
  );
});
