/**
 * The links by which a person approves or refuses what waits (deploy/approval-link). Opening one changes nothing, so that what
 * follows links by itself (previews, scanners of mail) decides nothing; its page's button does. The link is the right to it: no
 * key is asked for, and no other page can send what it does not have.
 */
import type { Context } from 'hono';
import { isInService } from '../../core/deployment.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { DECIDE_PATH, linkedTo, readApprovalLink } from '../../deploy/approval-link.ts';
import { approve, reject } from '../../deploy/control.ts';
import { askPage, donePage, refusedPage } from '../decide-page.ts';
import type { AdminApp, AdminEnv, AdminOptions } from '../env.ts';

/** As it stands in the record of decisions. */
const BY_LINK = 'a signed link';

/** Adds them to the app, where the configuration has an address for links. */
export function decideRoutes(app: AdminApp, options: AdminOptions): void {
  const { links, sources, apply } = options;
  if (!links) return;
  const read = async (context: Context<AdminEnv>) => {
    const to = readApprovalLink(new URL(context.req.url).searchParams, links.key);
    if (to === null) return { refused: refusedPage('altered') };
    const linked = await linkedTo(sources.store, to, sources.now());
    if (linked.state === 'decided') return { refused: refusedPage('decided', linked.deployment) };
    if (linked.state !== 'stands') return { refused: refusedPage(linked.state) };
    return { to, linked };
  };
  app.get(`/${DECIDE_PATH}`, async (context) => {
    const found = await read(context);
    if ('refused' in found) return found.refused;
    const { to, linked } = found;
    const serving = (await sources.store.deployments()).findLast(
      ({ taskId, stage }) => taskId === linked.task.id && isInService(stage),
    );
    return askPage(to.action, linked, serving ?? null, to.expires);
  });
  app.post(`/${DECIDE_PATH}`, async (context) => {
    const found = await read(context);
    if ('refused' in found) return found.refused;
    const { to, linked } = found;
    const { store } = sources;
    const word = { by: BY_LINK, reason: '', now: sources.now() };
    const act = to.action === 'approve' ? approve : reject;
    const done = await act(store, linked.task.id, word, to.proposal).catch((error: unknown) => {
      // Somebody was quicker.
      if (error instanceof UnderstudyError && error.code === 'not-found') return null;
      throw error;
    });
    if (!done?.changed) return refusedPage('decided');
    await store.appendTrail({
      at: word.now,
      actor: { kind: 'user', name: BY_LINK },
      action: 'deployment-changed',
      subject: linked.task.id,
      detail: {
        action: to.action,
        by: BY_LINK,
        deployment: to.proposal,
        artefact: to.artefact,
        linkExpires: to.expires,
      },
    });
    await apply();
    return donePage(to.action, linked.task);
  });
}
