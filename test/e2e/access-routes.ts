/** Every route of the gateway, and who may use it. The table in docs/access-table.md is made from it; a new route adds a row. */
import type { Role } from '../../src/core/access.ts';
import { newId } from '../../src/core/ids.ts';
import { completion } from './gateway-harness.ts';

export interface RouteRow {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  /** Roles whose keys are let in; 'anyone' needs none. */
  readonly roles: readonly Role[] | 'anyone';
  /** Without keys, under a name that is not known to be the gateway's: only what goes to the LLM is answered. */
  readonly underForeignHost: 'answered' | 'refused';
}

export const CHAT = JSON.stringify({ model: 'gpt-test', messages: [{ role: 'user', content: 'hello' }] });
export const ANSWER = completion('from the provider');

const CALLERS: readonly Role[] = ['app', 'admin'];

export const ROUTES: readonly RouteRow[] = [
  {
    name: 'chat calls',
    method: 'POST',
    path: '/v1/chat/completions',
    body: CHAT,
    roles: CALLERS,
    underForeignHost: 'answered',
  },
  {
    name: 'other paths, passed on',
    method: 'GET',
    path: '/v1/models',
    roles: CALLERS,
    underForeignHost: 'answered',
  },
  {
    name: 'feedback',
    method: 'POST',
    path: '/v1/feedback',
    body: JSON.stringify({ call_id: newId('call'), name: 'resolved', value: true }),
    roles: ['app', 'reviewer', 'admin'],
    underForeignHost: 'refused',
  },
  {
    name: 'metrics',
    method: 'GET',
    path: '/metrics',
    roles: ['viewer', 'reviewer', 'operator', 'admin'],
    underForeignHost: 'refused',
  },
  {
    name: 'liveness',
    method: 'GET',
    path: '/health/liveness',
    roles: 'anyone',
    underForeignHost: 'answered',
  },
  {
    name: 'readiness',
    method: 'GET',
    path: '/health/readiness',
    roles: 'anyone',
    underForeignHost: 'answered',
  },
];
