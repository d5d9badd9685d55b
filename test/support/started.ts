/** `understudy start` as a process of its own, for tests of what it does by itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { JsonObject } from '../../src/core/json.ts';

const CLI = resolve(import.meta.dirname, '../../src/cli.ts');

export interface Started {
  readonly url: string;
  readonly pid: number;
  /** What it wrote to stderr. */
  readonly log: string[];
  /** Ends it as ctrl-C does, or at once. */
  end(signal?: 'SIGINT' | 'SIGKILL'): Promise<void>;
}

/** Starts it on the data folder, with this configuration; no pip is on its path, so that nothing is fetched. */
export async function startProgram(dataDir: string, config: JsonObject): Promise<Started> {
  const file = join(dataDir, 'understudy.yaml');
  writeFileSync(file, JSON.stringify({ ...config, dataDir }));
  const child = spawn(process.execPath, [CLI, 'start', '--json', '--config', file], {
    env: { PATH: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const { url } = JSON.parse(await firstLine(child, log)) as { url: string };
  return {
    url,
    log,
    pid: child.pid!,
    end: async (signal = 'SIGINT') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

async function firstLine(child: ChildProcess, log: readonly string[]): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error(`it did not start: ${log.join('\n')}`);
}

/** Runs another command of the program; its JSON. */
export async function runProgram(dataDir: string, ...args: readonly string[]): Promise<JsonObject> {
  const child = spawn(process.execPath, [CLI, ...args, '--json', '--data-dir', dataDir], {
    env: { PATH: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${code}`);
  return JSON.parse(text) as JsonObject;
}

/** Asks again and again until there is an answer. @throws Error after `ms`. */
export async function until<T>(
  what: string,
  ms: number,
  look: () => Promise<T | null | undefined | false>,
): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`it did not come: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
