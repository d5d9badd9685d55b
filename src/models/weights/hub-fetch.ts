/**
 * Fetches a model from the hub into its folder: one process at a time, file by file, each checked, then pinned.
 * Does not: speak the protocol (hub.ts) or transfer (download.ts).
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';
import type { OnProgress } from '../../core/progress.ts';
import { type DownloadOptions, download } from './download.ts';
import type { CatalogueEntry, HubSource, WeightsFile } from './entry.ts';
import { chooseFiles, type HubFile, openHub } from './hub.ts';
import { writePin } from './pins.ts';

export interface FetchOptions extends Pick<DownloadOptions, 'waitMs' | 'freeBytes' | 'signal'> {
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress?: OnProgress;
}

/** What an earlier download, or a person, said of the files. */
export interface Known {
  /** Hashes that the hub's have to equal; null where nobody knows them yet. */
  readonly expected: readonly Pick<WeightsFile, 'name' | 'sha256'>[] | null;
  readonly commit: string | null;
}

/** What would be fetched, and from where. */
export interface FetchPlan {
  /** 'huggingface.co/OWNER/NAME'. */
  readonly from: string;
  readonly commit: string;
  readonly files: readonly HubFile[];
  readonly bytes: number;
}

/** Asks the hub what a model consists of; fetches nothing. @throws as openHub, Hub.list and chooseFiles. */
export async function planFetch(
  entry: CatalogueEntry,
  source: HubSource,
  options: Pick<FetchOptions, 'env' | 'signal'>,
): Promise<FetchPlan> {
  const hub = openHub(options.env);
  try {
    return await plan(hub, entry, source, options.signal);
  } finally {
    await hub.close();
  }
}

async function plan(
  hub: ReturnType<typeof openHub>,
  entry: CatalogueEntry,
  source: HubSource,
  signal: AbortSignal | undefined,
): Promise<FetchPlan> {
  const repository = await hub.list(source, signal);
  const files = chooseFiles(entry, source, repository);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { from: `${hub.host}/${source.repository}`, commit: repository.commit, files, bytes };
}

/**
 * @throws UnderstudyError 'in-use' (another process fetches it), 'corrupt', 'unavailable', 'cancelled'; as planFetch.
 */
export async function fetchFromHub(
  entry: CatalogueEntry,
  source: HubSource,
  home: string,
  { expected, commit }: Known,
  options: FetchOptions,
): Promise<void> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const unlock = lock(home, entry.name);
  const hub = openHub(options.env);
  try {
    const revised = commit === null ? source : { ...source, revision: commit };
    const planned = await plan(hub, entry, revised, options.signal);
    const report = reporter(options.onProgress, entry.name, planned);
    const pinned: Pick<WeightsFile, 'name' | 'bytes' | 'sha256'>[] = [];
    let before = 0;
    for (const file of planned.files) {
      const known = expected?.find(({ name }) => name === baseName(file.name));
      if (known !== undefined && file.sha256 !== null && known.sha256 !== file.sha256)
        throw changed(entry, planned.from);
      const sha256 = await download(
        {
          ...file,
          sha256: known?.sha256 ?? file.sha256,
          url: hub.urlOf(source.repository, planned.commit, file.name),
        },
        join(home, baseName(file.name)),
        {
          ...options,
          http: hub.http,
          token: hub.token,
          onBytes: (done) => report(before + done),
          onStatus: (response) => hub.errorOf(source.repository, response),
        },
      );
      pinned.push({ name: baseName(file.name), bytes: file.bytes, sha256 });
      before += file.bytes;
    }
    if (expected === null)
      writePin(home, {
        from: planned.from,
        commit: planned.commit,
        at: new Date().toISOString(),
        files: pinned,
      });
  } finally {
    await hub.close();
    unlock();
  }
}

const baseName = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** The names of an entry's files among those of a folder; null where they are not all there, or more than one would do. */
export function wantedFiles(
  entry: Pick<CatalogueEntry, 'name' | 'kind' | 'quantisation'>,
  source: HubSource,
  names: readonly string[],
): readonly string[] | null {
  const files = names.map((name) => ({ name, bytes: 0, sha256: null, gitSha1: undefined }));
  const flat = source.files === undefined ? source : { ...source, files: source.files.map(baseName) };
  try {
    return chooseFiles(entry, flat, { commit: '', files }).map(({ name }) => name);
  } catch {
    return null;
  }
}

/** Shows megabytes, how fast they come, and for how long still. The rate is that of this run, whatever was here before. */
function reporter(
  on: OnProgress | undefined,
  subject: string,
  { from, bytes }: FetchPlan,
  now: () => number = Date.now,
): (done: number) => void {
  const start = now();
  let first: number | null = null;
  return (done) => {
    first ??= done;
    const seconds = (now() - start) / 1000;
    const rate = seconds > 0 ? (done - first) / seconds : 0;
    on?.({
      step: 'weights',
      subject,
      done: done / 1e6,
      total: bytes / 1e6,
      ...(rate > 0 ? { leftMs: (1000 * (bytes - done)) / rate } : {}),
      note: `MB from ${from}${rate > 0 ? `, ${(rate / 1e6).toFixed(1)} MB/s` : ''}`,
    });
  };
}

function changed(entry: CatalogueEntry, from: string): UnderstudyError {
  return new UnderstudyError(
    'corrupt',
    `${from} has another content of ${entry.name} than when it was first fetched.`,
    {
      hint: `Specialists were trained on the first one. To take the new one: \`understudy models remove ${entry.name}\`, then download it again and learn anew.`,
      data: { model: entry.name },
    },
  );
}

/** One process fetches a model at a time. A lock whose process is gone counts for nothing. @throws UnderstudyError 'in-use'. */
function lock(home: string, name: string): () => void {
  const path = join(home, 'fetching');
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const fd = openSync(path, 'wx', 0o600);
      writeSync(fd, String(process.pid));
      closeSync(fd);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (isHeld(path)) break;
      rmSync(path, { force: true });
    }
  }
  throw new UnderstudyError('in-use', `Another process is fetching ${name}.`, {
    hint: 'Wait until it is done.',
    data: { model: name },
    status: 409,
  });
}

function isHeld(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    // A process that has made the file and not yet written into it has a moment to do so.
    if (!(pid > 0)) return Date.now() - statSync(path).mtimeMs < 10_000;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
