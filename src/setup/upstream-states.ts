/**
 * How the servers behind a running gateway are, told to other processes by a file in the data folder: `status` and the admin
 * API read what the gateway knows. A file and not the store, so that it is told whatever is wrong with that.
 */
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, parseJson } from '../core/json.ts';
import type { GatewayUpstream, UpstreamsReport } from '../core/observe.ts';

const FILE = 'upstreams.json';
/** How often what has not changed is written again, as a sign of life. */
const ALIVE_MS = 10_000;
/** Older than this, its gateway runs no more: one that ends in order takes its file along. */
const STALE_MS = 3 * ALIVE_MS;

export interface UpstreamStates {
  /** Writes them, where they have changed or nothing was written for a while. Never rejects. */
  tell(servers: readonly GatewayUpstream[]): Promise<void>;
  /**
   * Takes the file away, if the disk lets it within a second. Never rejects.
   * It ends no request that a disk keeps: as long as that hangs, Node does not end the process either, `process.exit` included.
   */
  close(): Promise<void>;
}

/** What is done to the disk, which may take as long as it likes. */
type Files = Pick<typeof import('node:fs/promises'), 'rename' | 'rm' | 'writeFile'>;

/** How long whatever else is closed after it waits for the disk. */
const CLOSE_MS = 1000;

/**
 * For a gateway, of which there is one to a data folder.
 * @param options.closeMs How long `close` waits for a disk that does not answer. Default: a second.
 */
export function upstreamStates(
  dataDir: string,
  now: () => number,
  { files = { rename, rm, writeFile }, closeMs = CLOSE_MS }: { files?: Files; closeMs?: number } = {},
): UpstreamStates {
  const path = join(dataDir, FILE);
  let written = '';
  let at = 0;
  let isClosed = false;
  let writing: Promise<void> | null = null;
  /** What is to be told once that has been written; null: nothing new. */
  let next: readonly GatewayUpstream[] | null = null;
  const remove = (): Promise<void> => files.rm(path, { force: true });
  const write = async (servers: readonly GatewayUpstream[]): Promise<void> => {
    const text = JSON.stringify(servers);
    if (text === written && (servers.length === 0 || now() - at < ALIVE_MS)) return;
    at = now();
    written = text;
    try {
      if (servers.length === 0) return await remove();
      await files.writeFile(`${path}.new`, `${JSON.stringify({ at, servers })}\n`, { mode: 0o600 });
      await files.rename(`${path}.new`, path);
    } catch {
      // A full or missing disk: the next time.
      written = '';
    }
  };
  const writeAll = async (): Promise<void> => {
    while (next !== null) {
      const servers = next;
      next = null;
      await write(servers);
    }
    writing = null;
  };
  return {
    tell: (servers) => {
      if (isClosed) return Promise.resolve();
      // One waits at most, the latest: a disk that hangs gathers no more of them.
      next = servers;
      writing ??= writeAll();
      return writing;
    },
    close: async () => {
      isClosed = true;
      next = null;
      const removed = Promise.resolve(writing)
        .then(remove)
        .catch(() => undefined);
      await Promise.race([removed, sleep(closeMs, undefined, { ref: false })]);
    },
  };
}

/** Null where no gateway runs on the data folder, or where it has one plain server for each API, which is asked as it is. */
export function readUpstreamStates(dataDir: string, now: number): UpstreamsReport | null {
  let text: string;
  try {
    text = readFileSync(join(dataDir, FILE), 'utf8');
  } catch {
    return null;
  }
  const value = parseJson(text);
  if (!isObject(value) || typeof value.at !== 'number' || !Array.isArray(value.servers)) return null;
  if (now - value.at > STALE_MS) return null;
  return { at: value.at, servers: value.servers as unknown as readonly GatewayUpstream[] };
}
