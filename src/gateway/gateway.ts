/**
 * The gateway: an HTTP server in front of the LLM, started and closed. What becomes of a request is in dispatch.ts.
 * Does not: own the router or the recorder, which whoever starts it makes and closes.
 */
import type { IncomingMessage, Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Access } from '../core/access.ts';
import type { Served } from '../core/call.ts';
import type { Config } from '../core/config.ts';
import type { GatewayUpstream, Observer, UpstreamEvent } from '../core/observe.ts';
import type { Recorder, Router } from '../core/online.ts';
import type { Dialect } from '../wire/dialect.ts';
import { backgroundWork } from './background.ts';
import { readBody, SMALL_BODY_BYTES } from './body.ts';
import { boundedRecorder, type LostFor } from './bounded-recorder.ts';
import { bodyBudget } from './budget.ts';
import { createDispatch, PASSED, requestDialects } from './dispatch.ts';
import type { CostOf, GatewayContext, Log } from './exchange.ts';
import { listen, makeServer, requireSafeAddress, withCertificate } from './listen.ts';
import { oneATurn } from './one-a-turn.ts';
import { endWith, refuse } from './own-answers.ts';
import type { GatewayHealth } from './own-routes.ts';
import { silentConnections } from './silent-connections.ts';
import type { GatewayStats } from './stats.ts';
import { sharedTurns } from './turns.ts';
import { tunnels, wantsUpgrade } from './upgrade.ts';
import { watchUpload } from './upload.ts';
import { connectUpstreams, type UpstreamOptions } from './upstreams.ts';

/** How long a call may wait for its record, in milliseconds. */
const RECORD_WAIT_MS = 2000;
/** How long closing waits for calls, and then for audits, in milliseconds. */
const CALL_GRACE_MS = 30_000;
const AUDIT_GRACE_MS = 10_000;
const CLOSE_IDLE_MS = 50;
/** What large bodies together may take of one turn of the event loop. */
const BYTES_A_TURN = 1024 * 1024;
/** Audits and comparisons at once. */
const MAX_BACKGROUND = 32;
const MAX_HEADER_BYTES = 128 * 1024;
/** How long clients may take over their requests, milliseconds. An answer's time is the upstream's. */
export interface ClientLimits {
  /** Longest time for a request's head to be there. */
  readonly headMs: number;
  /** Longest silence in the middle of a body. A steady upload may take as long as it needs. */
  readonly uploadIdleMs: number;
  /** How often the first is looked at. */
  readonly checkMs: number;
}
const CLIENT_LIMITS: ClientLimits = { headMs: 60_000, uploadIdleMs: 60_000, checkMs: 10_000 };

export interface GatewayOptions {
  readonly gateway: Config['gateway'];
  /** With or without its version path. */
  readonly upstreamUrl: string;
  /** Of APIs that have an upstream of their own. */
  readonly upstreamUrls?: UpstreamOptions['upstreamUrls'];
  /** More than one server of an API, or what is tried again. Default: neither. */
  readonly several?: UpstreamOptions['several'];
  /** Told what happens at the servers, where there are several. */
  readonly onUpstream?: (event: UpstreamEvent) => void;
  /** To each upstream, at once. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /** Those whose calls are read and served. What belongs to none is answered in the shape of its provider's first. */
  readonly dialects: readonly [Dialect, ...Dialect[]];
  readonly router: Router;
  readonly recorder: Recorder;
  /** Who is let in. */
  readonly access: Access;
  readonly log?: Log;
  /** A call could not be handed to the recorder, and is lost. */
  readonly onLost?: (reason: LostFor) => void;
  /** What /health/readiness tells beside the gateway's own state; holds no payload. */
  readonly health?: () => GatewayHealth;
  /** Told what became of each call. */
  readonly observer?: Observer;
  /** What `/metrics` tells. Default: the path is passed on. */
  readonly metrics?: () => string;
  /** What a specialist's answer to a request for this model cost and saved, in dollars; null where that is not known. */
  readonly costOf?: CostOf;
  readonly now?: () => number;
  /** Longest wait for the recorder, milliseconds. Default: 2000. */
  readonly recordWaitMs?: number;
  readonly limits?: Partial<ClientLimits>;
}

export interface Gateway {
  /** Like http://127.0.0.1:4000/v1, the base URL for agents. */
  readonly url: string;
  readonly port: number;
  stats(): GatewayStats;
  /** How each server is, where there are several of an API or one is tried again. */
  upstreams(): readonly GatewayUpstream[];
  /**
   * Takes over other upstreams and another certificate, for connections and calls that come from now on.
   * @throws UnderstudyError 'bad-config' for a certificate that cannot be used, or where keys are off by now and the address is
   *   beyond loopback; then nothing has changed.
   */
  takeOver(settings: Pick<GatewayOptions, 'gateway' | 'upstreamUrl' | 'upstreamUrls' | 'several'>): void;
  /** Stops accepting, finishes what is under way (calls within 30 s, audits within 10), closes the connections to the upstream. */
  close(): Promise<void>;
}

