/**
 * A data folder, opened: keys, store, vault, and what brings the journal into the store. Every process that works with one
 * opens it here: the program, the gateway, the drain.
 * Does not: record calls (capture/recorder.ts) or learn from them.
 */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Drained, type DrainOptions, drain, nothingDrained } from '../capture/drain.ts';
import { withMasterKey } from '../capture/master-key-command.ts';
import type { QuarantineLimits } from '../capture/quarantine.ts';
import { compilePolicy, type RedactContext } from '../capture/redact/redact.ts';
import type { RetentionLimits } from '../capture/retention.ts';
import { makeRootKey } from '../capture/root-key.ts';
import { type SecondStage, secondStage } from '../capture/second-stage.ts';
import { upgradeCalls, upgradeTraining } from '../capture/upgrade.ts';
import { openKeys, type Vault } from '../capture/vault.ts';
import type { Cipher } from '../core/cipher.ts';
import type { Config } from '../core/config.ts';
import type { EntityFinder } from '../core/entity.ts';
import type { OnProgress } from '../core/progress.ts';
import type { Store } from '../core/store.ts';
import { openFinderPool } from '../models/token-classifier/pool.ts';
import { DEFAULT_CLASSIFIER } from '../models/weights/catalogue.ts';
import { whyNot } from '../models/weights/engines.ts';
import { ensureWeights } from '../models/weights/weights.ts';
import type { SqliteOptions } from '../store/sqlite/database.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';

const DATABASE = 'understudy.db';

export interface Storage {
  readonly store: Store;
  readonly vault: Vault;
  readonly cipher: Cipher;
  readonly context: RedactContext;
  close(): Promise<void>;
}

/** The gateway's journal, and that of imports, which run beside it. */
export function journalsOf(dataDir: string): { readonly gateway: string; readonly imports: string } {
  return { gateway: join(dataDir, 'journal'), imports: join(dataDir, 'import-journal') };
}

/** The bounds of quarantine that the configuration sets. */
export function quarantineLimits({ journal }: Pick<Config, 'journal'>): QuarantineLimits {
  return { maxBytes: journal.quarantineMaxBytes, maxDays: journal.quarantineMaxDays };
}

/** How long and how much the configuration lets be kept. */
export function retentionLimits({ retention }: Pick<Config, 'retention'>): RetentionLimits {
  const { maxDays = null, maxGb } = retention;
  return { maxDays, maxBytes: maxGb === undefined ? null : maxGb * 1e9 };
}

/** @throws UnderstudyError as openKeys and openSqliteStore. */
export async function openStorage(
  config: Pick<Config, 'dataDir' | 'redaction'>,
  options: SqliteOptions & { readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Storage> {
  const { dataDir } = config;
  const { env: given = process.env, ...sqlite } = options;
  const env = await withMasterKey(given);
  makeFolder(dataDir);
  if (!existsSync(join(dataDir, DATABASE))) makeRootKey(dataDir, env);
  const keys = openKeys({ dataDir, env });
  const store = openSqliteStore(join(dataDir, DATABASE), keys.cipher, sqlite);
  const vault = keys.vault(store);
  try {
    await upgradeCalls(store.callsInClear, vault);
    upgradeTraining(dataDir);
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    store,
    vault,
    cipher: keys.cipher,
    close: () => store.close(),
    context: { key: vault.surrogateKey, policy: compilePolicy(config.redaction) },
  };
}

/** A folder that nobody else may look into, also where it was made by hand. */
function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  try {
    chmodSync(path, 0o700);
  } catch {
    // Another user's folder that lets us in: its owner decides.
  }
}

export interface FinderOptions {
  /** Weights live in `weights/` below it. */
  readonly weightsDir: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** Threads that look at once; 0: the caller's. */
  readonly threads: number;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** What finds people and addresses; null where it is switched off, or its weights cannot be had. */
export async function openFinder(
  { redaction }: Pick<Config, 'redaction'>,
  { weightsDir, env = process.env, log, threads, onProgress, signal }: FinderOptions,
): Promise<EntityFinder | null> {
  if (redaction.finder === 'off') return null;
  try {
    const { path } = await ensureWeights(DEFAULT_CLASSIFIER, {
      dataDir: weightsDir,
      env,
      ...(onProgress ? { onProgress } : {}),
      ...(signal ? { signal } : {}),
    });
    if (threads > 0) return openFinderPool(path, threads);
    // Only now: where onnxruntime has no build, this fails, and nothing else does.
    const { openTokenClassifier } = await import('../models/token-classifier/classifier.ts');
    return await openTokenClassifier(path);
  } catch (error) {
    if (signal?.aborted) throw error;
    log(`${whyNot(error)} Names and addresses are found only where they are obvious.`);
    return null;
  }
}

export function stageOf({ vault, store, context }: Storage, finder: EntityFinder | null): SecondStage {
  return secondStage({ vault, store, finder, context });
}

/** Drains the journals into the store. `openStage` is asked only where there is something to drain. */
export async function drainJournals(
  dataDir: string,
  store: DrainOptions['store'],
  openStage: () => Promise<SecondStage>,
  options: Pick<DrainOptions, 'onProgress' | 'signal' | 'quarantine'> = {},
): Promise<Drained> {
  const total = nothingDrained();
  for (const dir of Object.values(journalsOf(dataDir))) {
    if (!existsSync(dir)) continue;
    const drained = await drain({ dir, store, openStage, ...options });
    for (const [what, count] of Object.entries(drained)) total[what as keyof Drained] += count;
  }
  return total;
}
