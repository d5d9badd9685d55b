/**
 * Other gateways, installed by their package names into a folder of their own and started in front of the same upstream.
 * What cannot be installed or started is told, with the reason.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { MeasuredProxy } from './load.ts';
import { treeCpu } from './process-cpu.ts';

const run = promisify(execFile);
const FOLDER = join(tmpdir(), 'understudy-bench-peers');
const [INSTALL_MS, START_MS] = [600_000, 60_000] as const;

interface Peer {
  readonly name: string;
  /** A file that is there once it is installed. */
  readonly installed: string;
  readonly install: () => Promise<unknown>;
  readonly command: (port: number, upstreamUrl: string) => readonly string[];
  readonly headers: (upstreamUrl: string) => Record<string, string>;
}

const PORTKEY = join(FOLDER, 'node_modules/@portkey-ai/gateway/build/start-server.js');
const VENV = join(FOLDER, 'venv');

const PEERS: readonly Peer[] = [
  {
    name: 'portkey',
    installed: PORTKEY,
    install: () => run('npm', ['install', '--prefix', FOLDER, '--ignore-scripts', '@portkey-ai/gateway']),
    command: (port) => [process.execPath, PORTKEY, `--port=${port}`, '--headless'],
    headers: (url) => ({ 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${url}/v1` }),
  },
  {
    name: 'litellm',
    installed: join(VENV, 'bin/litellm'),
    install: async () => {
      await run('python3', ['-m', 'venv', VENV]);
      await run(join(VENV, 'bin/pip'), ['install', '--quiet', 'litellm[proxy]'], { timeout: INSTALL_MS });
    },
    command: (port, url) => {
      const config = join(FOLDER, 'litellm.yaml');
      const model = { model: 'openai/*', api_base: `${url}/v1`, api_key: 'k' };
      const list = [{ model_name: '*', litellm_params: model }];
      writeFileSync(config, JSON.stringify({ model_list: list }));
      return [join(VENV, 'bin/litellm'), '--config', config, '--port', String(port), '--telemetry', 'False'];
    },
    headers: () => ({}),
  },
];

export interface Peers {
  readonly peers: readonly (readonly [name: string, proxy: MeasuredProxy])[];
  /** Why the others are not there, by name. */
  readonly missing: Readonly<Record<string, string>>;
}

/** @param install Whether those that are not there yet are fetched. */
export async function startPeers(upstreamUrl: string, install: boolean): Promise<Peers> {
  const peers: [string, MeasuredProxy][] = [];
  const missing: Record<string, string> = {};
  for (const peer of PEERS) {
    try {
      if (!existsSync(peer.installed)) {
        if (!install) throw new Error('not installed; --peers installs it');
        mkdirSync(FOLDER, { recursive: true });
        await peer.install();
      }
      peers.push([peer.name, await start(peer, upstreamUrl)]);
    } catch (error) {
      missing[peer.name] = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    }
  }
  return { peers, missing };
}

async function start(peer: Peer, upstreamUrl: string): Promise<MeasuredProxy> {
  const port = await freePort();
  const [program = '', ...args] = peer.command(port, upstreamUrl);
  const child = spawn(program, args, { stdio: 'ignore' });
  await answering(child, port);
  return {
    port,
    path: '/v1/chat/completions',
    headers: peer.headers(upstreamUrl),
    cpu: async () => treeCpu(child.pid!) ?? { own: Number.NaN, helpers: 0 },
    close: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function answering(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
    const isThere = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await wait(200);
  }
  child.kill('SIGKILL');
  throw new Error(`it did not answer within ${START_MS / 1000} s`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
