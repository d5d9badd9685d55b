/**
 * What runs small models and what makes them: model processes, runtimes and trainers, chosen by the configuration and
 * opened when they are first needed.
 * Does not: fetch weights (model-weights.ts), open the data folder (data-folder.ts), or decide what is trained or asked.
 */
import type { Config } from '../core/config.ts';
import { nameOfServer } from '../core/config-prompted.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Runtime, TokenPrice, Trainer } from '../core/runtime.ts';
import type { Prediction, Rung } from '../core/specialist.ts';
import type { LearnContext } from '../learn/trial.ts';
import { homeOf } from '../models/weights/weights.ts';
import { EXTRACTOR_RUNGS, extractorRuntime } from '../runtime/extractor.ts';
import { createGuard } from '../runtime/guard.ts';
import { guardedRuntime } from '../runtime/guarded.ts';
import { LINEAR_RUNGS, linearRuntime } from '../runtime/linear.ts';
import { LLAMA_RUNGS } from '../runtime/llama.ts';
import { type Models, startModels } from '../runtime/models.ts';
import { givesLogprobs, PROMPTED_RUNGS, type PromptedRuntime, promptedRuntime } from '../runtime/prompted.ts';
import { REMOTE_RUNGS, remoteRuntime } from '../runtime/remote.ts';
import { RETRIEVAL_RUNGS, retrievalRuntime } from '../runtime/retrieval.ts';
import { TAGGER_RUNGS, taggerRuntime } from '../runtime/tagger.ts';
import type { Ledger } from '../savings/ledger.ts';
import { embeddedTrainer } from '../train/embedded/trainer.ts';
import { encoderTrainer } from '../train/encoder/trainer.ts';
import { extractorTrainer } from '../train/extractor/trainer.ts';
import { hostedTrainer } from '../train/hosted/trainer.ts';
import { linearTrainer } from '../train/linear/trainer.ts';
import { peftTrainer } from '../train/peft/trainer.ts';
import { promptedTrainer } from '../train/prompted/trainer.ts';
import { retrievalTrainer } from '../train/retrieval/trainer.ts';
import { taggerTrainer } from '../train/tagger/trainer.ts';
import { type ModelWeights, modelWeights, type WeightsOptions } from './model-weights.ts';
import { onDemand } from './on-demand.ts';
import { priceOfServer } from './server-price.ts';

export type Tools = Pick<LearnContext, 'trainers' | 'runtimes' | 'models' | 'notes'> & {
  /** The runtimes for agents' calls, which no server that hangs may hold up. */
  readonly serving: readonly Runtime[];
};

export interface ModelTools {
  /** Opens all of them, once. */
  open(): Promise<Tools>;
  /** A runtime for agents' calls, for which nothing waits until the models are open. */
  onDemand(): Runtime & { readonly open: () => void };
  /** How the processes and servers of models are. */
  health(): readonly JsonObject[];
  close(): Promise<void>;
}

type Usage = NonNullable<Prediction['usage']>;

/** What a model is asked for, which decides where its price is booked. */
type Purpose = 'learning' | 'serving';

export interface ModelToolsOptions extends WeightsOptions {
  /** Where what is paid to others is booked. */
  readonly ledger: Pick<Ledger, 'book'>;
}

