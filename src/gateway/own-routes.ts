/**
 * What the gateway answers itself, without reading a body: its health, its metrics, and what web pages ask beforehand.
 * Does not: take feedback (feedback.ts).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../core/access.ts';
import type { JsonObject } from '../core/json.ts';
import type { UpstreamState } from '../core/observe.ts';

export interface GatewayHealth {
  /** Whether all of Understudy works; calls reach the LLM in any case. */
  readonly isWell: boolean;
  readonly detail: JsonObject;
}

export interface OwnSources {
  readonly access: Access;
  readonly health?: () => GatewayHealth;
  readonly metrics?: () => string;
  readonly closing: boolean;
  readonly recording: Readonly<Record<string, number>>;
  /** Where there are several. */
  readonly upstreams: () => readonly UpstreamState[];
}

/** Whether the request was answered. @throws UnderstudyError as Access. */
export function answerOwn(request: IncomingMessage, response: ServerResponse, sources: OwnSources): boolean {
  const { access, metrics, closing } = sources;
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (request.method === 'GET' && path.startsWith('/health/')) {
    const { isWell, detail } = sources.health?.() ?? { isWell: true, detail: {} };
    const shown = access.mayDo(request, 'view')
      ? { ...detail, recording: { ...sources.recording }, upstreams: sources.upstreams().map(told) }
      : null;
    health(path, response, { closing, isWell }, shown);
    return true;
  }
  if (metrics !== undefined && request.method === 'GET' && path === '/metrics') {
    access.authorise(request, 'view');
    sendText(response, METRICS_TYPE, metrics());
    return true;
  }
  const allowed = access.preflight(request);
  if (allowed === null) return false;
  response.writeHead(204, [...allowed]);
  response.end();
  return true;
}

const told = (state: UpstreamState): JsonObject => ({ ...state });

/** Prometheus's text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function sendText(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/**
 * Liveness: the process answers. Readiness: it takes calls. What of ours does not work is told ('degraded'), and fails nobody:
 * calls reach the LLM all the same.
 * @param detail Null for callers who may not see it.
 */
function health(
  path: string,
  response: ServerResponse,
  { closing, isWell }: { readonly closing: boolean; readonly isWell: boolean },
  detail: JsonObject | null,
): void {
  const known = path === '/health/liveness' || path === '/health/readiness';
  const alive = path === '/health/liveness';
  const works = alive || !closing;
  response.writeHead(known ? (works ? 200 : 503) : 404, { 'content-type': 'application/json' });
  const state = works ? (alive || isWell ? 'ok' : 'degraded') : 'closing';
  response.end(JSON.stringify({ status: known ? state : 'unknown', ...(known && !alive ? detail : {}) }));
}
