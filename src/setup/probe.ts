/**
 * What `assess` works with: rungs that train in seconds, with the encoder where its weights are on this machine, and the plans of
 * those that take minutes. Nothing is fetched, and no language model is started.
 * Does not: assess (learn/assess).
 */
import { UnderstudyError } from '../core/errors.ts';
import type { AssessContext } from '../learn/assess/assess.ts';
import { catalogueOf } from '../models/weights/own.ts';
import { linearRuntime } from '../runtime/linear.ts';
import { retrievalRuntime } from '../runtime/retrieval.ts';
import { taggerRuntime } from '../runtime/tagger.ts';
import { embeddedTrainer } from '../train/embedded/trainer.ts';
import { encoderTrainer } from '../train/encoder/trainer.ts';
import { extractorTrainer } from '../train/extractor/trainer.ts';
import { linearTrainer } from '../train/linear/trainer.ts';
import { retrievalTrainer } from '../train/retrieval/trainer.ts';
import { taggerTrainer } from '../train/tagger/trainer.ts';
import { openEncoder } from './encoder.ts';

export type ProbeTools = Pick<AssessContext, 'trainers' | 'runtimes' | 'models' | 'notes'>;

export async function openProbe({
  config,
  env,
  weightsDir,
}: Pick<AssessContext, 'config'> & {
  readonly env: NodeJS.ProcessEnv;
  /** Weights live in `weights/` below it. */
  readonly weightsDir: string;
}): Promise<ProbeTools & { close(): Promise<void> }> {
  const { encoder: name, threads } = config.train;
  const opened = await openEncoder({ name, env, weightsDir, threads: config.serve.threads });
  const { encoder } = opened;
  const catalogue = catalogueOf(weightsDir);
  const planned = threads === undefined ? {} : { threads };
  const isBert = catalogue.find((entry) => entry.name === name)?.architecture === 'bert';
  const notes = opened.notes.map((note) => `The probe compares words alone. ${note}`);
  return {
    notes,
    // What takes minutes is planned as if its weights were here: learning fetches them.
    models: new Set(catalogue.map((entry) => entry.name)),
    runtimes: [linearRuntime({ encoder }), taggerRuntime(), retrievalRuntime({ encoder })],
    trainers: [
      linearTrainer({ encoder }),
      taggerTrainer(),
      retrievalTrainer({ encoder }),
      encoderTrainer({ ...planned, name, path: NOT_OPENED }),
      extractorTrainer({ ...planned, name, path: isBert ? NOT_OPENED : null }),
      embeddedTrainer({
        ...planned,
        basePath: async () => {
          throw new UnderstudyError('internal', 'A trainer was asked to train that only plans.', {
            hint: 'Nothing to do.',
          });
        },
      }),
    ],
    close: () => opened.close(),
  };
}

const NOT_OPENED = '';
