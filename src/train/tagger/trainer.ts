/**
 * The trainer of the rung `tagger`: structured answers by linear models on words, that choose a form and point at values.
 * Seconds to train, milliseconds to answer.
 * Does not: fit (fit.ts), or run what it makes (runtime/extractor).
 */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import type { Json } from '../../core/json.ts';
import { progressOf } from '../../core/progress.ts';
import type { Trainer, TrainingJob } from '../../core/runtime.ts';
import { learnTargets } from '../../models/extractor/targets.ts';
import { saveTagger } from '../../models/tagger/file.ts';
import { artefactOf, finishedCard, writeCard } from '../card.ts';
import { isExtractable } from '../extractor/plan.ts';
import { fitTagger } from './fit.ts';
import { proposeTagger } from './plan.ts';

/** Changes when the same job would give another model. */
const VERSION = 3;

export function taggerTrainer(): Trainer {
  return {
    name: 'tagger',
    propose: proposeTagger,
    train: async (job, on, signal) => {
      const { candidate, kind, train, seed, dir } = job;
      if (candidate.rung !== 'tagger')
        throw new UnderstudyError(
          'unsupported',
          `The tagger's trainer cannot train the rung ${candidate.rung}.`,
          {
            hint: 'It trains tagger.',
          },
        );
      if (train.length === 0 || !isExtractable(kind))
        throw new UnderstudyError('unsupported', 'There are no fields to find in its answers.', {
          hint: 'Give it a task whose answers are JSON or tool calls.',
        });
      const hash = hashOf(job);
      // Another job, of another seed say, must not replace a model that has been proved.
      const path = join(dir, `tagger-${hash.slice(0, 16)}.understudy-tagger`);
      const done = finishedCard(hash, path);
      if (done) return { ...artefactOf(done, candidate, path), answers: answersOf(job) };
      const started = performance.now();
      const report = progressOf(on, 'train', 100, 'tagger');
      const { model, lesson } = await fitTagger(job, signal, (share) => report(Math.round(100 * share)));
      await mkdir(dir, { recursive: true, mode: 0o700 });
      // Under its own name only when whole: a killed run leaves nothing that looks finished.
      await saveTagger(`${path}.part`, model);
      await rename(`${path}.part`, path);
      const card = writeCard(path, {
        job: hash,
        trainer: 'tagger',
        base: null,
        recipe: {},
        seed,
        trainedMs: Math.round(performance.now() - started),
        figures: {
          examples: train.length,
          forms: lesson.forms.length,
          fields: lesson.plan.fields.length,
          tags: lesson.plan.tags,
        },
      });
      return { ...artefactOf(card, candidate, path), answers: answersOf(job, lesson) };
    },
  };
}

/** Forms and plan, which are callers' words: no file holds them. */
function answersOf(
  { kind, train }: TrainingJob,
  { forms, plan }: Pick<ReturnType<typeof learnTargets>, 'forms' | 'plan'> = learnTargets(kind, train),
): { readonly classes: readonly string[]; readonly plan: Json } {
  return { classes: forms, plan: { kind, ...plan } as unknown as Json };
}

function hashOf({ kind, train, seed }: TrainingJob): string {
  const examples = train.map(({ input, answer, weight, sessionId }) => [input, answer, weight, sessionId]);
  return contentHash(JSON.stringify([VERSION, kind, seed, examples]));
}
