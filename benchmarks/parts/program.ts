/** The real program in a process group of its own, for benchmarks that kill it or send it signals. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Program {
  readonly child: ChildProcess;
  /** The gateway's base URL, with the version path. */
  readonly url: string;
}

/** Starts it, and waits until it listens. @param config Path of its configuration. */
export async function startProgram(config: string): Promise<Program> {
  const program = join(import.meta.dirname, '../../src/cli.ts');
  const args = [program, 'start', '--config', config, '--port', '0', '--json'];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: child.stdout! })) {
    const { url } = JSON.parse(line) as { url: string };
    return { child, url };
  }
  throw new Error('The program ended before it listened.');
}
