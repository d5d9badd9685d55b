/**
 * One proxy in a process of its own, so that its CPU time is its alone: `bare` is the least an undici proxy can do, `idle` is
 * ours with a router and a recorder that do nothing, `full` the program as users start it, but for the model that finds
 * people, which is redaction's second stage (in the drain, at the lowest priority); `model` has that too. Tells its port, then
 * its CPU time when asked.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { configSchema } from '../../src/core/config.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import { openUnderstudy } from '../../src/understudy.ts';
import { DIALECTS } from '../../src/wire/dialects.ts';
import { openAccess } from '../../test/support/access.ts';

const [kind, upstreamUrl = '', dataDir = ''] = process.argv.slice(2);

async function startBare(): Promise<number> {
  const pool = new Pool(upstreamUrl, { allowH2: false });
  const server = createServer((request, response) => {
    request.on('error', () => response.destroy());
    const { host: _host, connection: _connection, ...headers } = request.headers;
    pool.stream(
      { path: request.url ?? '/', method: 'POST', headers, body: request },
      ({ statusCode, headers: theirs }) => {
        const { connection: _c, 'keep-alive': _k, 'transfer-encoding': _t, ...kept } = theirs;
        return response.writeHead(statusCode, kept);
      },
      (error) => {
        if (error) response.destroy();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function startIdle(): Promise<number> {
  const gateway = await startGateway({
    access: openAccess(),
    gateway: { ...configSchema.parse({}).gateway, port: 0 },
    upstreamUrl,
    dialects: DIALECTS,
    router: {
      route: async () => ({ served: { by: 'llm', reason: 'no-specialist' }, answer: null, compare: null }),
    },
    recorder: {
      record: async () => true,
      recordExchange: async () => true,
      recordFeedback: async () => true,
    },
  });
  return gateway.port;
}

async function startFull(finder: 'on' | 'off' = 'off'): Promise<number> {
  const redaction = finder === 'off' ? { finder } : {};
  const { gateway, ...config } = configSchema.parse({ redaction, learn: { mode: 'off' } });
  const understudy = await openUnderstudy({
    config: {
      ...config,
      dataDir,
      gateway: { ...gateway, port: 0 },
      upstream: { ...config.upstream, baseUrl: upstreamUrl },
    },
    log: (line) => console.error(line),
    env: { ...process.env, UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 1).toString('base64') },
  });
  return (await understudy.startGateway()).port;
}

const STARTS = { bare: startBare, idle: startIdle, full: startFull, model: () => startFull('on') };
const port = await STARTS[kind as keyof typeof STARTS]();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
