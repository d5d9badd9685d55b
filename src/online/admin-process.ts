/**
 * The process of the admin API and the dashboard, seen from the gateway: started beside it, started again after a crash,
 * ended with it. Whatever becomes of it, calls are answered.
 * Does not: answer its requests (api/).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AdminSays, AdminSettings } from '../api/process.ts';
import type { Config } from '../core/config.ts';
import { withoutKeys } from '../core/environment.ts';

export interface AdminProcess {
  /** Where the dashboard is; null where it could not be started, which has been logged. */
  readonly url: string | null;
  /** Takes over what a running program does of a configuration: access, prices and the certificate. */
  reload(config: Config): void;
  close(): Promise<void>;
}

/** What the process has to know of the configuration: no key of a provider. */
export function adminConfig(config: Config): AdminSettings['config'] {
  const { access, admin, costs, dataDir, equality, gate, gateway } = config;
  const { learn, prices, redaction, serve, train } = config;
  return {
    access,
    admin,
    costs,
    dataDir,
    equality,
    gate,
    gateway,
    learn,
    prices,
    redaction,
    serve,
    train,
  };
}

/** Before it is started again after a crash; doubles up to a minute. */
const RESTART_MS = 500;
const LONGEST_WAIT_MS = 60_000;
/** Between SIGTERM, which a process that is well obeys, and SIGKILL. */
const KILL_AFTER_MS = 2000;

/** Resolves when it listens, or cannot. Never rejects. */
export function startAdminProcess(
  settings: AdminSettings,
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly log: (line: string) => void;
    /** Takes up now what was changed in the store. */
    readonly apply: () => Promise<void>;
  },
): Promise<AdminProcess> {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const program = fileURLToPath(new URL(`../api/child${ending}`, import.meta.url));
  let child: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosing = false;
  let isReloading = false;
  let waitMs = RESTART_MS;

  /** As it is started the next time. */
  let current = settings;
  const start = (onState: (url: string | null) => void): void => {
    const started = fork(program, [], {
      execArgv: [],
      env: withoutKeys(options.env),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child = started;
    let isDone = false;
    const ended = (how: string): void => {
      if (child === started) child = null;
      onState(null);
      if (isClosing || isDone) return;
      if (!isReloading) options.log(`admin: the dashboard's process ended (${how}); it is started again.`);
      timer = setTimeout(() => start(() => {}), isReloading ? 0 : waitMs).unref();
      if (!isReloading) waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      isReloading = false;
    };
    started.on('message', (said: AdminSays) => {
      if (said.type === 'log') options.log(said.line);
      if (said.type === 'changed')
        void options.apply().then(() => started.connected && started.send({ type: 'applied', no: said.no }));
      if (said.type === 'failed') {
        isDone = true;
        options.log(`admin: ${said.message} ${said.hint}`);
        onState(null);
      }
      if (said.type === 'listening') {
        // Started again, it is where it was.
        const port = Number(new URL(said.url).port);
        current = { ...current, config: { ...current.config, admin: { ...current.config.admin, port } } };
        onState(said.url);
      }
    });
    started.on('error', (error) => {
      if (started.pid === undefined) ended(error.message);
    });
    started.once('exit', (code, by) => ended(by ?? `exit code ${code}`));
    started.send(current, () => {});
    started.unref();
    started.channel?.unref();
  };

  const close = (): Promise<void> =>
    new Promise((resolve) => {
      isClosing = true;
      clearTimeout(timer);
      if (child === null) return resolve();
      const last = child;
      last.ref();
      const killTimer = setTimeout(() => last.kill('SIGKILL'), KILL_AFTER_MS);
      last.once('exit', () => {
        clearTimeout(killTimer);
        resolve();
      });
      last.kill('SIGTERM');
    });

  /** What may change while it runs is read at its start: it is started again, on the same port. */
  const reload = ({ access, prices, gateway }: Config): void => {
    const { config } = current;
    const tls = config.gateway.tls && (gateway.tls ?? config.gateway.tls);
    const own = { ...config.gateway, ...(tls ? { tls } : {}) };
    const next = { ...current, config: { ...config, access, prices, gateway: own } };
    if (JSON.stringify(next) === JSON.stringify(current)) return;
    current = next;
    if (child === null) return;
    isReloading = true;
    child.kill('SIGTERM');
  };

  return new Promise((resolve) => start((url) => resolve({ url, close, reload })));
}
