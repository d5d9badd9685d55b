/**
 * What a page of another site must not do with a reader's browser (cross-site request forgery), beside what access/ refuses
 * by Host and Origin: a request that says it comes from there, and a write that needs no leave to be sent.
 */
import { UnderstudyError } from '../core/errors.ts';

/** @throws UnderstudyError 'forbidden' (403), 'bad-input' (415). */
export function guard(request: Request): void {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none' && !isNavigation(request))
    throw new UnderstudyError('forbidden', 'The request comes from a page of another site.', {
      hint: 'The API is for its own page and for programs.',
      status: 403,
    });
  const type = request.headers.get('content-type') ?? '';
  // Neither may be sent by another site's page without being asked first.
  const isFile =
    type.startsWith('application/octet-stream') && new URL(request.url).pathname.endsWith('/imports');
  const isWrite = request.method !== 'GET' && request.method !== 'HEAD';
  // A form of another site can send no JSON without being asked first.
  if (isWrite && !isFile && !type.startsWith('application/json'))
    throw new UnderstudyError('bad-input', 'The body is not declared as JSON.', {
      hint: 'Send the header content-type: application/json.',
      status: 415,
    });
}

/** A link on another page may open ours: it cannot read the answer. */
const isNavigation = (request: Request): boolean =>
  request.method === 'GET' && request.headers.get('sec-fetch-mode') === 'navigate';
