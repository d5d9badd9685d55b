/**
 * Who may do what with the API. Whoever starts it says how a request is known; each role may do what the ones before it may.
 * Does not: keep keys.
 */
import { UnderstudyError } from '../core/errors.ts';

/** In their order: a role may do what those before it may. `app` may call the gateway, and nothing here. */
export const ROLES = ['app', 'viewer', 'reviewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks, as it goes on record. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** Knows the sender of a request by its headers, or gives the error to answer with. */
export type Authorise = (
  request: Request,
) => Principal | UnderstudyError | Promise<Principal | UnderstudyError>;

/** Where there are no keys, and only this machine can reach the port: whoever sits at it is the admin. */
export const asLocalAdmin: Authorise = () => ({ name: 'local', role: 'admin' });

export const mayAct = (has: Role, needed: Role): boolean => ROLES.indexOf(has) >= ROLES.indexOf(needed);

/** @throws UnderstudyError 'bad-input' (403). */
export function demandRole({ name, role }: Principal, needed: Role): void {
  if (mayAct(role, needed)) return;
  throw new UnderstudyError('bad-input', `The key '${name}' has the role ${role}; this needs ${needed}.`, {
    hint: `Ask an admin for a key with the role ${needed}.`,
    data: { role, needed },
    status: 403,
  });
}
