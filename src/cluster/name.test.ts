import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallSite } from '../core/task.ts';
import { isTaskName } from '../core/task-name.ts';
import { nameOf } from './name.ts';

const site = (prompt: string, toolNames: readonly string[], turn: CallSite['turn']): CallSite => ({
  id: 's',
  system: { pieces: [prompt] },
  user: { pieces: ['', ''] },
  toolNames,
  formatHash: '',
  turn,
});

test('what is found is called by a name that people may give, and no two tasks by one', () => {
  const long = fc.string({ unit: 'grapheme', maxLength: 300 });
  fc.assert(
    fc.property(long, long, long, fc.boolean(), (prompt, tool, schema, isJson) => {
      const taken = new Set<string>();
      for (let i = 0; i < 12; i++) {
        const name = nameOf(
          {
            site: site(prompt, [tool], `tool:${tool}`),
            kind: 'text',
            responseFormat: isJson ? { type: 'json_schema', json_schema: { name: schema } } : null,
            pooled: false,
          },
          taken,
        );
        assert.ok(isTaskName(name), JSON.stringify(name));
        assert.ok(!taken.has(name));
        taken.add(name);
      }
    }),
  );
});
