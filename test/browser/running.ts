/** The program as a user starts it, over a data folder that is there, with the dashboard built. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createKey } from '../../src/access/manage.ts';
import type { Role } from '../../src/core/access.ts';
import { configSchema } from '../../src/core/config.ts';
import { openStorage } from '../../src/setup/data-folder.ts';
import { MASTER_KEY } from '../support/data-folder.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Running {
  readonly gateway: string;
  readonly dashboard: string;
  stop(): Promise<void>;
}

export function buildDashboard(): void {
  execFileSync(
    process.execPath,
    [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error', 'dashboard'],
    {
      cwd: ROOT,
      stdio: 'inherit',
    },
  );
}

/** An access key in a data folder; its text. */
export async function makeKey(dataDir: string, role: Role): Promise<string> {
  const storage = await openStorage({ ...configSchema.parse({}), dataDir }, { env: MASTER_KEY });
  try {
    return (await createKey(storage.store, { alias: `a ${role}`, role }, Date.now())).text;
  } finally {
    await storage.close();
  }
}

export async function startProgram(dataDir: string): Promise<Running> {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      join(ROOT, 'src/cli.ts'),
      'start',
      '--json',
      '--port',
      '0',
      '--admin-port',
      '0',
      '--data-dir',
      dataDir,
      '--upstream',
      'http://127.0.0.1:9/v1',
    ],
    { cwd: dataDir, env: { ...process.env, ...MASTER_KEY }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'close').then(() => {
      throw new Error('the program ended');
    }),
  ])) as [string];
  const { url, dashboard } = JSON.parse(line) as { url: string; dashboard: string };
  return {
    gateway: url,
    dashboard,
    stop: async () => {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}
