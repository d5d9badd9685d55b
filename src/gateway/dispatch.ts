/**
 * One request to the gateway: our own paths are answered, chat calls go through chat.ts, every other path and method is passed
 * through untouched.
 * Does not: listen, or close (gateway.ts).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { UnderstudyError } from '../core/errors.ts';
import type { Dialect } from '../wire/dialect.ts';
import { providerOf } from '../wire/provider.ts';
import { handleChat } from './chat.ts';
import type { GatewayContext } from './exchange.ts';
import { isFeedback, takeFeedback } from './feedback.ts';
import { isFree } from './metering.ts';
import { answerOwn, type OwnSources } from './own-routes.ts';
import { passThrough } from './pass.ts';

/** Headers of ours in answers that were passed through. */
export const PASSED = ['x-understudy-served-by', 'llm', 'x-understudy-reason', 'pass-through'];

/** The dialects that the gateway reads. What belongs to none is answered in the shape of its provider's first. */
export function requestDialects(dialects: readonly [Dialect, ...Dialect[]]) {
  const [anyDialect] = dialects;
  return {
    /** That of a chat call; undefined for any other request. */
    of: ({ method = '', url }: IncomingMessage): Dialect | undefined =>
      dialects.find((dialect) => dialect.matches(method, pathOf(url))),
    /** In whose shape errors are told to a request that belongs to none. */
    shapeFor: (request: IncomingMessage): Dialect => {
      const provider = providerOf(request);
      return dialects.find((dialect) => dialect.provider === provider) ?? anyDialect;
    },
  };
}

export interface DispatchParts {
  readonly context: GatewayContext;
  /** What our own paths tell, as it is now. */
  readonly own: () => OwnSources;
  /** Longest silence in the middle of a body, milliseconds. */
  readonly uploadIdleMs: number;
  readonly onPassedThrough: () => void;
}

/** Answers a request; `dialect` where it is a chat call. @throws UnderstudyError for what is refused. */
export type Dispatch = (
  request: IncomingMessage,
  response: ServerResponse,
  dialect: Dialect | undefined,
) => Promise<void>;

export function createDispatch({ context, own, uploadIdleMs, onPassedThrough }: DispatchParts): Dispatch {
  const { access, observer, turns, upstreams } = context;
  return async (request, response, dialect) => {
    const url = request.url ?? '';
    if (!url.startsWith('/')) {
      throw new UnderstudyError('bad-input', 'The request target must be a path.', {
        hint: 'Use the gateway as a base URL, not as a proxy.',
        status: 400,
      });
    }
    if (answerOwn(request, response, own())) return;
    const isOwn = isFeedback(pathOf(url));
    const admission = access.authorise(request, isOwn ? 'feedback' : 'call');
    if (isOwn) return takeFeedback(context, request, response, admission.cors);
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    if (dialect)
      return handleChat(context, { dialect, message: request, response, admission, signal: gone.signal });
    access.beginCall(admission, isFree(request.method, pathOf(url)) ? 'none' : null);
    onPassedThrough();
    response.once('close', () => observer?.passed(response.headersSent ? response.statusCode : 499));
    await passThrough({
      upstream: upstreams.of(request),
      request,
      response,
      signal: gone.signal,
      turns,
      extraHeaders: PASSED,
      cors: admission.cors,
      idleMs: uploadIdleMs,
    });
  };
}

const pathOf = (url = ''): string => url.split('?', 1)[0] ?? '';
