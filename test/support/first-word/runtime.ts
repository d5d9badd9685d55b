/** Runs what the trainer beside it makes. */
import { readFileSync } from 'node:fs';
import type { Runtime } from '../../../src/core/runtime.ts';
import { FIRST_WORD, firstWord } from './trainer.ts';

export function firstWordRuntime(): Runtime {
  return {
    rungs: [FIRST_WORD],
    predict: async ({ path, answers }, input) => {
      const started = performance.now();
      const rules = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, number>>;
      const place = rules[firstWord(input)];
      const answer = place === undefined ? '' : (answers?.classes[place] ?? '');
      return { answer, signals: { known: answer === '' ? 0 : 1 }, ms: performance.now() - started };
    },
    close: async () => {},
  };
}
