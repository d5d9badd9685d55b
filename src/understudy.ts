/**
 * Opens everything that a configuration names (store, vault, models, trainers) and offers the program's few verbs.
 * The composition root: here, and only here, implementations are chosen.
 * Does not: hold the loop itself (pipeline.ts) or the online path (online.ts).
 */
import { quarantineLine } from './capture/drain.ts';
import { importFiles } from './capture/importers/import.ts';
import { drySink, journalSink } from './capture/importers/sink.ts';
import { openLosses } from './capture/losses.ts';
import { readCalls } from './capture/read.ts';
import type { SecondStage } from './capture/second-stage.ts';
import { openCapture } from './capturing.ts';
import type { Call, CallRequest } from './core/call.ts';
import type { Config } from './core/config.ts';
import type { EntityFinder } from './core/entity.ts';
import { messageOf, UnderstudyError } from './core/errors.ts';
import type { ImportReport, LearnOptions, LearnReport, StatusReport } from './core/learning.ts';
import { type OnProgress, progressOf } from './core/progress.ts';
import type { Runtime, Trainer } from './core/runtime.ts';
import { RUNGS } from './core/specialist.ts';
import type { Store } from './core/store.ts';
import type { Gateway } from './gateway/gateway.ts';
import { CATALOGUE, DEFAULT_ENCODER } from './models/catalogue.ts';
import { loadOnnx, whyNot } from './models/engines.ts';
import { ensureWeights } from './models/weights.ts';
import { startOnline } from './online.ts';
import { learn } from './pipeline.ts';
import { createGuard } from './runtime/guard.ts';
import { guardedRuntime } from './runtime/guarded.ts';
import { linearRuntime } from './runtime/linear.ts';
import { type Models, startModels } from './runtime/models.ts';
import { remoteRuntime } from './runtime/remote.ts';
import { drainJournals, journalsOf, openFinder, openStorage, type Storage, stageOf } from './storage.ts';
import { type EmbeddedOptions, embeddedTrainer } from './train/embedded/trainer.ts';
import { encoderTrainer } from './train/encoder/trainer.ts';
import { hostedTrainer } from './train/hosted/trainer.ts';
import { linearTrainer } from './train/linear/trainer.ts';
import { peftTrainer } from './train/peft/trainer.ts';
import type { Workshop } from './trial.ts';

export interface UnderstudyOptions {
  readonly config: Config;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** One line for the operator; never holds a payload. */
  readonly log: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  /** Weights live in `weights/` below it; the data folder unless told. */
  readonly weightsDir?: string;
  /** Asks the LLM a held-back call again, for references by majority; the recorded answers stand without it. */
  readonly askAgain?: (request: CallRequest) => Promise<string | null>;
}

export interface Understudy {
  readonly store: Store;
  /** Imports logs; with `dryRun` it only reads them. `fields` name where their session and time stand. */
  import(
    paths: readonly string[],
    options?: {
      readonly dryRun?: boolean;
      readonly fields?: { readonly session?: string; readonly time?: string };
    },
  ): Promise<ImportReport>;
  /** The six steps over all that has been captured. */
  learn(options?: LearnOptions): Promise<LearnReport>;
  status(): StatusReport;
  /** The captured calls with their payloads opened, oldest first. */
  calls(): Promise<Call[]>;
  startGateway(): Promise<Gateway>;
  close(): Promise<void>;
}

/** What runs small models, and what makes them; opened when first needed. */
type Tools = Pick<Workshop, 'trainers' | 'runtimes' | 'models' | 'notes'> & {
  /** The runtimes for agents' calls, which no server that hangs may hold up. */
  readonly serving: readonly Runtime[];
};

/**
 * Opens nothing yet: the data folder is opened by the first verb that needs it.
 * @throws Its verbs throw UnderstudyError 'bad-config' and what the store and the vault throw.
 */
