/**
 * HTTP as a model hub needs it: redirects are followed by hand, so that a token never leaves the host that it is for,
 * and proxies are taken from the environment.
 * Does not: know what is fetched (hub.ts) or write it (download.ts).
 */
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { UnderstudyError } from '../../core/errors.ts';

export interface HttpClient {
  /**
   * A GET that follows redirects. The token goes to the URL's own origin alone.
   * @throws UnderstudyError 'unavailable' (too many redirects, or from https to http); whatever undici throws.
   */
  get(url: URL, options?: GetOptions): Promise<HttpResponse>;
  close(): Promise<void>;
}

export interface GetOptions {
  readonly token?: string | undefined;
  readonly range?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  header(name: string): string | undefined;
  /** A header of the first response, which may be a redirect: a hub says there what it redirects to. */
  announced(name: string): string | undefined;
  /** Where the body came from. */
  readonly host: string;
  readonly body: Dispatcher.ResponseData['body'];
}

const MAX_REDIRECTS = 5;
/** A server that sends nothing for so long is given up, in milliseconds. */
const SILENCE_MS = 60_000;

/** @param env HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read from it, in either case. */
export function httpClient(env: NodeJS.ProcessEnv): HttpClient {
  const dispatcher = new EnvHttpProxyAgent({
    // '' and not undefined: this environment alone counts, not that of the process.
    httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? '',
    httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? '',
    noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  });
  return {
    async get(url, { token, range, signal } = {}) {
      let first: Dispatcher.ResponseData['headers'] | undefined;
      let at = url;
      for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
        const { statusCode, headers, body } = await request(at, {
          dispatcher,
          headers: {
            'user-agent': 'understudy',
            // Sizes and ranges are those of the file itself.
            'accept-encoding': 'identity',
            ...(token !== undefined && mayHave(at, url) ? { authorization: `Bearer ${token}` } : {}),
            ...(range === undefined ? {} : { range }),
          },
          ...(signal ? { signal } : {}),
        });
        first ??= headers;
        const announcing = first;
        const location = headers.location;
        if (statusCode < 300 || statusCode >= 400 || typeof location !== 'string')
          return {
            status: statusCode,
            header: (name) => headerOf(headers, name),
            announced: (name) => headerOf(announcing, name),
            host: at.host,
            body,
          };
        await body.dump();
        const next = new URL(location, at);
        if (at.protocol === 'https:' && next.protocol !== 'https:')
          throw refused(`${at.host} redirects from https to ${next.protocol}//${next.host}.`);
        at = next;
      }
      throw refused(`${url.host} redirects more than ${MAX_REDIRECTS} times.`);
    },
    close: () => dispatcher.close(),
  };
}

/** A token goes to the origin it is for, and over plain http only within this machine. */
function mayHave(at: URL, first: URL): boolean {
  if (at.origin !== first.origin) return false;
  return at.protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(at.hostname);
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function refused(why: string): UnderstudyError {
  return new UnderstudyError('unavailable', why, {
    hint: 'Check HF_ENDPOINT, and the proxy if there is one.',
    status: 503,
  });
}
