/**
 * Who asks, and whether that may be done: the gateway's own rules (access/), for requests as hono has them.
 * Does not: keep keys, or say which route takes which permission (routes/).
 */
import type { Access, Permission, Principal } from '../core/access.ts';

/**
 * Who sends the request, if that may be done.
 * @throws UnderstudyError 'unauthenticated' (401), 'forbidden' (403), 'unavailable' (503).
 */
export type Authorise = (request: Request, permission: Permission) => Principal;

export function authoriseBy(access: Pick<Access, 'authorise'>): Authorise {
  return ({ method, url, headers }, permission) => {
    // Nothing of the request goes further, so that no key has to be taken out of it.
    const head = { method, url, headers: Object.fromEntries(headers), rawHeaders: [] };
    return access.authorise(head, permission).principal;
  };
}
