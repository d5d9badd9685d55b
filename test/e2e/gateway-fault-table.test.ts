/**
 * The table of faults: each cell runs once directly and once through the gateway, and what the client saw is
 * compared. The table stands in docs/faults.md; this test fails where that page is stale, and writes it where
 * UNDERSTUDY_WRITE_FAULTS is set (`npm run docs:faults`).
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { configSchema } from '../../src/core/config.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import { DIALECTS } from '../../src/wire/dialects.ts';
import { openAccess } from '../support/access.ts';
import { BROKEN, UNUSUAL } from './gateway-fault-cells.ts';
import { type Seen, summary } from './gateway-fault-client.ts';
import { CLIENT_CELLS } from './gateway-fault-clients.ts';
import { type Cell, PATHS, SHAPED } from './gateway-fault-parts.ts';
import { noSpecialist } from './gateway-harness.ts';

const PAGE = join(import.meta.dirname, '../../docs/faults.md');
const CELLS: readonly Cell[] = [...BROKEN, ...UNUSUAL, ...CLIENT_CELLS];

interface Row {
  readonly name: string;
  readonly direct: string;
  readonly gateway: string;
  /** Why the two differ; null where they are the same. */
  readonly differs: string | null;
}
const rows = new Map<string, Row[]>();

for (const cell of CELLS) {
  test(`${cell.name}: ${cell.differs === undefined ? 'the same through the gateway' : 'told in the provider’s shape'}`, async () => {
    const found: Row[] = [];
    const all = Object.keys(PATHS) as (keyof typeof PATHS)[];
    for (const kind of cell.over ?? all) {
      const { direct, gateway } = await both(cell, PATHS[kind]);
      if (cell.differs === undefined) assert.deepEqual(gateway, direct, kind);
      else assert.notDeepEqual(gateway, direct, kind);
      if (cell.differs === SHAPED) assertShape(gateway.body.toString(), kind);
      found.push({
        name: cell.name,
        direct: summary(direct),
        gateway: summary(gateway),
        differs: cell.differs ?? null,
      });
    }
    // One row says it, where both paths are alike.
    const alike = found.every((row) => row.differs === null || row.gateway === found[0]?.gateway);
    rows.set(cell.name, alike ? found.slice(0, 1) : found);
  });
}

/** Anthropic's clients read other errors than OpenAI's. */
function assertShape(body: string, kind: keyof typeof PATHS): void {
  const { type, error } = JSON.parse(body) as {
    readonly type?: string;
    readonly error: { readonly type: string };
  };
  assert.equal(type, kind === 'messages' ? 'error' : undefined);
  assert.equal(error.type, kind === 'messages' ? 'api_error' : 'server_error');
}

after(() => {
  const page = pageOf([...CELLS.flatMap((cell) => rows.get(cell.name) ?? [])]);
  if (process.env.UNDERSTUDY_WRITE_FAULTS) writeFileSync(PAGE, page);
  else if (rows.size === CELLS.length) {
    assert.equal(readFileSync(PAGE, 'utf8'), page, 'docs/faults.md is stale: npm run docs:faults');
  }
});

async function both(cell: Cell, path: string): Promise<{ direct: Seen; gateway: Seen }> {
  const shouldUpgradeCallback = (): boolean => cell.upgrade !== undefined;
  const upstream = createServer(
    { maxHeaderSize: 1024 * 1024, shouldUpgradeCallback },
    (request, response) => {
      request.on('error', () => {});
      cell.upstream(request, response);
    },
  );
  upstream.on('upgrade', (request, socket, head) => cell.upgrade?.(request, socket, head));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  const gateway = await startGateway({
    access: openAccess(),
    gateway: { ...configSchema.parse({}).gateway, port: 0 },
    upstreamUrl: `http://127.0.0.1:${port}/v1`,
    dialects: DIALECTS,
    router: noSpecialist,
    recorder: {
      record: async () => true,
      recordExchange: async () => true,
      recordFeedback: async () => true,
    },
  });
  try {
    return { direct: await cell.client(port, path), gateway: await cell.client(gateway.port, path) };
  } finally {
    upstream.closeAllConnections();
    upstream.close();
    await gateway.close();
  }
}

function pageOf(found: readonly Row[]): string {
  const lines = found.map(({ name, direct, gateway, differs }) =>
    [name, direct, differs === null ? 'the same' : gateway, differs ?? '']
      .map((text) => text.replaceAll('|', '\\|'))
      .join(' | '),
  );
  return `<!-- Made by test/e2e/gateway-fault-table.test.ts (npm run docs:faults). Change the code, not this page. -->

# Faults, with and without the gateway

What a client sees when it asks the provider directly, and through the gateway, as the tests measure it: each row runs
once each way against an upstream of our own, over the path of each dialect (\`/v1/chat/completions\`, \`/v1/responses\`,
\`/v1/messages\`: these are recorded) and over one that is only passed on, where all make sense. One row stands for all of
them; the gateway's own errors have the shape of the path's provider. Compared are the informational answers, status,
reason, all headers in their order and spelling, the bytes of the body, the trailers, and how it ended. Not compared are
\`Date\`, what belongs to one connection (\`Connection\`, \`Keep-Alive\`, \`Transfer-Encoding\`) and the gateway's own
\`x-understudy-\` headers.

${lines.length} rows, ${lines.filter((line) => line.endsWith('| the same | ')).length} of them the same.

| what happens | direct | through the gateway | why it differs |
| --- | --- | --- | --- |
${lines.map((line) => `| ${line} |`.replace(/\| {2}\|$/, '| |')).join('\n')}
`;
}
