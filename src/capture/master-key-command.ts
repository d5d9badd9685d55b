/**
 * The master key from a command, such as one that asks a key management service to decrypt it: run once in a process, and not on
 * the path of a call.
 * Does not: look elsewhere for it (master-key.ts).
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UnderstudyError } from '../core/errors.ts';

const TIMEOUT_MS = 30_000;
const known = new Map<string, string>();

/**
 * The environment, with the output of UNDERSTUDY_MASTER_KEY_COMMAND as UNDERSTUDY_MASTER_KEY where there is such a command.
 * @throws UnderstudyError 'unavailable' where it fails. What it wrote is not in the error.
 */
export async function withMasterKey(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const command = env.UNDERSTUDY_MASTER_KEY_COMMAND;
  if (env.UNDERSTUDY_MASTER_KEY || !command) return env;
  const key = known.get(command) ?? (await run(command, env));
  known.set(command, key);
  return { ...env, UNDERSTUDY_MASTER_KEY: key };
}

async function run(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  const [shell, flag] = process.platform === 'win32' ? ['cmd.exe', '/c'] : ['/bin/sh', '-c'];
  try {
    const { stdout } = await promisify(execFile)(shell ?? '', [flag ?? '', command], {
      env,
      timeout: TIMEOUT_MS,
    });
    return stdout.trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it was ended';
    throw new UnderstudyError('unavailable', `The command for the master key failed (${code}).`, {
      hint: 'Run the command of UNDERSTUDY_MASTER_KEY_COMMAND by hand: it prints 32 bytes in base64, within 30 s.',
    });
  }
}
