/**
 * Listens for the admin API and the dashboard.
 * Does not: know what they answer (app.ts, files.ts).
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { UnderstudyError } from '../core/errors.ts';
import type { AdminApp } from './env.ts';

export interface AdminServer {
  /** Like http://127.0.0.1:4001. */
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

export const isLoopbackHost = (host: string): boolean => LOOPBACK.has(host);

/** @throws UnderstudyError 'unavailable' where the address cannot be had. */
export async function listen(
  app: AdminApp,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<AdminServer> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((done, failed) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      failed(
        new UnderstudyError(
          'unavailable',
          `The dashboard cannot listen on ${host}:${port} (${cause.code}).`,
          {
            hint: 'Set another `admin.port` in the configuration, or --admin-port; 0 picks a free one.',
            data: { host, port },
            cause,
          },
        ),
      ),
    );
    server.listen(port, host, done);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        // Streams of events would keep it open.
        server.closeAllConnections();
      }),
  };
}
