/** Servers that act by a script, in a time that the test moves, behind the gateway's choice among several. */
import { setImmediate as turn } from 'node:timers/promises';
import type { RetrySettings, ServerSettings } from '../../src/core/config-upstream-servers.ts';
import { UnderstudyError } from '../../src/core/errors.ts';
import type { UpstreamEvent } from '../../src/core/observe.ts';
import { type Several, type SeveralOptions, severalServers } from '../../src/gateway/several/several.ts';
import { createStandings } from '../../src/gateway/several/standing.ts';
import type { ResponseHead, Upstream, UpstreamRequest } from '../../src/gateway/upstream.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

/** What a server does with one request. */
export type Act =
  | { readonly kind: 'refuse' | 'reset' | 'hang' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly afterMs: number;
      readonly retryAfter?: number;
    }
  | { readonly kind: 'break'; readonly afterMs: number }
  /** A stream of events, in these pieces. */
  | { readonly kind: 'stream'; readonly afterMs: number; readonly pieces: readonly string[] };

interface Sent {
  readonly server: string;
  readonly at: number;
  readonly act: Act;
  readonly request: UpstreamRequest;
}

export const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });

export const request = (body = BODY, path = '/v1/chat/completions'): UpstreamRequest => ({
  method: 'POST',
  path,
  headers: ['authorization', 'Bearer caller'],
  body: Buffer.from(body),
  call: { isTrusted: true, session: null },
});

const failed = (code: 'unavailable' | 'cancelled', cause: object): UnderstudyError =>
  new UnderstudyError(code, 'no', { hint: '', status: code === 'cancelled' ? 499 : 502, cause });

/** A server that acts by its script, the last act for ever. */
function scripted(name: string, script: readonly Act[], clock: ManualClock, sent: Sent[]): Upstream {
  let next = 0;
  return {
    send: (asked, listener, signal) =>
      new Promise((resolve, reject) => {
        const act = script[Math.min(next++, script.length - 1)]!;
        sent.push({ server: name, at: clock.now(), act, request: asked });
        const stop = (): void => reject(failed('cancelled', new Error('aborted')));
        if (signal.aborted) return stop();
        signal.addEventListener('abort', stop, { once: true });
        if (act.kind !== 'refuse') listener.onStart?.();
        if (!('afterMs' in act)) {
          const code = act.kind === 'refuse' ? 'ECONNREFUSED' : 'ECONNRESET';
          const syscall = act.kind === 'refuse' ? 'connect' : 'read';
          return act.kind === 'hang' ? undefined : reject(failed('unavailable', { code, syscall }));
        }
        clock.after(act.afterMs, () => {
          if (signal.aborted) return;
          const status = act.kind === 'answer' ? act.status : 200;
          const wait = act.kind === 'answer' ? act.retryAfter : undefined;
          const headers = wait === undefined ? [] : ['Retry-After', String(wait)];
          if (act.kind === 'stream') {
            listener.onHead({ status, statusText: '', headers: ['Content-Type', 'text/event-stream'] });
            for (const piece of act.pieces) listener.onData(Buffer.from(piece));
            return resolve([]);
          }
          listener.onHead({ status, statusText: '', headers });
          listener.onData(Buffer.from(`${name}#${sent.length} `));
          if (act.kind === 'break') return reject(failed('unavailable', { code: 'ECONNRESET' }));
          listener.onData(Buffer.from('end'));
          return resolve([]);
        });
        return undefined;
      }),
    upgrade: async () => null,
    close: async () => {},
  };
}

const server = (name: string, more: Partial<ServerSettings> = {}): ServerSettings => ({
  name,
  baseUrl: `http://${name}`,
  isTranslated: false,
  isMain: name === 'main',
  apiKey: null,
  models: 'same' as const,
  weight: 1,
  priority: 1,
  ...more,
});

interface Seen {
  readonly heads: ResponseHead[];
  text: string;
  error: UnderstudyError | null;
  /** When the head came, or the error. */
  at: number;
}

interface WorldOptions {
  readonly retry?: Partial<RetrySettings>;
  readonly servers?: Readonly<Record<string, Partial<ServerSettings>>>;
  readonly breaker?: SeveralOptions['breaker'];
}

export function world(scripts: Readonly<Record<string, readonly Act[]>>, options: WorldOptions = {}) {
  const clock = manualClock(1_000_000);
  const sent: Sent[] = [];
  const events: UpstreamEvent[] = [];
  const names = Object.keys(scripts);
  const upstreams = new Map(
    Object.entries(scripts).map(([name, script]) => [name, scripted(name, script, clock, sent)]),
  );
  const standings = createStandings((upstream, state, failures) =>
    events.push({ kind: 'circuit', upstream, state, failures }),
  );
  /** The servers under these settings; what is known of those that stay the same stays known. */
  const connect = ({ retry, servers, breaker }: WorldOptions, from: readonly string[] = names): Several => {
    const [main, ...others] = from.map((name) => ({
      settings: server(name, servers?.[name]),
      upstream: upstreams.get(name)!,
    }));
    standings.keepOnly([main!, ...others].map(({ settings }) => settings));
    return severalServers([main!, ...others], {
      retry: { attempts: 3, backoffMs: 100, ...retry },
      breaker: breaker ?? { failures: 5, openMs: 10_000 },
      timeoutMs: 60_000,
      standings,
      now: clock.now,
      after: clock.after,
      random: () => 0.5,
      onEvent: (event) => events.push(event),
      sleep: (ms) => new Promise<void>((resolve) => clock.after(ms, resolve)),
    });
  };
  const upstream = connect(options);
  /** Sends, and lets the time pass that it takes. */
  const ask = async (
    asked = request(),
    signal = new AbortController().signal,
    at: Several = upstream,
  ): Promise<Seen> => {
    const seen: Seen = { heads: [], text: '', error: null, at: 0 };
    let isDone = false;
    const listener = {
      onHead: (head: ResponseHead) => {
        seen.heads.push(head);
        seen.at = clock.now();
      },
      onData: (chunk: Buffer): undefined => {
        seen.text += chunk.toString();
      },
    };
    const all = at.send(asked, listener, signal).then(
      () => {
        isDone = true;
      },
      (error: UnderstudyError) => {
        isDone = true;
        seen.error = error;
        if (seen.heads.length === 0) seen.at = clock.now();
      },
    );
    while (!isDone) {
      await turn();
      const [first] = clock.waiting();
      if (!isDone && first !== undefined) clock.advance(first);
    }
    await all;
    return seen;
  };
  return { clock, sent, events, upstream, ask, connect };
}

export const ok: Act = { kind: 'answer', status: 200, afterMs: 5 };
export const busy = (retryAfter?: number, status = 429): Act => ({
  kind: 'answer',
  status,
  afterMs: 5,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});
