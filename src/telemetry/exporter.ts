/**
 * Sends spans to a collector by OTLP over HTTP in JSON (opentelemetry.io/docs/specs/otlp), in batches, beside the calls. What does not fit
 * into its memory, or is not taken after some tries, is dropped and counted.
 * One small exporter of our own: the SDK brings a dozen packages, and a context for each asynchronous step of a call.
 * Does not: make spans (spans.ts).
 */
import { patience, postJson } from './post.ts';
import type { Attribute, Span } from './spans.ts';

export interface TraceExporter {
  add(span: Span): void;
  readonly counts: { sent: number; dropped: number };
  /** Sends what is there, within the time that a try takes. */
  close(): Promise<void>;
}

export interface ExporterSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
  readonly version: string;
}

/** Spans that wait; at a few KB each (without payloads far less) some megabytes. */
const MAX_WAITING = 2048;
const BATCH = 512;
const EVERY_MS = 5000;
const TRIES = 4;

/**
 * Where traces go, by the environment variables that OpenTelemetry has for it; null where none is set.
 */
export function exporterSettings(env: NodeJS.ProcessEnv, version: string): ExporterSettings | null {
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const own = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const url = own || (base ? `${base.replace(/\/+$/, '')}/v1/traces` : '');
  if (url === '' || env.OTEL_SDK_DISABLED === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return null;
  return {
    url,
    version,
    headers: headersOf(env.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? env.OTEL_EXPORTER_OTLP_HEADERS ?? ''),
    service: env.OTEL_SERVICE_NAME || 'understudy',
  };
}

/** `a=b,c=d`, percent-encoded. */
function headersOf(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const equals = pair.indexOf('=');
    if (equals > 0) headers[pair.slice(0, equals).trim()] = decoded(pair.slice(equals + 1).trim());
  }
  return headers;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param wait Between tries. Default: real time. */
export function traceExporter(
  settings: ExporterSettings,
  log: (line: string) => void,
  wait?: (ms: number) => Promise<unknown>,
): TraceExporter {
  const closing = new AbortController();
  const counts = { sent: 0, dropped: 0 };
  let waiting: Span[] = [];
  let sending: Promise<void> | null = null;
  let isTold = false;
  let isClosing = false;

  const resource: readonly Attribute[] = [
    { key: 'service.name', value: { stringValue: settings.service } },
    { key: 'service.version', value: { stringValue: settings.version } },
  ];
  const post = async (spans: readonly Span[]): Promise<void> => {
    const scopeSpans = [{ scope: { name: 'understudy', version: settings.version }, spans }];
    const body = JSON.stringify({ resourceSpans: [{ resource: { attributes: resource }, scopeSpans }] });
    const { url, headers } = settings;
    const isTaken = await postJson(url, body, {
      headers,
      tries: isClosing ? 1 : TRIES,
      waitMs: 1000,
      sleep: wait ?? ((ms) => patience(ms, closing.signal)),
      isOver: () => isClosing,
    });
    counts[isTaken ? 'sent' : 'dropped'] += spans.length;
    // Once for each trouble, which may last.
    if (!isTaken && !isTold) log('traces: the collector does not take them; they are dropped.');
    isTold = !isTaken;
  };
  const flush = (): Promise<void> => {
    sending ??= (async () => {
      while (waiting.length > 0) {
        const batch = waiting.slice(0, BATCH);
        waiting = waiting.slice(BATCH);
        await post(batch);
      }
    })().finally(() => {
      sending = null;
    });
    return sending;
  };
  const timer = setInterval(() => void flush(), EVERY_MS).unref();
  return {
    counts,
    add: (span) => {
      if (waiting.length >= MAX_WAITING) {
        counts.dropped++;
        return;
      }
      waiting.push(span);
      if (waiting.length === BATCH) void flush();
    },
    close: async () => {
      clearInterval(timer);
      isClosing = true;
      closing.abort();
      await sending;
      await flush();
    },
  };
}
