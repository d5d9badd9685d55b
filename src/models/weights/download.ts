/**
 * Brings one large file here: into NAME.part beside its final place, resumed by an HTTP Range after a cut or a kill,
 * checked by its sha256, and only then renamed. The disk is looked at first.
 * Does not: know where a file is (hub.ts), or say what is to be fetched.
 */
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import type { HttpClient, HttpResponse } from './http.ts';

export interface RemoteFile {
  readonly url: URL;
  readonly bytes: number;
  /** Of the content; null where the server gives none, and the git hash stands in its place. */
  readonly sha256: string | null;
  /** Git's hash of the content as a blob, for files that are not in large-file storage. */
  readonly gitSha1?: string | undefined;
}

export interface DownloadOptions {
  readonly http: HttpClient;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are here, of those of the file; also right after resuming. */
  readonly onBytes?: ((done: number) => void) | undefined;
  /** Turns a status other than 200 and 206 into an error. */
  readonly onStatus?: ((response: HttpResponse) => UnderstudyError) | undefined;
  /** Free bytes on the disk of a folder. Default: asks the system. */
  readonly freeBytes?: ((dir: string) => number) | undefined;
  /** Wait before the next try, in milliseconds, by its number from 1. Default: 1 s, doubled each time. */
  readonly waitMs?: ((attempt: number) => number) | undefined;
}

/** Tries in a row that bring nothing new. */
const MAX_FRUITLESS = 4;
/** Left free besides the file. */
const SPARE_BYTES = 64e6;

/**
 * @returns The file's sha256.
 * @throws UnderstudyError 'unavailable' (disk, network), 'corrupt' (another content than was promised; the part is
 *   deleted), 'cancelled', and what `onStatus` gives.
 */
export async function download(file: RemoteFile, path: string, options: DownloadOptions): Promise<string> {
  const part = `${path}.part`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let have = await keepPart(part, file);
  checkSpace(dirname(path), file.bytes - have, options.freeBytes ?? freeBytes);
  options.onBytes?.(have);
  for (let fruitless = 0; have < file.bytes; ) {
    const before = have;
    try {
      have = await transfer(file, part, have, options);
    } catch (error) {
      if (options.signal?.aborted) throw cancelled(error);
      if (error instanceof UnderstudyError) throw error;
      have = sizeOf(part);
      fruitless = have > before ? 0 : fruitless + 1;
      if (fruitless >= MAX_FRUITLESS) throw gaveUp(file, error);
      const wait = options.waitMs ?? ((attempt: number) => 500 * 2 ** attempt);
      await pause(wait(fruitless + 1), undefined, options.signal ? { signal: options.signal } : {}).catch(
        (reason: unknown) => {
          throw cancelled(reason);
        },
      );
    }
  }
  return settle(file, part, path);
}

/**
 * How much of the file a part from an earlier run holds; a part of another content is deleted. What the part is of
 * stands beside it.
 */
async function keepPart(part: string, file: RemoteFile): Promise<number> {
  const label = `${part}.of`;
  const of = `${file.sha256 ?? file.gitSha1 ?? ''} ${file.bytes}`;
  const size = sizeOf(part);
  if (size > 0 && size <= file.bytes && readLabel(label) === of) return size;
  rmSync(part, { force: true });
  await writeFile(label, of, { mode: 0o600 });
  return 0;
}

function readLabel(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Appends what a server sends. @returns Bytes in the part then. @throws on a cut connection, what came before is kept. */
async function transfer(
  file: RemoteFile,
  part: string,
  have: number,
  options: DownloadOptions,
): Promise<number> {
  const { http, token, signal, onBytes } = options;
  const range = have > 0 ? `bytes=${have}-` : undefined;
  const response = await http.get(file.url, { token, range, signal });
  const { status, body } = response;
  if (status !== 200 && status !== 206) {
    const error = options.onStatus?.(response);
    await body.dump();
    // What a server is too busy for now it may do later.
    if (status === 429 || status >= 500) throw new Error(`${response.host} answers ${status}`);
    throw error ?? answered(response);
  }
  try {
    checkAnnounced(response, file);
    checkRange(response, file, have);
  } catch (error) {
    // Whatever else it would send is not wanted.
    body.on('error', () => undefined).destroy();
    throw error;
  }
  // A server that does not resume sends everything again.
  let at = status === 206 ? have : 0;
  const handle = await open(part, at === 0 ? 'w' : 'r+', 0o600);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (at + chunk.length > file.bytes)
        throw corrupt(`${file.url.host} sends more than the ${file.bytes} bytes it names.`);
      await handle.write(chunk, 0, chunk.length, at);
      at += chunk.length;
      onBytes?.(at);
    }
  } finally {
    await handle.close();
  }
  if (at < file.bytes) throw new Error(`the connection ended after ${at} of ${file.bytes} bytes`);
  return at;
}

