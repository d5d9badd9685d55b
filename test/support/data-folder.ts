/** A data folder for tests: store, vault and the drain; without a model that finds people unless a test gives one. */
import { join } from 'node:path';
import { type Drained, drain } from '../../src/capture/drain.ts';
import { readCalls } from '../../src/capture/read.ts';
import { compilePolicy, type RedactContext, redactText } from '../../src/capture/redact/redact.ts';
import { type SecondStage, secondStage } from '../../src/capture/second-stage.ts';
import { openKeys, type Vault } from '../../src/capture/vault.ts';
import type { Call } from '../../src/core/call.ts';
import { configSchema } from '../../src/core/config.ts';
import type { EntityFinder } from '../../src/core/entity.ts';
import type { CallFilter } from '../../src/core/store.ts';
import { openSqliteStore, type SqliteOptions, type SqliteStore } from '../../src/store/sqlite/store.ts';

export const REDACTION = configSchema.parse({}).redaction;
export const MASTER_KEY = { UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') };

export interface DataFolder {
  readonly store: SqliteStore;
  readonly vault: Vault;
  readonly context: RedactContext;
  readonly stage: SecondStage;
  readonly redact: (text: string) => string;
  drain(journal: string): Promise<Drained>;
  calls(filter?: CallFilter, onErased?: (count: number) => void): Promise<Call[]>;
}

export function openDataFolder(
  dataDir: string,
  options: SqliteOptions & {
    readonly env?: NodeJS.ProcessEnv;
    readonly file?: string;
    readonly finder?: EntityFinder;
  } = {},
): DataFolder {
  const { env = MASTER_KEY, file = 'store.sqlite', finder = null, ...sqlite } = options;
  const keys = openKeys({ dataDir, env });
  const store = openSqliteStore(join(dataDir, file), keys.cipher, sqlite);
  const vault = keys.vault(store);
  const context = { key: vault.surrogateKey, policy: compilePolicy(REDACTION) };
  const stage = secondStage({ vault, store, finder, context });
  return {
    store,
    vault,
    context,
    stage,
    redact: (text) => redactText(text, context),
    drain: (dir) => drain({ dir, store, openStage: async () => stage }),
    calls: (filter, onErased) => Array.fromAsync(readCalls(store, vault, context, filter, onErased)),
  };
}