export function modelTools(options: ModelToolsOptions): ModelTools {
  const { config, weightsDir, log, quick = false } = options;
  const { hosted } = config.train;
  const servers = config.prompted;
  const book = booking(options.ledger);
  let models: Models | null = null;
  let remote: ReturnType<typeof guardedRuntime> | null = null;
  /** In bulk, and for agents' calls. */
  const prompted: PromptedRuntime[] = [];
  let tooling: Promise<Tools> | null = null;

  const remoteFor = (purpose: Purpose) =>
    hosted === undefined
      ? null
      : remoteRuntime({
          ...hosted,
          onCharge: (model, usage) =>
            book(purpose, model, usage, priceOfServer({ ...hosted, model }, config.prices)),
        });
  const promptedFor = (purpose: Purpose): PromptedRuntime =>
    promptedRuntime({
      servers,
      guarded: purpose === 'serving',
      onCharge: (server, usage) =>
        book(purpose, nameOfServer(server), usage, priceOfServer(server, config.prices)),
    });

  const openAll = async (): Promise<Tools> => {
    const weights = await modelWeights(options);
    const { base } = config.train;
    const { languagePath } = weights;
    models = await startModels({
      encoder: weights.encoder,
      // Weights may lie in a folder of the user's; what is made of them does not.
      language:
        languagePath === null
          ? null
          : { name: base, path: languagePath, copiesDir: homeOf({ name: base }, weightsDir) },
      threads: config.serve.threads,
    });
    const { encoder, llama, serving } = models;
    const hostedServing = remoteFor('serving');
    remote = hostedServing && guardedRuntime(hostedServing, createGuard());
    if (servers.length > 0) prompted.push(promptedFor('learning'), promptedFor('serving'));
    return {
      notes: weights.notes,
      models: new Set(present([encoder && config.train.encoder, llama && base])),
      runtimes: [
        linearRuntime({ encoder }),
        taggerRuntime(),
        retrievalRuntime({ encoder }),
        extractorRuntime({ encoder }),
        ...present([llama, remoteFor('learning')]),
        ...prompted.slice(0, 1),
      ],
      serving: [
        linearRuntime(serving),
        taggerRuntime(),
        retrievalRuntime(serving),
        extractorRuntime(serving),
        ...present([serving.llama, remote]),
        ...prompted.slice(1),
      ],
      trainers: [
        linearTrainer({ encoder }),
        taggerTrainer(),
        retrievalTrainer({ encoder }),
        ...(quick ? [] : trainersOfMinutes(config, weights)),
      ],
    };
  };
  const open = (): Promise<Tools> => {
    tooling ??= openAll().catch((error: unknown) => {
      tooling = null;
      throw error;
    });
    return tooling;
  };
  return {
    open,
    onDemand: () => onDemand(open, RUNNABLE, log),
    health: () =>
      [
        ...(models?.health() ?? []),
        ...(remote ? [remote.health()] : []),
        ...prompted.flatMap((each) => each.health()),
      ].map((each) => ({ ...each })),
    close: async () => {
      await tooling?.catch(() => {});
      await models?.close();
      await remote?.close();
      for (const each of prompted) await each.close();
    },
  };
}

/** What the runtimes of this program can run, whichever of them the configuration and the weights allow. */
const RUNNABLE: readonly Rung[] = [
  ...LINEAR_RUNGS,
  ...TAGGER_RUNGS,
  ...RETRIEVAL_RUNGS,
  ...EXTRACTOR_RUNGS,
  ...LLAMA_RUNGS,
  ...REMOTE_RUNGS,
  ...PROMPTED_RUNGS,
];

/** Trainers whose trainings take minutes, or are done elsewhere. */
function trainersOfMinutes(
  config: Config,
  { encoder, extractorPath, languagePath }: ModelWeights,
): Trainer[] {
  const { base, encoder: name, threads, memoryGb, peft, hosted } = config.train;
  const { prompted: servers, prices } = config;
  const limits = {
    ...(threads === undefined ? {} : { threads }),
    ...(memoryGb === undefined ? {} : { memoryBytes: memoryGb * 1e9 }),
  };
  const basePath = async (): Promise<string> => {
    if (languagePath !== null) return languagePath;
    throw new UnderstudyError('unavailable', `The weights of ${base} are missing.`, {
      hint: 'Run `understudy doctor` to see how to get them.',
    });
  };
  return [
    encoderTrainer({ ...limits, name, path: encoder?.path ?? null }),
    extractorTrainer({ ...limits, name, path: extractorPath }),
    peft === undefined
      ? embeddedTrainer({ ...limits, basePath })
      : peftTrainer({ ...limits, basePath, ...peft }),
    ...(hosted === undefined ? [] : [hostedTrainer(hosted)]),
    ...(servers.length === 0
      ? []
      : [
          promptedTrainer({
            servers,
            priceOf: (server) => priceOfServer(server, prices),
            givesLogprobs,
          }),
        ]),
  ];
}

/** Books what was used, at its price; where that is not known, the use alone. */
function booking(ledger: Pick<Ledger, 'book'>) {
  return (purpose: Purpose, model: string, usage: Usage, price: TokenPrice | null): void =>
    ledger.book(
      purpose,
      model,
      usage,
      price && usage.promptTokens * price.input + usage.completionTokens * price.output,
    );
}

function present<T>(all: readonly (T | null)[]): T[] {
  return all.filter((each) => each !== null);
}
