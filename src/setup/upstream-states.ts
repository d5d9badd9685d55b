/**
 * How the servers behind a running gateway are, told to other processes by a file in the data folder: `status` and the admin
 * API read what the gateway knows. A file and not the store, so that it is told whatever is wrong with that.
 */
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  /** Takes the file away. Never rejects. */
  close(): Promise<void>;
}

/** For a gateway, of which there is one to a data folder. */
export function upstreamStates(dataDir: string, now: () => number): UpstreamStates {
  const path = join(dataDir, FILE);
  let written = '';
  let at = 0;
  let last: Promise<void> = Promise.resolve();
  const write = async (servers: readonly GatewayUpstream[]): Promise<void> => {
    const text = JSON.stringify(servers);
    if (text === written && (servers.length === 0 || now() - at < ALIVE_MS)) return;
    at = now();
    written = text;
    try {
      if (servers.length === 0) return await rm(path, { force: true });
      await writeFile(`${path}.new`, `${JSON.stringify({ at, servers })}\n`, { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch {
      // A full or missing disk: the next time.
      written = '';
    }
  };
  const inTurn = (servers: readonly GatewayUpstream[]): Promise<void> => {
    last = last.then(() => write(servers));
    return last;
  };
  return {
    tell: inTurn,
    close: async () => {
      await last;
      await rm(path, { force: true }).catch(() => undefined);
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