/** Whether the hub still names the same content and commit as in its list, before gigabytes are fetched for nothing. */
function checkAnnounced({ announced }: HttpResponse, file: RemoteFile): void {
  const etag = announced('x-linked-etag')?.replace(/^W\//, '').replaceAll('"', '');
  const other =
    etag !== undefined && file.sha256 !== null && /^[0-9a-f]{64}$/.test(etag) && etag !== file.sha256;
  const commit = announced('x-repo-commit');
  if (other || (commit !== undefined && !file.url.pathname.includes(commit)))
    throw corrupt(`${file.url.host} names another content of the file than in its list.`);
}

/** Whether what is sent is what was asked for. */
function checkRange({ header, host, status }: HttpResponse, file: RemoteFile, from: number): void {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header('content-range') ?? '');
  if (status === 206 && (range === null || Number(range[1]) !== from))
    throw corrupt(`${host} sends another part of the file than was asked for.`);
  const total = status === 206 ? range?.[2] : header('content-length');
  if (total !== undefined && total !== '*' && Number(total) !== file.bytes)
    throw corrupt(`${host} sends a file of ${total} bytes, not of ${file.bytes}.`);
}

/** Checks the whole part and gives it its name. */
async function settle(file: RemoteFile, part: string, path: string): Promise<string> {
  const found = await hashFile(part, file.bytes);
  const expected = file.sha256 ?? file.gitSha1;
  const actual = file.sha256 === null ? found.gitSha1 : found.sha256;
  if (expected !== undefined && actual !== expected) {
    rmSync(part, { force: true });
    rmSync(`${part}.of`, { force: true });
    throw corrupt(`What came from ${file.url.host} has the hash ${actual}, not ${expected}.`);
  }
  renameSync(part, path);
  rmSync(`${part}.of`, { force: true });
  return found.sha256;
}

/** The sha256 of a file, and git's hash of it. */
export async function hashFile(
  path: string,
  bytes: number,
  signal?: AbortSignal,
): Promise<{ readonly sha256: string; readonly gitSha1: string }> {
  const sha256 = createHash('sha256');
  const git = createHash('sha1').update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    if (signal?.aborted) throw cancelled(signal.reason);
    sha256.update(chunk);
    git.update(chunk);
  }
  return { sha256: sha256.digest('hex'), gitSha1: git.digest('hex') };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

/** @throws UnderstudyError 'unavailable' where it would not fit. */
function checkSpace(dir: string, bytes: number, free: (dir: string) => number): void {
  const needed = bytes + SPARE_BYTES;
  const available = free(dir);
  if (bytes <= 0 || available >= needed) return;
  throw new UnderstudyError(
    'unavailable',
    `${megabytes(needed)} are needed on the disk of ${dir}, and ${megabytes(available)} are free.`,
    {
      hint: 'Make room, or give another folder with --data-dir.',
      data: { needed, available },
      status: 507,
    },
  );
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

function cancelled(cause: unknown): UnderstudyError {
  return new UnderstudyError('cancelled', 'The download was stopped.', {
    hint: 'Start it again: it resumes where it was.',
    cause,
  });
}

function gaveUp(file: RemoteFile, cause: unknown): UnderstudyError {
  return new UnderstudyError(
    'unavailable',
    `${file.url.host} cannot be reached or breaks off (${messageOf(cause)}).`,
    {
      hint: 'Check the network, HTTPS_PROXY and HF_ENDPOINT, and start it again: it resumes where it was.',
      status: 503,
      cause,
    },
  );
}

function answered({ status, host }: HttpResponse): UnderstudyError {
  return new UnderstudyError('unavailable', `${host} answers ${status}.`, {
    hint: 'Check the name of the model and HF_ENDPOINT.',
    status: 503,
  });
}

function corrupt(message: string): UnderstudyError {
  return new UnderstudyError('corrupt', message, {
    hint: 'Try again; if it stays so, the mirror or the proxy changes what it carries.',
  });
}
