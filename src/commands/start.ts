/** `understudy start`: the gateway, until it is told to stop. */
import type { Command } from 'commander';
import { UnderstudyError } from '../core/errors.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { makeFirstKey } from './first-key.ts';
import { portOf } from './numbers.ts';

interface StartFlags extends CommonOptions {
  readonly host?: string;
  readonly port?: number;
  readonly upstream?: string;
}

export function addStart(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('start'))
    .description('Start the gateway between your agents and their LLM.')
    .option('--port <n>', 'port to listen on; 0 picks a free one', portOf)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--upstream <url>', 'base URL of the LLM provider, with its version path')
    .addHelpText(
      'after',
      `
The agent's key goes to the upstream untouched and is never stored. Calls are recorded; specialists that have been
learnt answer what they are sure of, and the headers x-understudy-served-by and x-understudy-reason say who served.
If anything of Understudy fails, the call still reaches the LLM.

Examples:
  $ understudy start
  $ understudy start --port 8080 --upstream https://api.openai.com/v1

The one line of change, where your agent runs; the clients of OpenAI read it, in Python and in Node:
  $ export OPENAI_BASE_URL=http://127.0.0.1:4000/v1`,
    )
    .action((flags: StartFlags) => run(flags, terminal));
}

/** What happens by itself, in each mode. */
const LEARNING = {
  off: 'It does not learn by itself (learn.mode): `understudy learn` does.',
  observe:
    'It learns by itself and deploys nothing (learn.mode): `understudy jobs list` shows what it found.',
  propose: 'It learns by itself; what passes waits for `understudy approve TASK` (learn.mode).',
  auto: 'It learns by itself, and what passes comes into service, from shadow on (learn.mode).',
} as const;

async function run(flags: StartFlags, terminal: Terminal): Promise<void> {
  const base = configFor(flags, terminal);
  if (flags.upstream !== undefined && !/^https?:$/.test(URL.parse(flags.upstream)?.protocol ?? '')) {
    throw new UnderstudyError('bad-input', `--upstream ${flags.upstream} is not the URL of a server.`, {
      hint: 'Give the whole address, like https://api.openai.com/v1.',
    });
  }
  const config = {
    ...base,
    gateway: {
      ...base.gateway,
      host: flags.host ?? base.gateway.host,
      port: flags.port ?? base.gateway.port,
    },
    upstream: { ...base.upstream, baseUrl: flags.upstream ?? base.upstream.baseUrl },
  };
  const { openUnderstudy } = await import('../understudy.ts');
  const understudy = await openUnderstudy({
    config,
    signal: terminal.signal,
    log: (line) => terminal.err(`${line}\n`),
  });
  try {
    await makeFirstKey(config, understudy.store, terminal);
    const gateway = await understudy.startGateway();
    const learning = understudy.startLearning();
    try {
      const started = { kind: 'started', url: gateway.url, upstream: config.upstream.baseUrl };
      print(terminal, flags, started, () =>
        [
          `The gateway listens on ${gateway.url} and stands before ${config.upstream.baseUrl}.`,
          `Point your agent at it: OPENAI_BASE_URL=${gateway.url}`,
          LEARNING[config.learn.mode],
          'Stop with ctrl-C.',
        ].join('\n'),
      );
      await stopped(terminal.signal);
    } finally {
      await learning.close();
      await gateway.close();
    }
  } finally {
    await understudy.close();
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
