/** A Python with the official clients (python_clients.py), told what to do line by line. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Scene } from './made-provider.ts';

const PYTHON = process.env.UNDERSTUDY_TEST_PYTHON ?? 'python3';

/** Why there are no Python clients here; false where there are. */
export function noPythonClients(): string | false {
  const there = spawnSync(PYTHON, ['-c', 'import openai, anthropic']).status === 0;
  return there ? false : `${PYTHON} has no openai and anthropic`;
}

/** What each use of a client saw, by its name. */
export type Seen = Readonly<Record<string, unknown>>;

export interface PythonClients {
  /** Plays a scene with every client. @param base Without a version path. */
  see(base: string, scene: Scene): Promise<Seen>;
  stop(): void;
}

export function startPythonClients(): PythonClients {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'python_clients.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    see: async (base, scene) => {
      child.stdin.write(`${JSON.stringify({ base, scene })}\n`);
      return JSON.parse(String((await lines.next()).value)) as Seen;
    },
    stop: () => child.stdin.end(),
  };
}
