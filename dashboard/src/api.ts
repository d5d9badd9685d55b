/**
 * The admin API as the dashboard calls it. The types are those of the API's own schemas; no schema is bundled.
 * Does not: cache (react-query does).
 */

import type { ImportListView, ImportView } from '../../src/api/imports/schemas.ts';
import type { CallDetail, CallList, Explanation } from '../../src/api/schemas/calls.ts';
import type { ApiError } from '../../src/api/schemas/common.ts';
import type { ControlAction, ControlledView, JobListView, JobView } from '../../src/api/schemas/control.ts';
import type { DecideBody, DecidedView } from '../../src/api/schemas/decisions.ts';
import type { AuditList, DeploymentList } from '../../src/api/schemas/deployments.ts';
import type { EventList } from '../../src/api/schemas/events.ts';
import type { Overview, Session } from '../../src/api/schemas/overview.ts';
import type { Payload } from '../../src/api/schemas/payload.ts';
import type { TaskDetail, TaskList } from '../../src/api/schemas/tasks.ts';

const BASE = '/api/v1';

/** An error as the API gives it; status 0 where the server could not be reached. */
export class RequestError extends Error {
  readonly status: number;
  readonly hint: string;

  constructor(status: number, message: string, hint: string) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** The key that was typed in, for this tab alone; '' where none is needed. */
export const savedKey = {
  get: (): string => sessionStorage.getItem('understudy-key') ?? '',
  set: (key: string): void => sessionStorage.setItem('understudy-key', key),
};

export function headers(): Record<string, string> {
  const key = savedKey.get();
  return key === '' ? {} : { 'x-understudy-key': key };
}

async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`${BASE}${path}`, { ...init, headers: { ...headers(), ...init.headers } });
  } catch {
    throw new RequestError(0, 'Understudy does not answer.', 'Is `understudy start` still running?');
  }
  const body = (await response.json().catch(() => null)) as unknown;
  if (response.ok) return body as T;
  const { error } = (body ?? {}) as Partial<ApiError>;
  throw new RequestError(response.status, error?.message ?? `Status ${response.status}.`, error?.hint ?? '');
}

function get<T>(path: string, query: Query = {}): Promise<T> {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)] as [string, string]],
  );
  return request(given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`);
}

const post = <T>(path: string, body: unknown = {}): Promise<T> =>
  request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** By XMLHttpRequest: fetch does not tell how much of a body has been sent. */
function upload<T>(file: File, onSent: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open('POST', `${BASE}/imports?${new URLSearchParams({ name: file.name.slice(-200) })}`);
    for (const [name, value] of Object.entries(headers())) sending.setRequestHeader(name, value);
    sending.setRequestHeader('content-type', 'application/octet-stream');
    sending.upload.onprogress = ({ loaded, total }) => onSent(total > 0 ? loaded / total : 0);
    sending.onerror = () =>
      reject(new RequestError(0, 'The file could not be sent.', 'Is `understudy start` still running?'));
    sending.onload = () => {
      let body: unknown = null;
      try {
        body = JSON.parse(sending.responseText);
      } catch {
        // Not our API's answer.
      }
      if (sending.status === 200) return resolve(body as T);
      const { error } = (body ?? {}) as Partial<ApiError>;
      reject(
        new RequestError(sending.status, error?.message ?? `Status ${sending.status}.`, error?.hint ?? ''),
      );
    };
    sending.send(file);
  });
}

const one = (kind: string, id: string): string => `/${kind}/${encodeURIComponent(id)}`;

export const api = {
  session: () => get<Session>('/session'),
  overview: (range: Query) => get<Overview>('/overview', range),
  tasks: (range: Query) => get<TaskList>('/tasks', range),
  task: (id: string, range: Query) => get<TaskDetail>(one('tasks', id), range),
  deployments: () => get<DeploymentList>('/deployments'),
  audits: (id: string) => get<AuditList>(`${one('deployments', id)}/audits`),
  calls: (filter: Query) => get<CallList>('/calls', filter),
  call: (id: string) => get<CallDetail>(one('calls', id)),
  explanation: (id: string) => get<Explanation>(`${one('calls', id)}/explanation`),
  payload: (id: string) => post<Payload>(`${one('calls', id)}/payload`),
  feedback: (body: { call_id: string; name: string; value: unknown; comment?: string }) =>
    post<{ added: boolean }>('/feedback', body),
  control: (id: string, action: ControlAction, reason: string) =>
    post<ControlledView>(`${one('tasks', id)}/${action}`, { reason }),
  decide: (id: string, change: DecideBody) => post<DecidedView>(`${one('tasks', id)}/decisions`, change),
  jobs: () => get<JobListView>('/jobs'),
  cancelJob: (id: string) => post<JobView>(`${one('jobs', id)}/cancel`),
  imports: () => get<ImportListView>('/imports'),
  import: (file: File, onSent: (share: number) => void) => upload<ImportView>(file, onSent),
  events: (query: Query) => get<EventList>('/events', query),
};