/**
 * Starts listening.
 * @throws UnderstudyError 'bad-config' for an address beyond loopback without keys or TLS, 'unavailable' where the port is
 * taken.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, port, maxBodyBytes, maxBufferedBytes, timeoutMs } = options.gateway;
  const { access } = options;
  requireSafeAddress(options.gateway, access.isOn());
  const dialects = requestDialects(options.dialects);
  const { maxConnections } = options;
  const turns = sharedTurns(BYTES_A_TURN);
  const upstreams = connectUpstreams(options, { timeoutMs, maxConnections, turns }, options.onUpstream);
  const recorder = boundedRecorder(options.recorder, options.recordWaitMs ?? RECORD_WAIT_MS, options.onLost);
  const background = backgroundWork(MAX_BACKGROUND);
  const log = options.log ?? (() => {});
  const limits = { ...CLIENT_LIMITS, ...options.limits };
  const bodies = bodyBudget(maxBufferedBytes, SMALL_BODY_BYTES);
  const upgrades = tunnels({
    upstreams,
    turns,
    extraHeaders: PASSED,
    admit: (request) => access.beginCall(access.authorise(request, 'call'), null),
    refuse: (response, error, request) => refuse(response, error, dialects.shapeFor(request), log),
  });
  const readers = new Map(options.dialects.map((dialect) => [dialect, dialect.requestReader()]));
  const counts = { requests: 0, inFlight: 0, passedThrough: 0, servedBySpecialists: 0 };
  const servedByLlm: Record<string, number> = {};
  let closing = false;
  const context: GatewayContext = {
    access,
    upstreams,
    router: options.router,
    costOf: options.costOf ?? (() => null),
    recorder,
    background,
    log,
    now: options.now ?? Date.now,
    readBody: (request) =>
      readBody(request, { maxBytes: maxBodyBytes, budget: bodies, turns, idleMs: limits.uploadIdleMs }),
    readRequest: (dialect, bytes) => (readers.get(dialect) ?? dialect.parseRequest)(bytes),
    memory: bodies,
    turns,
    observer: options.observer ?? null,
    reading: oneATurn(),
    maxBodyBytes,
    onServed: (served: Served) => {
      if (served.by !== 'llm') counts.servedBySpecialists++;
      else servedByLlm[served.reason] = (servedByLlm[served.reason] ?? 0) + 1;
    },
  };

  const dispatch = createDispatch({
    context,
    own: () => ({ ...options, closing, recording: recorder.counts, upstreams: upstreams.states }),
    uploadIdleMs: limits.uploadIdleMs,
    onPassedThrough: () => {
      counts.passedThrough++;
    },
  });
  const server = makeServer(
    options.gateway.tls,
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      // Less than node reads at once, so that each connection's share of a turn is one such piece.
      highWaterMark: 8 * 1024,
      keepAliveTimeout: 65_000,
      // A request as a whole may take as long as its body keeps coming (see upload.ts).
      requestTimeout: 0,
      headersTimeout: limits.headMs,
      connectionsCheckingInterval: limits.checkMs,
      shouldUpgradeCallback: wantsUpgrade,
    },
    (request, response) => {
      counts.requests++;
      counts.inFlight++;
      response.once('close', () => {
        counts.inFlight--;
        if (closing) setImmediate(closeIdle);
      });
      const dialect = dialects.of(request);
      dispatch(request, response, dialect).catch((error: unknown) => {
        refuse(response, error, dialect ?? dialects.shapeFor(request), log);
        // What is left of a refused body is read and dropped, as long as it keeps coming.
        watchUpload(request, limits.uploadIdleMs, () => request.destroy());
      });
    },
  );
  const closeSilent = silentConnections(server);
  /** While closing: an idle connection would keep the server open, and an upgraded one has no end of its own. */
  const closeIdle = (): void => {
    server.closeIdleConnections();
    closeSilent();
    if (counts.inFlight === 0) upgrades.close();
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    counts.requests++;
    counts.passedThrough++;
    upgrades.open(request, socket, head);
  });
  answerUnreadable(server, options.dialects[0]);
  const bound = await listen(server, host, port);

  return {
    url: `${options.gateway.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}/v1`,
    port: bound,
    stats: () => ({
      ...counts,
      servedByLlm: { ...servedByLlm },
      recording: { ...recorder.counts },
      bodies: { ...bodies.counts },
      upgrades: { ...upgrades.counts },
      background: { ...background.counts },
    }),
    upstreams: upstreams.states,
    takeOver: (settings) => {
      requireSafeAddress(options.gateway, access.isOn());
      const { tls } = settings.gateway;
      if (tls && server instanceof TlsServer) withCertificate(tls, (files) => server.setSecureContext(files));
      upstreams.replace(settings);
    },
    close: async () => {
      closing = true;
      const graceTimer = setTimeout(() => {
        server.closeAllConnections();
        upgrades.close();
      }, CALL_GRACE_MS);
      // A connection can become idle after its answer: where the rest of an upload comes late.
      const again = setInterval(closeIdle, CLOSE_IDLE_MS);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        closeIdle();
      });
      clearInterval(again);
      clearTimeout(graceTimer);
      await background.close(AUDIT_GRACE_MS);
      await upstreams.close();
    },
  };
}

/** Answers, in the shape of a dialect, what is no request that node can read. */
function answerUnreadable(server: Server, dialect: Dialect): void {
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {});
    endWith(socket, dialect, 405, 'The gateway is a base URL, not a proxy for connections.');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return;
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
      return endWith(socket, dialect, 408, 'The request took too long to come.');
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
    endWith(socket, dialect, status, 'The request cannot be read.');
  });
}
