/**
 * Log files that are uploaded to the admin API: each is streamed into a file of the data folder that only its owner may read,
 * imported and assessed in a process of its own, and removed, however that ends. One at a time.
 * Does not: import or assess (child.ts), or ask who may (routes/imports.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { Principal } from '../../core/access.ts';
import type { AssessReport } from '../../core/assessment.ts';
import type { Config } from '../../core/config.ts';
import { withoutKeys } from '../../core/environment.ts';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { ImportReport } from '../../core/import-report.ts';
import type { Progress } from '../../core/progress.ts';
import { type DiskOptions, type Limits, openDisk, refuse } from './disk.ts';
import { uploadFolder } from './folder.ts';

/** An upload, and how far it is. Kept as long as this process runs. */
export interface Upload {
  readonly id: string;
  /** The file's own name. */
  readonly name: string;
  readonly bytes: number;
  readonly state: 'importing' | 'assessing' | 'done' | 'failed';
  readonly progress: Progress | null;
  /** Also of an import in which no call could be read. */
  readonly report: ImportReport | null;
  readonly assessment: AssessReport | null;
  readonly error: { readonly message: string; readonly hint: string } | null;
}

/** What the process of one import is told. */
export interface ImportSettings {
  readonly config: Partial<Config> & Pick<Config, 'dataDir'>;
  readonly weightsDir: string;
  readonly path: string;
}

/** What it says. */
export type ImportSays =
  | { readonly type: 'progress'; readonly state: 'importing' | 'assessing'; readonly progress: Progress }
  | { readonly type: 'imported'; readonly report: ImportReport }
  | { readonly type: 'assessed'; readonly report: AssessReport }
  | { readonly type: 'failed'; readonly message: string; readonly hint: string };

/** What is sent. */
export interface Sent {
  /** The file's name, as its sender gives it. */
  readonly name: string;
  readonly body: ReadableStream<Uint8Array> | null;
  /** As its sender says; null where it does not. */
  readonly bytes: number | null;
}

export interface Uploads {
  /**
   * Takes a file whole, and begins its import. Resolves when it has been received.
   * @throws UnderstudyError 'overloaded' (409) while another one is at work, 'bad-input' for one that is too large (413), or none,
   *   'unavailable' where the disk has no room for it (507: before it is received, where its size is told) or does not answer (503).
   */
  take(sent: Sent, by: Principal): Promise<Upload>;
  /** The newest first. */
  list(): readonly Upload[];
}

const MAX_KEPT = 20;
/** What is read by its ending: the rest is recognised by its content. */
const ENDING = /(?:\.(?:jsonl|ndjson|json))?(?:\.gz)?$/i;