export async function openUnderstudy(options: UnderstudyOptions): Promise<Understudy> {
  const { config, log, onProgress, signal } = options;
  const { dataDir } = config;
  const env = options.env ?? process.env;
  const weightsDir = options.weightsDir ?? dataDir;
  let opened: Storage | null = null;
  const storage = (): Storage => {
    opened ??= openStorage(config, { env });
    return opened;
  };
  let models: Models | null = null;
  let remote: ReturnType<typeof guardedRuntime> | null = null;
  let tooling: Promise<Tools> | null = null;
  let finder: Promise<EntityFinder | null> | null = null;

  const openTools = async (): Promise<Tools> => {
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
    const encoderPath = onnx ? await weights(DEFAULT_ENCODER) : null;
    const { base } = config.train;
    const languagePath = onnx || config.train.peft !== undefined ? await weights(base) : null;
    const dimensions = CATALOGUE.find((entry) => entry.name === DEFAULT_ENCODER)?.dimensions ?? 384;
    models = await startModels({
      encoder: encoderPath === null ? null : { name: DEFAULT_ENCODER, path: encoderPath, dimensions },
      language: languagePath === null ? null : { name: base, path: languagePath },
      threads: config.serve.threads,
    });
    const { encoder, llama } = models;
    const { threads, memoryGb } = config.train;
    const train = {
      ...(threads === undefined ? {} : { threads }),
      ...(memoryGb === undefined ? {} : { memoryBytes: memoryGb * 1e9 }),
    };
    const { peft, hosted } = config.train;
    const loraTrainer = (common: EmbeddedOptions): Trainer =>
      peft === undefined ? embeddedTrainer(common) : peftTrainer({ ...common, ...peft });
    const { serving } = models;
    const bulk = [llama, hosted === undefined ? null : remoteRuntime(hosted)] as const;
    remote = bulk[1] && guardedRuntime(bulk[1], createGuard());
    const present = <T>(all: readonly (T | null)[]): T[] => all.filter((each) => each !== null);
    return {
      notes,
      models: new Set(present([encoder && DEFAULT_ENCODER, llama && base])),
      runtimes: [linearRuntime({ encoder }), ...present(bulk)],
      serving: [linearRuntime(serving), ...present([serving.llama, remote])],
      trainers: [
        linearTrainer({ encoder }),
        ...(encoderPath === null
          ? []
          : [encoderTrainer({ ...train, name: DEFAULT_ENCODER, path: encoderPath })]),
        ...(languagePath === null ? [] : [loraTrainer({ ...train, basePath: async () => languagePath })]),
        ...(hosted === undefined ? [] : [hostedTrainer(hosted)]),
      ],
    };
  };
  const tools = (): Promise<Tools> => {
    tooling ??= openTools().catch((error: unknown) => {
      tooling = null;
      throw error;
    });
    return tooling;
  };
  const progress = {
    ...(onProgress ? { onProgress } : {}),
    ...(signal ? { signal } : {}),
  };
  /** What was recorded and imported goes into the store. */
  const drainAll = async (): Promise<void> => {
    const { store } = storage();
    const report = progressOf(onProgress, 'capture', 100, 'people and addresses');
    const openStage = async (): Promise<SecondStage> => {
      finder ??= openFinder(config, { weightsDir, env, log, ...progress });
      return stageOf(storage(), await finder);
    };
    const drained = await drainJournals(dataDir, store, openStage, {
      onProgress: (done, total) => report((100 * done) / total),
      ...(signal ? { signal } : {}),
    });
    losses.add('damaged-in-journal', drained.damaged);
    if (drained.quarantined > 0) log(quarantineLine(drained));
  };
  const calls = async (): Promise<Call[]> => {
    await drainAll();
    const { store, vault, context } = storage();
    return readCalls(store, vault, context, undefined, (count) =>
      log(`${count} calls are erased with their day's key`),
    );
  };
  const losses = openLosses(dataDir);

  return {
    get store() {
      return storage().store;
    },
    calls,
    import: async (paths, { dryRun = false, fields = {} } = {}) => {
      const { store, vault, context } = storage();
      // What a killed import left behind counts as there.
      if (!dryRun) await drainAll();
      const sink = dryRun
        ? drySink()
        : journalSink({ dir: journalsOf(dataDir).imports, store, vault, context });
      try {
        return await importFiles(paths, { ...{ sink, dryRun, fields }, ...progress });
      } finally {
        sink.close();
        if (!dryRun) await drainAll();
      }
    },
    learn: async (learnOptions = {}) =>
      learn(
        await calls(),
        {
          config,
          store: storage().store,
          ...(await tools()),
          ...progress,
          ...(options.askAgain ? { askAgain: options.askAgain } : {}),
        },
        learnOptions,
      ),
    status: () => statusOf(storage().store, losses.counts()),
    startGateway: () => {
      const runtime = onDemand(tools, log);
      return startOnline({
        config,
        losses,
        openCapture: () => openCapture({ config, env, weightsDir, losses, log }),
        // Those that are in service need not wait for their first call.
        onOpen: ({ store }) => {
          if (store.deployments().some(({ stage }) => stage !== 'retired')) runtime.open();
        },
        runtimes: [runtime],
        modelHealth: () =>
          [...(models?.health() ?? []), ...(remote ? [remote.health()] : [])].map((each) => ({ ...each })),
        log,
      });
    },
    close: async () => {
      await tooling?.catch(() => {});
      await models?.close();
      await remote?.close();
      await (await finder?.catch(() => null))?.close();
      losses.close();
      opened?.close();
    },
  };
}

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
    rungs: RUNGS,
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

function statusOf(store: Store, lost: StatusReport['lost']): StatusReport {
  const deployments = store.deployments();
  return {
    kind: 'status',
    calls: store.countCalls(),
    lost,
    tasks: store.tasks().map((task) => {
      const specialists = store.specialists(task.id);
      const deployment = deployments
        .filter((each) => each.taskId === task.id && each.stage !== 'retired')
        .at(-1);
      const specialist = specialists.find((each) => each.id === deployment?.specialistId);
      const audits = deployment ? store.audits(deployment.id) : [];
      return {
        id: task.id,
        name: task.name,
        kind: task.kind,
        calls: task.calls,
        specialists: specialists.length,
        deployment:
          deployment && specialist
            ? {
                id: deployment.id,
                specialistId: specialist.id,
                rung: specialist.artefact.rung,
                stage: deployment.stage,
                threshold: deployment.threshold,
                coverage: specialist.evidence.exam.coverage.share,
                audits: audits.length,
                auditErrors: audits.filter((audit) => !audit.right).length,
                history: deployment.history,
              }
            : null,
      };
    }),
  };
}
