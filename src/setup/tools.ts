/**
 * What runs small models and what makes them: weights, model processes, runtimes and trainers, chosen by the configuration
 * and opened when they are first needed.
 * Does not: open the data folder (data-folder.ts), or decide what is trained or asked.
 */
import type { Config } from '../core/config.ts';
import { nameOfServer } from '../core/config-prompted.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { OnProgress } from '../core/progress.ts';
import type { Runtime, TokenPrice, Trainer } from '../core/runtime.ts';
import type { Prediction, Rung } from '../core/specialist.ts';
import type { LearnContext } from '../learn/trial.ts';
import { loadOnnx, whyNot } from '../models/weights/engines.ts';
import { catalogueOf } from '../models/weights/own.ts';
import { ensureWeights, homeOf } from '../models/weights/weights.ts';
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
import { type EmbeddedOptions, embeddedTrainer } from '../train/embedded/trainer.ts';
import { encoderTrainer } from '../train/encoder/trainer.ts';
import { extractorTrainer } from '../train/extractor/trainer.ts';
import { hostedTrainer } from '../train/hosted/trainer.ts';
import { linearTrainer } from '../train/linear/trainer.ts';
import { peftTrainer } from '../train/peft/trainer.ts';
import { promptedTrainer } from '../train/prompted/trainer.ts';
import { retrievalTrainer } from '../train/retrieval/trainer.ts';
import { taggerTrainer } from '../train/tagger/trainer.ts';
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

