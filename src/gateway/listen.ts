/**
 * The gateway's server: HTTP, or HTTPS with an own certificate, on an address where that is safe.
 * Does not: answer (gateway.ts).
 */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Config } from '../core/config.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';

type Tls = NonNullable<Config['gateway']['tls']>;

/** @throws UnderstudyError 'bad-config' where the files of `tls` cannot be read. */
export function makeServer(tls: Tls | undefined, options: ServerOptions, listener: RequestListener): Server {
  if (tls === undefined) return createServer(options, listener);
  return withCertificate(tls, (files) => createTlsServer({ ...options, ...files }, listener));
}

/** Reads certificate and key and hands them to `use`. @throws UnderstudyError 'bad-config' where they cannot be used. */
export function withCertificate<T>(tls: Tls, use: (files: { cert: Buffer; key: Buffer }) => T): T {
  try {
    return use({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) });
  } catch (cause) {
    throw new UnderstudyError(
      'bad-config',
      `The certificate of the gateway cannot be used: ${messageOf(cause)}`,
      {
        hint: 'Check gateway.tls.cert and gateway.tls.key: two PEM files that belong together.',
        cause,
      },
    );
  }
}

/** Resolves with the port. @param setting Where the port is configured. @throws UnderstudyError 'unavailable' where the address cannot be had. */
export async function listen(
  server: Server,
  host: string,
  port: number,
  setting: 'gateway.port' | 'admin.port' = 'gateway.port',
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new UnderstudyError('unavailable', `Cannot listen on ${host}:${port}: ${messageOf(cause)}`, {
          hint: `Choose another port with ${setting}; 0 picks a free one.`,
          data: { host, port },
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Beyond loopback, whoever reaches the gateway must have a key, and nobody on the way may read it. */
export function requireSafeAddress(gateway: Config['gateway'], hasKeys: boolean): void {
  const { host, tls, trustProxy } = gateway;
  if (/^(localhost|127(\.\d+){3}|::1)$/.test(host)) return;
  if (!hasKeys) {
    throw new UnderstudyError('bad-config', `The gateway does not listen on ${host} without access keys.`, {
      hint: 'Make an admin key with `understudy keys create --role admin`, or set access.keys to required.',
      data: { host },
    });
  }
  if (tls === undefined && !trustProxy) {
    throw new UnderstudyError('bad-config', `The gateway does not listen on ${host} without TLS.`, {
      hint: 'Set gateway.tls, or gateway.trustProxy where a proxy in front of it ends TLS.',
      data: { host },
    });
  }
}
