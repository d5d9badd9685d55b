/** The made-up provider of the tests on a port of its own, which it can leave for a while; counts what it has answered whole. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { madeProvider } from '../../test/e2e/made-provider.ts';

export interface FlakyProvider {
  /** Without a version path. */
  readonly url: string;
  /** Answers of models with status 200 which the client took to the end. */
  answered(): number;
  isAway(): boolean;
  /** How often it has been away. */
  outages(): number;
  /** Drops every connection and takes none for that time, in milliseconds. */
  away(ms: number): Promise<void>;
  close(): Promise<void>;
}

export async function startFlakyProvider(): Promise<FlakyProvider> {
  const provider = madeProvider();
  const state = { answered: 0, outages: 0, isAway: false };
  const listen = async (port: number): Promise<Server> => {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = '', url = '', headers } = request;
      response.once('close', () => {
        const isWhole = response.writableFinished && response.statusCode === 200;
        // Counting tokens is no call of the model.
        if (isWhole && !url.includes('/count_tokens')) state.answered++;
      });
      provider.answer({ method, url, headers, body: Buffer.concat(chunks) }, response);
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const leave = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    answered: () => state.answered,
    isAway: () => state.isAway,
    outages: () => state.outages,
    away: async (ms) => {
      state.isAway = true;
      state.outages++;
      await leave();
      await wait(ms);
      server = await listen(port);
      state.isAway = false;
    },
    close: leave,
  };
}
