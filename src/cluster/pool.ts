/**
 * Pools: call sites with too few calls each, of one shape, that are learnt together. What decides where a call
 * goes is seen in its request alone, since its answer is not known when it has to be routed.
 */

import { ANY } from '../callsite/variable-part.ts';
import type { OutputKind } from '../core/answer.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { CallSite } from '../core/task.ts';
import { type SiteCalls, siteWith, toldByUser } from './sites.ts';
import { FREE, isFree } from './template.ts';

/** What the sites of a pool share. Null: the site is of no shape that others could share. */
export function shapeOf(site: CallSite, kind: OutputKind): string | null {
  const turn = site.turn === 'user' ? 'user' : 'tool';
  const base = [canonicalJson((site.system?.pieces ?? null) as Json), site.formatHash, turn];
  if (site.toolNames.length > 0) return ['tools', ...base].join('\n');
  // What is left when the templates are taken out is not one thing.
  if (!toldByUser(site) || isFree(site.user)) return null;
  return ['prompts', ...base, kind].join('\n');
}

/** The sites of a pool made of these: themselves, or one for any tools where the tools are not the same. */
export function poolSites(members: readonly SiteCalls[]): readonly CallSite[] {
  const sites = members.map((member) => member.site);
  const first = sites[0]!;
  const names = new Set(sites.map((site) => site.toolNames.join(' ')));
  if (first.toolNames.length === 0 || names.size === 1) return sites;
  return [
    siteWith({
      system: first.system,
      user: FREE,
      toolNames: [ANY],
      formatHash: first.formatHash,
      turn: first.turn === 'user' ? 'user' : `tool:${ANY}`,
    }),
  ];
}
