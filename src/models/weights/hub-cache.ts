/**
 * The cache that the hub's own tools keep on this machine (huggingface_hub, transformers, llama.cpp): what is in it is
 * used where it lies. Its layout: models--OWNER--NAME/refs/REVISION names a commit, snapshots/COMMIT/FILE points to
 * blobs/HASH (https://huggingface.co/docs/huggingface_hub/guides/manage-cache).
 * Does not: write to it.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { HubSource } from './entry.ts';

export interface CachedSnapshot {
  readonly dir: string;
  readonly commit: string;
  /** Names of its files. */
  readonly names: readonly string[];
}

/** The folder of the cache, by the hub's own rules. */
export function hubCacheDir(env: NodeJS.ProcessEnv): string {
  if (env.HF_HUB_CACHE) return env.HF_HUB_CACHE;
  const home =
    env.HF_HOME || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'huggingface');
  return join(home, 'hub');
}

/** What the cache has of a repository at a revision; null where it has nothing. */
export function cachedSnapshot(source: HubSource, env: NodeJS.ProcessEnv): CachedSnapshot | null {
  const { repository, revision = 'main' } = source;
  const root = join(hubCacheDir(env), `models--${repository.replace('/', '--')}`);
  try {
    const ref = join(root, 'refs', revision);
    const commit = existsSync(ref) ? readFileSync(ref, 'utf8').trim() : revision;
    if (!/^[0-9a-f]{40}$/.test(commit)) return null;
    const dir = join(root, 'snapshots', commit);
    return { dir, commit, names: readdirSync(dir) };
  } catch {
    return null; // Not there, or not ours to read.
  }
}

/** The sha256 that the cache keeps a large file under; null of a small one, which is kept under git's hash. */
export function cachedHash(path: string): string | null {
  const name = basename(realpathSync(path));
  return /^[0-9a-f]{64}$/.test(name) ? name : null;
}
