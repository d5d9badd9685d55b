/** `understudy start`: the gateway, and the dashboard beside it, until it is told to stop. */

import { type Command, Option } from 'commander';
import { dashboardFolder, isBuilt } from '../api/files.ts';
import type { Config } from '../core/config.ts';
import { upstreamUrls } from '../core/config-upstreams.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { AdminProcess } from '../online/admin-process.ts';
import type { OnlineGateway } from '../online/serving.ts';
import { person } from '../setup/person.ts';
import { version } from '../setup/version.ts';
import type { Understudy } from '../understudy.ts';

import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { makeFirstKey } from './first-key.ts';
import { LOG_FORMATS, type LogFormat, logTo } from './log.ts';
import { portOf } from './numbers.ts';
import { PROVIDERS, requireUpstream } from './questions.ts';

interface StartFlags extends CommonOptions {
  readonly host?: string;
  readonly port?: number;
  readonly adminPort?: number;
  readonly upstream?: string;
  readonly logFormat?: LogFormat;
}

export function addStart(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('start'))
    .description('Start the gateway between your agents and their LLM, and the dashboard beside it.')
    .option('--port <n>', 'port to listen on; 0 picks a free one', portOf)
    .option(
      '--admin-port <n>',
      'port of the dashboard and the admin API (default: 4001); 0 picks a free one',
      portOf,
    )
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option(
      '--upstream <url>',
      `base URL of the LLM provider, with its version path, or one of ${Object.keys(PROVIDERS).join(', ')}`,
    )
    .addOption(new Option('--log-format <format>', 'of what is logged to stderr').choices(LOG_FORMATS))
    .addHelpText(
      'after',
      `
The agent's key goes to the upstream untouched and is never stored. Calls are recorded; specialists that have been
learnt answer what they are sure of, and the headers x-understudy-served-by and x-understudy-reason say who served.
If anything of Understudy fails, the call still reaches the LLM.

SIGTERM and ctrl-C finish the calls under way. SIGHUP reads the configuration again and drops no connection (access,
upstreams, prices, certificate, alerts; for the rest it says that a restart is needed).

Examples:
  $ understudy start
  $ understudy start --port 8080 --upstream https://api.openai.com/v1

The one line of change, where your agent runs; the clients of OpenAI read it, in Python and in Node:
  $ export OPENAI_BASE_URL=http://127.0.0.1:4000/v1`,
    )
    .action((flags: StartFlags) => run(flags, terminal));
}

/** The configuration with what the command line sets. @throws UnderstudyError 'bad-config'. */
function readConfig(flags: StartFlags, terminal: Terminal): Config {
  const base = configFor(flags, terminal);
  return {
    ...base,
    gateway: {
      ...base.gateway,
      host: flags.host ?? base.gateway.host,
      port: flags.port ?? base.gateway.port,
    },
    admin: { ...base.admin, port: flags.adminPort ?? base.admin.port },
    upstream: {
      ...base.upstream,
      baseUrl: flags.upstream === undefined ? base.upstream.baseUrl : requireUpstream(flags.upstream),
    },
  };
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
  const config = readConfig(flags, terminal);
  const log = logTo(terminal, flags.logFormat ?? 'text');
  const { openUnderstudy } = await import('../understudy.ts');
  const understudy = await openUnderstudy({ config, signal: terminal.signal, log });
  try {
    await makeFirstKey(config, understudy.store, terminal);
    const gateway = await understudy.startGateway();
    await record(understudy, log, 'gateway-started', { version: version() });
    const admin = await understudy.startAdmin(gateway);
    const learning = understudy.startLearning();
    try {
      const { openai, anthropic } = upstreamUrls(config);
      const started = {
        kind: 'started',
        url: gateway.url,
        upstream: openai,
        upstreams: { openai, anthropic },
        dashboard: admin.url,
      };
      const others = new URL(anthropic).origin === new URL(openai).origin ? '' : ` and ${anthropic}`;
      print(terminal, flags, started, () =>
        [
          `The gateway listens on ${gateway.url} and stands before ${openai}${others}.`,
          `Point your agent at it: OPENAI_BASE_URL=${gateway.url}`,
          `or, for Anthropic’s clients: ANTHROPIC_BASE_URL=${new URL(gateway.url).origin}`,
          ...(admin.url === null ? [] : [dashboardLine(admin.url)]),
          LEARNING[config.learn.mode],
          'Stop with ctrl-C.',
        ].join('\n'),
      );
      terminal.onHangup?.(() => void reload(flags, terminal, { gateway, admin }, understudy, log));
      await stopped(terminal.signal);
    } finally {
      await learning.close();
      await Promise.all([gateway.close(), admin.close()]);
    }
  } finally {
    await understudy.close();
  }
}

/** From a checkout, the page may not be there yet. */
function dashboardLine(url: string): string {
  return isBuilt(dashboardFolder())
    ? `The dashboard is at ${url}`
    : `The admin API is at ${url}/api/v1; for the dashboard run \`npm run build:dashboard\` once.`;
}

/** Reads the configuration again, for a gateway that runs on. Never rejects: one that is wrong changes nothing. */
async function reload(
  flags: StartFlags,
  terminal: Terminal,
  { gateway, admin }: { readonly gateway: OnlineGateway; readonly admin: AdminProcess },
  understudy: Understudy,
  log: (line: string) => void,
): Promise<void> {
  try {
    const config = readConfig(flags, terminal);
    const { changed, needRestart } = gateway.reload(config);
    admin.reload(config);
    log(
      changed.length === 0
        ? 'configuration: read again, nothing has changed.'
        : `configuration: read again; changed: ${changed.join(', ')}.`,
    );
    if (needRestart.length > 0) log(`configuration: a restart is needed for ${needRestart.join(', ')}.`);
    await record(understudy, log, 'configuration-reloaded', { changed: [...changed] });
  } catch (error) {
    const hint = error instanceof UnderstudyError ? ` ${error.hint}` : '';
    log(`configuration: could not be taken over: ${messageOf(error)}${hint}`);
  }
}

/** Puts it into the audit trail. Never rejects: the gateway runs whatever becomes of the store. */
async function record(
  understudy: Understudy,
  log: (line: string) => void,
  action: 'gateway-started' | 'configuration-reloaded',
  detail: JsonObject,
): Promise<void> {
  try {
    const store = await understudy.store();
    await store.appendTrail({ at: Date.now(), actor: person(), action, subject: 'gateway', detail });
  } catch (error) {
    log(`audit: '${action}' is not on record: ${messageOf(error)}`);
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
