/**
 * `assess` on a data folder or on log files: opens what it needs, and keeps what was said of tasks of the data folder.
 * Does not: assess (learn/assess), or store the calls of log files.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { importFiles } from '../capture/importers/import.ts';
import { drySink, type ImportSink } from '../capture/importers/sink.ts';
import type { AssessReport } from '../core/assessment.ts';
import type { Call } from '../core/call.ts';
import type { Config } from '../core/config.ts';
import type { LearnOptions } from '../core/learning.ts';
import type { OnProgress } from '../core/progress.ts';
import { assessCalls } from '../learn/assess/assess.ts';
import { keepPredictions } from '../learn/assess/kept.ts';
import { machineOf, speedsOn } from '../learn/budget.ts';
import { machineCost } from '../savings/energy.ts';
import { probeHardware } from '../select/hardware.ts';
import type { Storage } from './data-folder.ts';
import { openProbe } from './probe.ts';
import { priceBook } from './savings.ts';

export interface AssessOptions extends Pick<LearnOptions, 'tasks' | 'order'> {
  /** Log files to assess in place of what was captured; nothing of them is stored. */
  readonly paths?: readonly string[];
  /** Names of the fields with session and time, where they are not usual ones. */
  readonly fields?: { readonly session?: string; readonly time?: string };
}

interface AssessSetup {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly weightsDir: string;
  readonly calls: () => AsyncIterable<Call>;
  readonly storage: () => Promise<Storage>;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** @throws UnderstudyError as importFiles and the store, and 'cancelled'. */
export async function assess(setup: AssessSetup, options: AssessOptions): Promise<AssessReport> {
  const { env, weightsDir, onProgress, signal } = setup;
  const { paths = [] } = options;
  const isFile = paths.length > 0;
  const { dir, config } = workingFolder(setup.config, isFile);
  const tools = await openProbe({ config, env, weightsDir });
  const progress = { ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}) };
  try {
    const common = {
      config,
      dir,
      ...tools,
      ...progress,
      priceOf: priceBook(config),
      machine: await machineCost(config.costs, availableParallelism()),
    };
    if (isFile) {
      const calls = await callsIn(paths, { fields: options.fields ?? {}, ...progress });
      return await assessCalls(calls, { ...common, known: [], speeds: {} }, options);
    }
    const { store } = await setup.storage();
    const speeds = await speedsOn(machineOf(probeHardware(config.dataDir), config), store);
    const known = await store.tasks();
    const report = await assessCalls(setup.calls(), { ...common, known, speeds }, options);
    await keepPredictions(report, store);
    return report;
  } finally {
    await tools.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What is trained is made of calls: beside the store where there is one, else where the system keeps what goes soon. */
function workingFolder(config: Config, isFile: boolean): { readonly dir: string; readonly config: Config } {
  if (isFile) {
    const dir = mkdtempSync(join(tmpdir(), 'understudy-assess-'));
    return { dir, config: { ...config, dataDir: dir } };
  }
  const parent = join(config.dataDir, 'training');
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  return { dir: mkdtempSync(join(parent, 'assess-')), config };
}

/** The calls of the files, in memory. */
async function callsIn(
  paths: readonly string[],
  options: Pick<Parameters<typeof importFiles>[1], 'fields' | 'onProgress' | 'signal'>,
): Promise<readonly Call[]> {
  const calls: Call[] = [];
  const sink: ImportSink = {
    ...drySink(),
    add: async (read) => {
      for (const call of read) calls.push(call);
      return { added: read.length };
    },
  };
  await importFiles(paths, { ...options, sink, dryRun: true });
  return calls.sort((a, b) => a.at - b.at);
}
