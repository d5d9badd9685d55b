/**
 * A disk that fails when a test says so: the functions of node:fs that write are replaced for the whole process. What SQLite
 * writes is not touched, nor what other threads do.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

type Operation = 'open' | 'write' | 'fsync' | 'rename' | 'mkdir';

export interface FailingDisk {
  /** The operations that fail, and below which folder; none at first. */
  fail(operations: readonly Operation[], below: string, code?: string): void;
  /** Operations that have failed so far. */
  readonly failed: number;
  restore(): void;
}

export function failingDisk(): FailingDisk {
  let failing: readonly Operation[] = [];
  let below = '';
  let code = 'ENOSPC';
  let failed = 0;
  const paths = new Map<number, string>();
  const before = { ...fs };
  const promisesBefore = { ...fs.promises };
  const errorFor = (operation: Operation, path: unknown): NodeJS.ErrnoException | null => {
    if (!failing.includes(operation) || !String(path).startsWith(below)) return null;
    failed++;
    return Object.assign(new Error(`${code}: no space left on device, ${operation}`), { code, errno: -28 });
  };
  const check = (operation: Operation, path: unknown): void => {
    const error = errorFor(operation, path);
    if (error) throw error;
  };
  const writes = (flags: unknown): boolean => typeof flags === 'string' && /[wa+]/.test(flags);
  const replaced = {
    openSync: (path: string, flags?: string, mode?: number) => {
      if (writes(flags)) check('open', path);
      const fd = before.openSync(path, flags ?? 'r', mode);
      paths.set(fd, path);
      return fd;
    },
    writeSync: (fd: number, ...rest: [Uint8Array, number]) => {
      check('write', paths.get(fd));
      return before.writeSync(fd, ...rest);
    },
    writeFileSync: (path: string, ...rest: [string, object]) => {
      check('write', path);
      before.writeFileSync(path, ...rest);
    },
    mkdirSync: (path: string, ...rest: [object]) => {
      if (!before.existsSync(path)) check('mkdir', path);
      return before.mkdirSync(path, ...rest);
    },
    renameSync: (from: string, to: string) => {
      check('rename', from);
      before.renameSync(from, to);
    },
    fsync: (fd: number, done: (error: unknown) => void) => {
      const error = errorFor('fsync', paths.get(fd));
      if (error) setImmediate(done, error);
      else before.fsync(fd, done);
    },
    fdatasync: (fd: number, done: (error: unknown) => void) => {
      const error = errorFor('fsync', paths.get(fd));
      if (error) setImmediate(done, error);
      else before.fdatasync(fd, done);
    },
  };
  const replacedPromises = {
    writeFile: async (path: string, ...rest: [string, object]) => {
      check('write', path);
      await promisesBefore.writeFile(path, ...rest);
    },
    rename: async (from: string, to: string) => {
      check('rename', from);
      await promisesBefore.rename(from, to);
    },
  };
  const original = Object.fromEntries(
    Object.keys(replaced).map((name) => [name, before[name as keyof typeof before]]),
  );
  const { writeFile, rename } = promisesBefore;
  Object.assign(fs, replaced);
  Object.assign(fs.promises, replacedPromises);
  syncBuiltinESMExports();
  return {
    fail(operations, folder, as = 'ENOSPC') {
      failing = operations;
      below = folder;
      code = as;
    },
    get failed() {
      return failed;
    },
    restore() {
      Object.assign(fs, original);
      Object.assign(fs.promises, { writeFile, rename });
      syncBuiltinESMExports();
    },
  };
}