export function openUploads(options: {
  readonly config: Partial<Config> & Pick<Config, 'dataDir' | 'admin'>;
  readonly weightsDir: string;
  /** Called when an import has ended, however it did. */
  readonly onImported: (upload: Upload, by: Principal) => Promise<void>;
  readonly log: (line: string) => void;
  readonly disk?: DiskOptions;
}): Uploads {
  const { config, weightsDir, log } = options;
  const disk = openDisk(config.dataDir, options.disk);
  const folder = uploadFolder(config.dataDir);
  // When it is told to stop, it leaves no file behind that nobody has redacted.
  process.once('exit', folder.remove);
  const maxBytes = config.admin.maxUploadMb * 1_000_000;
  const uploads = new Map<string, Upload>();
  let isBusy = false;

  const change = (id: string, changed: Partial<Upload>): void => {
    const upload = uploads.get(id);
    if (upload) uploads.set(id, { ...upload, ...changed });
  };
  const work = async (id: string, path: string, by: Principal): Promise<void> => {
    /** Under the name that its sender knows. */
    const fail = ({ message, hint }: NonNullable<Upload['error']>): void => {
      const { name } = uploads.get(id)!;
      const own = message.replaceAll(path, () => name);
      change(id, { error: { message: own.replaceAll(basename(path), () => name), hint } });
    };
    try {
      await runChild({ config, weightsDir, path }, (said) => {
        if (said.type === 'progress') change(id, { state: said.state, progress: said.progress });
        if (said.type === 'imported') change(id, { report: said.report });
        if (said.type === 'assessed') change(id, { assessment: said.report });
        if (said.type === 'failed') fail(said);
      });
    } catch (error) {
      fail({ message: messageOf(error), hint: 'The log has more.' });
    } finally {
      rmSync(path, { force: true });
      isBusy = false;
    }
    // Whoever reads that it has ended may send the next one: only now.
    const { error, assessment } = uploads.get(id)!;
    if (error) change(id, { state: 'failed', progress: null });
    else if (assessment) change(id, { state: 'done', progress: null });
    else {
      fail({ message: 'The process of the import ended before it was done.', hint: 'The log has more.' });
      change(id, { state: 'failed', progress: null });
    }
    await options.onImported(uploads.get(id)!, by);
  };

  return {
    list: () => [...uploads.values()].reverse(),
    take: async ({ name, body, bytes: told }, by) => {
      if (isBusy)
        throw new UnderstudyError('overloaded', 'Another file is being imported.', {
          hint: 'Wait until it is done.',
          status: 409,
        });
      isBusy = true;
      const id = newId('import');
      let path: string | null = null;
      try {
        // First of all: a disk that is full or hangs has no folder to give either.
        const limits = { maxBytes, free: await disk.freeBytes() };
        refuse(told ?? 0, limits);
        path = join(folder.path(), `${id}${ENDING.exec(name)?.[0].toLowerCase() ?? ''}`);
        const bytes = await receive(body, path, limits);
        const about = { progress: null, report: null, assessment: null, error: null };
        const upload: Upload = { id, name, bytes, state: 'importing', ...about };
        uploads.set(id, upload);
        for (const old of [...uploads.keys()].slice(0, -MAX_KEPT)) uploads.delete(old);
        void work(id, path, by).catch((error: unknown) => log(`import: ${messageOf(error)}`));
        return upload;
      } catch (error) {
        isBusy = false;
        if (path !== null) rmSync(path, { force: true });
        throw disk.told(error);
      }
    },
  };
}

/** Longest silence in the middle of a file, milliseconds. */
const SILENT_MS = 60_000;

const tooSlow = (): UnderstudyError =>
  new UnderstudyError('timed-out', 'Nothing more of the file came.', {
    hint: 'Send it again.',
    status: 408,
  });

/** Bytes that were written. Nothing of it is held in memory. */
async function receive(
  body: ReadableStream<Uint8Array> | null,
  path: string,
  limits: Limits,
): Promise<number> {
  let bytes = 0;
  // One whose sender has gone silent must not keep the next one waiting.
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENT_MS);
  const counted = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.byteLength;
      timer.refresh();
      try {
        refuse(bytes, limits);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    if (body !== null)
      await pipeline(
        Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
        counted,
        createWriteStream(path, { mode: 0o600, flags: 'wx' }),
        { signal: silence.signal },
      );
  } catch (error) {
    throw silence.signal.aborted ? tooSlow() : error;
  } finally {
    clearTimeout(timer);
  }
  if (bytes > 0) return bytes;
  throw new UnderstudyError('bad-input', 'The file is empty.', {
    hint: 'Send the file itself as the body.',
    status: 400,
  });
}

/** Resolves when the process has ended, whatever it said. */
function runChild(settings: ImportSettings, onSaid: (said: ImportSays) => void): Promise<void> {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const program = fileURLToPath(new URL(`./child${ending}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(program, [], {
      execArgv: [],
      env: withoutKeys(process.env),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('message', onSaid);
    child.once('error', reject);
    child.once('close', () => resolve());
    child.send(settings, () => {});
  });
}
