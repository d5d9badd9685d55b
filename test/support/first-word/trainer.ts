/**
 * An example of a trainer, as small as one can be: the answer follows from the first word of the input. It brings what
 * every trainer brings: what it proposes, what that costs and why not, and the training itself.
 * Does not: run what it makes (runtime.ts).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../../../src/core/errors.ts';
import { contentHash } from '../../../src/core/ids.ts';
import type { Proposal, Refusal, Trainer } from '../../../src/core/runtime.ts';
import type { Artefact } from '../../../src/core/specialist.ts';
import type { Task } from '../../../src/core/task.ts';

export const FIRST_WORD = 'first-word';
/** Examples per second; a guess, until something here is measured. */
const SPEED = 100_000;

export const firstWord = (input: string): string => contentHash(input.split(/\s/, 1)[0] ?? '');

export function firstWordTrainer(): Trainer {
  return {
    name: FIRST_WORD,
    propose: (task, { splits: { train } }, { speedOf }): readonly Proposal[] => [
      {
        rung: FIRST_WORD,
        base: null,
        recipe: {},
        cost: 'seconds',
        work: train.length,
        minutes: train.length / (speedOf(null) ?? SPEED) / 60,
        refusal: refusalOf(task),
      },
    ],
    train: async ({ candidate, train, dir, seed }, on, signal): Promise<Artefact> => {
      if (candidate.rung !== FIRST_WORD)
        throw new UnderstudyError(
          'unsupported',
          `The trainer ${FIRST_WORD} does not train ${candidate.rung}.`,
          {
            hint: `Give it a candidate of the rung ${FIRST_WORD}.`,
          },
        );
      signal?.throwIfAborted();
      const started = performance.now();
      const classes = [...new Set(train.map(({ answer }) => answer))].sort();
      const rules = train.map(({ input, answer }) => [firstWord(input), classes.indexOf(answer)]);
      const file = JSON.stringify(Object.fromEntries(rules));
      const sha256 = contentHash(file);
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      // Another version has another path.
      const path = join(dir, `${FIRST_WORD}-${seed}-${sha256.slice(0, 16)}.json`);
      writeFileSync(path, file, { mode: 0o600 });
      on?.({ step: 'train', subject: candidate.taskId, done: 1, total: 1 });
      const trainedMs = Math.ceil(performance.now() - started);
      const figures = { examples: train.length, classes: classes.length };
      // Words of callers are kept in the store, which is sealed, and in no file.
      const answers = { classes, plan: null };
      return { rung: FIRST_WORD, base: null, path, sha256, trainedMs, figures, answers };
    },
  };
}

function refusalOf({ kind }: Task): Refusal | null {
  return kind === 'label' ? null : { reason: 'It gives labels only.' };
}
