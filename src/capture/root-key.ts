/**
 * The root key of a data folder, from which all of its keys come, wrapped by the master key in `root.key`: so that the master key
 * can be exchanged in a moment, while processes that have the folder open go on. A folder of an earlier version has no such file;
 * there the master key is the root key.
 * Does not: find the master key (master-key.ts).
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../core/errors.ts';
import { decrypt, encrypt } from './encryption.ts';
import { keyFile, keyOf, masterKey, syncFolder } from './master-key.ts';

const FILE = 'root.key';
const ABOUT = 'root key';

/** @throws UnderstudyError 'bad-config' where the master key does not open it, 'unavailable' where it cannot be read. */
export function rootKey(dataDir: string, master: Uint8Array): Uint8Array {
  const path = join(dataDir, FILE);
  if (!existsSync(path)) return master;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const root = line === '' ? null : decrypt(wrapKeyOf(master), Buffer.from(line, 'base64'), ABOUT);
    if (root !== null) return root;
  }
  throw new UnderstudyError('bad-config', `The master key does not open ${path}.`, {
    hint: 'Use the master key that this data folder was made with, or the one it was exchanged for.',
  });
}

/** Gives a new data folder a root key of its own; whoever is first wins. @throws UnderstudyError as masterKey. */
export function makeRootKey(dataDir: string, env: NodeJS.ProcessEnv): void {
  if (existsSync(join(dataDir, FILE))) return;
  const master = masterKey(dataDir, env);
  const draft = writeDraft(dataDir, FILE, [wrapped(randomBytes(32), master)]);
  try {
    linkSync(draft, join(dataDir, FILE));
    syncFolder(dataDir);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

export interface RotatedMaster {
  /**
   * 'done': the new key is in the key file, and the old one opens nothing. 'both': the old and the new one open the folder, until the
   * environment has the new one and the exchange is finished.
   */
  readonly state: 'done' | 'both';
  /** Whether the old key was the root key itself (a folder of an earlier version): who has it can open the folder all the same. */
  readonly oldIsRoot: boolean;
}

/**
 * Exchanges the master key. Where it is in a file, a new one is made and takes its place; where it comes from the environment or from
 * a command, the new one is UNDERSTUDY_NEW_MASTER_KEY. May be broken off and repeated: at each moment a key that is in use opens the folder.
 * @throws UnderstudyError as masterKey and rootKey, 'bad-input' where there is no new key.
 */
export function rotateMasterKey(dataDir: string, env: NodeJS.ProcessEnv): RotatedMaster {
  const old = masterKey(dataDir, env);
  const oldIsRoot = !existsSync(join(dataDir, FILE));
  const root = rootKey(dataDir, old);
  const path = keyFile(dataDir, env);
  const given = env.UNDERSTUDY_NEW_MASTER_KEY;
  if (path === null && !given) {
    throw new UnderstudyError('bad-input', 'There is no new master key.', {
      hint: 'Give it as UNDERSTUDY_NEW_MASTER_KEY: 32 bytes in base64, as `openssl rand -base64 32` makes them.',
      status: 400,
    });
  }
  const next = given ? keyOf(given, 'UNDERSTUDY_NEW_MASTER_KEY') : randomBytes(32);
  replace(dataDir, FILE, [wrapped(root, old), wrapped(root, next)]);
  if (path === null) return { state: 'both', oldIsRoot };
  const folder = join(path, '..');
  replace(folder, path.slice(folder.length + 1), [Buffer.from(next).toString('base64')]);
  replace(dataDir, FILE, [wrapped(root, next)]);
  return { state: 'done', oldIsRoot };
}

/** Ends an exchange: from now on the present master key alone opens the folder. @throws UnderstudyError as rootKey. */
export function finishRotation(dataDir: string, env: NodeJS.ProcessEnv): RotatedMaster {
  const master = masterKey(dataDir, env);
  replace(dataDir, FILE, [wrapped(rootKey(dataDir, master), master)]);
  return { state: 'done', oldIsRoot: false };
}

function wrapped(root: Uint8Array, master: Uint8Array): string {
  return encrypt(wrapKeyOf(master), root, ABOUT).toString('base64');
}

function wrapKeyOf(master: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, new Uint8Array(), 'understudy root', 32));
}

function writeDraft(folder: string, name: string, lines: readonly string[]): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.${name}.${randomBytes(6).toString('hex')}`);
  writeFileSync(draft, `${lines.join('\n')}\n`, { mode: 0o600, flush: true });
  return draft;
}

/** In one step, on the disk itself: nobody reads half of it. */
function replace(folder: string, name: string, lines: readonly string[]): void {
  renameSync(writeDraft(folder, name, lines), join(folder, name));
  syncFolder(folder);
}
