/**
 * The two links of a message that something waits for approval, where the configuration has an address for them.
 * Does not: send the message (event-alerts.ts), or answer the links (api/routes/decide.ts).
 */
import type { Config } from '../core/config.ts';
import type { Event } from '../core/store.ts';
import { approvalLink, type LinkAction } from '../deploy/approval-link.ts';
import type { ControlStore } from '../deploy/control.ts';
import type { AlertLink } from '../telemetry/alerts.ts';

const HOUR_MS = 3_600_000;

/** Null where links are off, the data folder is not open, or what was proposed no longer waits. @throws as the store. */
export type ProposalLinks = (event: Event) => Promise<readonly AlertLink[] | null>;

export function proposalLinks(
  { publicUrl, linkHours }: Config['admin'],
  folder: {
    readonly store: () => Pick<ControlStore, 'deployments' | 'specialists'> | null;
    readonly approvalKey: () => Uint8Array | null;
  },
  now: () => number,
): ProposalLinks {
  return async ({ detail }) => {
    const [store, key] = [folder.store(), folder.approvalKey()];
    if (publicUrl === undefined || store === null || key === null) return null;
    const deployment = (await store.deployments()).find(({ id }) => id === detail.deployment);
    if (deployment?.stage !== 'proposed') return null;
    const specialist = (await store.specialists(deployment.taskId)).find(
      ({ id }) => id === deployment.specialistId,
    );
    if (!specialist) return null;
    const expires = now() + linkHours * HOUR_MS;
    const link = (action: LinkAction, label: string): AlertLink => ({
      action,
      label,
      url: approvalLink(
        publicUrl,
        { action, proposal: deployment.id, artefact: specialist.artefact.sha256, expires },
        key,
      ),
    });
    return [link('approve', 'Approve'), link('reject', 'Refuse')];
  };
}
