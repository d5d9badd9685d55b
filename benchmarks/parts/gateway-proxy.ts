/**
 * One proxy in a process of its own, so that its CPU time is its alone: `bare` is the least an undici proxy can do,
 * `gateway` is ours with a router and a recorder that do nothing. Tells its port, then its CPU time when asked.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { configSchema } from '../../src/core/config.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import { DIALECTS } from '../../src/wire/dialects.ts';
import { openAccess } from '../../test/support/access.ts';

const [kind, upstreamUrl = ''] = process.argv.slice(2);

async function startBare(): Promise<number> {
  const pool = new Pool(upstreamUrl, { allowH2: false });
  const server = createServer((request, response) => {
    const { host: _host, connection: _connection, ...headers } = request.headers;
    pool.stream(
      { path: request.url ?? '/', method: 'POST', headers, body: request },
      ({ statusCode, headers: theirs }) => {
        const { connection: _c, 'keep-alive': _k, 'transfer-encoding': _t, ...kept } = theirs;
        return response.writeHead(statusCode, kept);
      },
      () => {},
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function startOurs(): Promise<number> {
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

const port = kind === 'bare' ? await startBare() : await startOurs();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
