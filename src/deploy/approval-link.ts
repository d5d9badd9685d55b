/**
 * Links by which a person approves or refuses one deployment that waits, without a login: whoever has such a link may decide on
 * that proposal, so it says which one, by its id and its artefact's hash, and until when; a keyed hash over all of it keeps
 * anybody from making or altering one. It is used up with its proposal, which is decided on once.
 * Does not: send links (online/), show a page (api/), or decide (control.ts).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Deployment } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import type { DeploymentStore, LearningStore } from '../core/store.ts';
import type { Task } from '../core/task.ts';

/** The path below the admin API's public address. */
export const DECIDE_PATH = 'decide';

export type LinkAction = 'approve' | 'reject';

/** What a link is for. */
export interface LinkTo {
  readonly action: LinkAction;
  /** Id of the deployment that waits. */
  readonly proposal: string;
  /** SHA-256 of the specialist's artefact, in hex: what is approved is what was proved. */
  readonly artefact: string;
  /** Epoch milliseconds. */
  readonly expires: number;
}

const NAMES = ['action', 'proposal', 'artefact', 'expires', 'signature'] as const;
/** Of what is signed: another kind of link has another. */
const PURPOSE = 'understudy approval link 1';

const signatureOf = ({ action, proposal, artefact, expires }: LinkTo, key: Uint8Array): Buffer =>
  createHmac('sha256', key)
    .update(JSON.stringify([PURPOSE, action, proposal, artefact, expires]))
    .digest();

/** @param base The admin API's public address. @param key Vault.approvalKey. */
export function approvalLink(base: string, to: LinkTo, key: Uint8Array): string {
  const url = new URL(DECIDE_PATH, base.endsWith('/') ? base : `${base}/`);
  const { action, proposal, artefact, expires } = to;
  const values = { action, proposal, artefact, expires: String(expires) };
  url.search = new URLSearchParams({ ...values, signature: signatureOf(to, key).toString('hex') }).toString();
  return url.href;
}

/** What a link says, where it was made with this key and nothing of it was altered; null for any other. Expired ones are read. */
export function readApprovalLink(query: URLSearchParams, key: Uint8Array): LinkTo | null {
  const names = [...query.keys()];
  if (names.length !== NAMES.length || NAMES.some((name) => !names.includes(name))) return null;
  const [action, proposal, artefact, expires, signature] = NAMES.map((name) => query.get(name) ?? '') as [
    string,
    string,
    string,
    string,
    string,
  ];
  if (action !== 'approve' && action !== 'reject') return null;
  if (!/^\d{1,16}$/.test(expires) || !/^[\da-f]{64}$/.test(signature)) return null;
  const to: LinkTo = { action, proposal, artefact, expires: Number(expires) };
  // Of one form: `007` says the same as `7`, and was not signed.
  if (String(to.expires) !== expires) return null;
  return timingSafeEqual(signatureOf(to, key), Buffer.from(signature, 'hex')) ? to : null;
}

/** How what a link is for stands. Only what stands can be decided on. */
export type Linked =
  | {
      readonly state: 'stands';
      readonly task: Task;
      readonly deployment: Deployment;
      readonly specialist: Specialist;
    }
  /** It was decided on, by this link or otherwise. */
  | { readonly state: 'decided'; readonly deployment: Deployment }
  /** A newer one of its task waits. */
  | { readonly state: 'replaced' }
  | { readonly state: 'expired' }
  /** There is none such, or not with this artefact. */
  | { readonly state: 'unknown' };

export async function linkedTo(
  store: Pick<DeploymentStore, 'deployments'> & Pick<LearningStore, 'tasks' | 'specialists'>,
  { proposal, artefact, expires }: LinkTo,
  now: number,
): Promise<Linked> {
  const deployments = await store.deployments();
  const deployment = deployments.find(({ id }) => id === proposal);
  const task = (await store.tasks()).find(({ id }) => id === deployment?.taskId);
  if (!deployment || !task) return { state: 'unknown' };
  // Whatever came after it was proposed is a decision.
  if (deployment.stage !== 'proposed' || deployment.history.length !== 1)
    return { state: 'decided', deployment };
  if (now >= expires) return { state: 'expired' };
  const specialist = (await store.specialists(task.id)).find(({ id }) => id === deployment.specialistId);
  if (specialist?.artefact.sha256 !== artefact) return { state: 'unknown' };
  const newest = deployments.findLast(({ taskId, stage }) => taskId === task.id && stage === 'proposed');
  if (newest?.id !== proposal) return { state: 'replaced' };
  return { state: 'stands', task, deployment, specialist };
}
