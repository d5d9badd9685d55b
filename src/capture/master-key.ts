/**
 * The master key of a data folder: from the environment, or in a file of its owner's alone that is made where it is missing.
 * Does not: run a command for it (master-key-command.ts).
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UnderstudyError } from '../core/errors.ts';

const KEY_FILE = 'master.key';

/** As openKeys says. */
export function masterKey(dataDir: string, env: NodeJS.ProcessEnv): Uint8Array {
  const given = env.UNDERSTUDY_MASTER_KEY;
  if (given !== undefined && given !== '') return keyOf(given, 'UNDERSTUDY_MASTER_KEY');
  if (env.UNDERSTUDY_MASTER_KEY_COMMAND) {
    throw new UnderstudyError('unavailable', 'The command for the master key has not been run.', {
      hint: 'This is a fault in Understudy; please report it.',
    });
  }
  const path = keyFile(dataDir, env) ?? join(dataDir, KEY_FILE);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    if (statSync(path, { throwIfNoEntry: false }) === undefined) {
      // Written aside and linked into place: whoever is first wins, and nobody reads half a key.
      // On the disk itself: without it nothing that is sealed can be opened again.
      try {
        writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true });
        linkSync(draft, path);
        syncFolder(dirname(path));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      } finally {
        rmSync(draft, { force: true });
      }
    }
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new UnderstudyError('bad-config', `Others may read the master key ${path}.`, {
        hint: `Run \`chmod 600 ${path}\`; if others may have read it, start a new data folder.`,
      });
    }
    return keyOf(readFileSync(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof UnderstudyError) throw cause;
    throw new UnderstudyError('unavailable', `The master key ${path} can be neither read nor made.`, {
      hint: 'Check that the data folder is writable, or set UNDERSTUDY_MASTER_KEY.',
      cause,
    });
  }
}

/** Where the key lies; null where it comes from the environment or from a command. */
export function keyFile(dataDir: string, env: NodeJS.ProcessEnv): string | null {
  if (env.UNDERSTUDY_MASTER_KEY || env.UNDERSTUDY_MASTER_KEY_COMMAND) return null;
  return env.UNDERSTUDY_MASTER_KEY_FILE || join(dataDir, KEY_FILE);
}

/** Makes the names in a folder survive a power cut, where the system can. */
export function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch {
    // Windows has no such thing.
  }
}

export function keyOf(text: string, where: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === 32) return key;
  throw new UnderstudyError('bad-config', `The master key in ${where} is not 32 bytes in base64.`, {
    hint: 'Make one with `openssl rand -base64 32`.',
  });
}
