/**
 * What a browser must not be talked into. A page of another site may send requests to this machine (cross-site request
 * forgery), and its name may be made to point here (DNS rebinding): the Host header says which name was asked for, Origin
 * and Sec-Fetch-Site which page asked.
 */
import { UnderstudyError } from '../core/errors.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * @param isLoopback Whether the API listens on loopback, where no other name is right.
 * @throws UnderstudyError 'bad-input' (403).
 */
export function guard(request: Request, isLoopback: boolean): void {
  const host = request.headers.get('host') ?? '';
  if (isLoopback && !LOOPBACK.test(host))
    throw refused(
      `The request names the host '${clip(host)}'.`,
      'Open it under http://127.0.0.1 or http://localhost.',
    );
  const origin = request.headers.get('origin');
  if (origin !== null && URL.parse(origin)?.host !== host)
    throw refused(
      'The request comes from a page of another origin.',
      'The API is for its own page and for programs.',
    );
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none' && !isNavigation(request))
    throw refused(
      'The request comes from a page of another site.',
      'The API is for its own page and for programs.',
    );
  const isWrite = request.method !== 'GET' && request.method !== 'HEAD';
  // A form of another site can send no JSON without being asked first.
  if (isWrite && !(request.headers.get('content-type') ?? '').startsWith('application/json'))
    throw refused(
      'The body is not declared as JSON.',
      'Send the header content-type: application/json.',
      415,
    );
}

/** A link on another page may open ours: it cannot read the answer. */
const isNavigation = (request: Request): boolean =>
  request.method === 'GET' && request.headers.get('sec-fetch-mode') === 'navigate';

function refused(message: string, hint: string, status = 403): UnderstudyError {
  return new UnderstudyError('bad-input', message, { hint, status });
}

const clip = (text: string): string => text.slice(0, 80).replace(/[^\w.:[\]-]/g, '?');