export function modelTools(options: {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  /** Weights live in `weights/` below it. */
  readonly weightsDir: string;
  readonly log: (line: string) => void;
  /** Where what is paid to others is booked. */
  readonly ledger: Pick<Ledger, 'book'>;
  /** Only what is trained in seconds, here: no language model is fetched. Default: false. */
  readonly quick?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}): ModelTools {
  const { config, env, weightsDir, log, ledger, onProgress, signal, quick = false } = options;
  let models: Models | null = null;
  let remote: ReturnType<typeof guardedRuntime> | null = null;
  /** In bulk, and for agents' calls. */
  const prompted: PromptedRuntime[] = [];
  let tooling: Promise<Tools> | null = null;

  const openAll = async (): Promise<Tools> => {
    const notes: string[] = [];
    const weights = async (name: string): Promise<string | null> => {
      try {
        const at = await ensureWeights(name, {
          dataDir: weightsDir,
          env,
          ...(onProgress ? { onProgress } : {}),
          ...(signal ? { signal } : {}),
        });
        return at.path;
      } catch (error) {
        if (signal?.aborted) throw error;
        const note = `${messageOf(error)} Going on without ${name}.`;
        notes.push(note);
        log(note);
        return null;
      }
    };
    const onnx = await loadOnnx().then(
      () => true,
      (error: unknown) => {
        const note = `onnxruntime-node does not load here: ${whyNot(error)}. Going on without the encoder, and without training language models on this machine.`;
        notes.push(note);
        log(note);
        return false;
      },
    );
    const { base, encoder: encoderName } = config.train;
    const encoderPath = onnx ? await weights(encoderName) : null;
    const isLanguageUsed = !quick && (onnx || config.train.peft !== undefined);
    const languagePath = isLanguageUsed ? await weights(base) : null;
    const entry = catalogueOf(weightsDir).find(({ name }) => name === encoderName);
    // The extractor cuts words into WordPiece's pieces.
    const extractorPath = entry?.architecture === 'bert' ? encoderPath : null;
    models = await startModels({
      encoder:
        encoderPath === null
          ? null
          : { name: encoderName, path: encoderPath, dimensions: entry?.dimensions ?? 384 },
      // Weights may lie in a folder of the user's; what is made of them does not.
      language:
        languagePath === null
          ? null
          : { name: base, path: languagePath, copiesDir: homeOf({ name: base }, weightsDir) },
      threads: config.serve.threads,
    });
    const { encoder, llama } = models;
    const { threads, memoryGb } = config.train;
    const train = {
      ...(threads === undefined ? {} : { threads }),
      ...(memoryGb === undefined ? {} : { memoryBytes: memoryGb * 1e9 }),
    };
    const { peft, hosted } = config.train;
    const basePath = async (): Promise<string> => {
      if (languagePath !== null) return languagePath;
      throw new UnderstudyError('unavailable', `The weights of ${base} are missing.`, {
        hint: 'Run `understudy doctor` to see how to get them.',
      });
    };
    const loraTrainer = (common: EmbeddedOptions): Trainer =>
      peft === undefined ? embeddedTrainer(common) : peftTrainer({ ...common, ...peft });
    const { serving } = models;
    const book = (what: 'learning' | 'serving', model: string, usage: Usage, price: TokenPrice | null) =>
      ledger.book(
        what,
        model,
        usage,
        price && usage.promptTokens * price.input + usage.completionTokens * price.output,
      );
    const remoteFor = (what: 'learning' | 'serving') =>
      hosted === undefined
        ? null
        : remoteRuntime({
            ...hosted,
            onCharge: (model, usage) =>
              book(what, model, usage, priceOfServer({ ...hosted, model }, config.prices)),
          });
    const bulk = [llama, remoteFor('learning')] as const;
    const hostedServing = remoteFor('serving');
    remote = hostedServing && guardedRuntime(hostedServing, createGuard());
    const servers = config.prompted;
    if (servers.length > 0)
      prompted.push(
        ...[false, true].map((guarded) =>
          promptedRuntime({
            servers,
            guarded,
            onCharge: (server, usage) =>
              book(
                guarded ? 'serving' : 'learning',
                nameOfServer(server),
                usage,
                priceOfServer(server, config.prices),
              ),
          }),
        ),
      );
    const present = <T>(all: readonly (T | null)[]): T[] => all.filter((each) => each !== null);
    return {
      notes,
      models: new Set(present([encoder && encoderName, llama && base])),
      runtimes: [
        linearRuntime({ encoder }),
        taggerRuntime(),
        retrievalRuntime({ encoder }),
        extractorRuntime({ encoder }),
        ...present(bulk),
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
        ...(quick
          ? []
          : [
              encoderTrainer({ ...train, name: encoderName, path: encoderPath }),
              extractorTrainer({ ...train, name: encoderName, path: extractorPath }),
              loraTrainer({ ...train, basePath }),
            ]),
        ...(quick || hosted === undefined ? [] : [hostedTrainer(hosted)]),
        ...(quick || servers.length === 0
          ? []
          : [
              promptedTrainer({
                servers,
                priceOf: (server) => priceOfServer(server, config.prices),
                givesLogprobs,
              }),
            ]),
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
    onDemand: () => onDemand(open, log),
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

/** How long after the models did not start it is tried again, in milliseconds. */
const TRY_AGAIN_MS = 60_000;

/**
 * Runs any rung, and opens the models only when the first specialist is asked: a gateway that only records needs none.
 * Until they are open (weights may have to be fetched first) nothing waits for them.
 */
function onDemand(
  tools: () => Promise<Tools>,
  log: (line: string) => void,
): Runtime & { readonly open: () => void } {
  let open: Tools | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let trying = false;
  const tryOpen = (): void => {
    if (trying || performance.now() - triedAt < TRY_AGAIN_MS) return;
    trying = true;
    tools().then(
      (opened) => {
        open = opened;
      },
      (error: unknown) => {
        trying = false;
        triedAt = performance.now();
        log(`specialists cannot be asked: ${messageOf(error)}`);
      },
    );
  };
  return {
    open: tryOpen,
    rungs: RUNNABLE,
    predict: async (artefact, input, predictOptions) => {
      if (open === null) {
        tryOpen();
        throw new UnderstudyError('unavailable', 'The models are being opened.', {
          hint: 'Try again shortly.',
        });
      }
      const runtime = open.serving.find(({ rungs }) => rungs.includes(artefact.rung));
      if (runtime) return runtime.predict(artefact, input, predictOptions);
      throw new UnderstudyError(
        'unavailable',
        `Nothing here can run a specialist of the rung ${artefact.rung}.`,
        {
          hint: 'Run `understudy doctor` to see which weights are missing.',
        },
      );
    },
    close: async () => {},
  };
}
