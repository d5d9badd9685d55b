/**
 * The call sites behind calls: the same tools, response format and turn, and prompts that follow one template.
 * Does not: decide which sites make a task (tasks).
 */

import { signatureOf } from '../callsite/signature.ts';
import { matchTemplate } from '../callsite/variable-part.ts';
import { type Call, UNTIMED } from '../core/call.ts';
import { contentHash } from '../core/ids.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { CallSite, Template } from '../core/task.ts';
import { SYSTEM_RULE, type Text, USER_RULE } from './group.ts';
import { FREE, mineMany, mineOne } from './template.ts';

export interface SiteCalls {
  readonly site: CallSite;
  readonly calls: readonly Call[];
}

/** A system prompt this short ("You are a helpful assistant.") does not tell the job: the user message may. */
const SHORT_PROMPT = 60;

/** The sites, and calls whose system prompt is like no other's. */
export function findSites(calls: readonly Call[]): { readonly sites: SiteCalls[]; readonly alone: Call[] } {
  const withSystem = calls.filter((call) => signatureOf(call.request).system !== null);
  const templates = mineMany(distinct(withSystem, 'system'), SYSTEM_RULE);
  const found = memo((text: string) => templates.findIndex((each) => matchTemplate(each, text) !== null));

  const alone: Call[] = [];
  const groups = new Map<string, { system: Template | null; calls: Call[] }>();
  for (const call of calls) {
    const { system, toolNames, formatHash, turn } = signatureOf(call.request);
    const i = system === null ? -1 : found(system);
    if (system !== null && i < 0) {
      alone.push(call);
      continue;
    }
    const key = `${i}\n${toolNames.join(' ')}\n${formatHash}\n${turn}`;
    const group = groups.get(key);
    if (group) group.calls.push(call);
    else groups.set(key, { system: templates[i] ?? null, calls: [call] });
  }
  return {
    sites: [...groups.values()].flatMap((group) => splitByUser(group.system, group.calls)),
    alone,
  };
}

/** Whether the job is told by the first user message, if by anything. */
export function toldByUser(site: Pick<CallSite, 'system' | 'toolNames'>): boolean {
  if (site.toolNames.length > 0) return false;
  if (site.system === null) return true;
  const { pieces } = site.system;
  return pieces.length === 1 && pieces[0]!.length <= SHORT_PROMPT;
}

function splitByUser(system: Template | null, calls: readonly Call[]): SiteCalls[] {
  const { toolNames, formatHash, turn } = signatureOf(calls[0]!.request);
  const base = { system, toolNames, formatHash, turn };
  const texts = distinct(calls, 'user');
  if (!toldByUser(base)) {
    return [{ site: siteWith({ ...base, user: mineOne(texts) }), calls }];
  }
  const templates = [...mineMany(texts, USER_RULE), FREE];
  const found = memo((text: string) => templates.findIndex((each) => matchTemplate(each, text) !== null));
  const byTemplate = Map.groupBy(calls, (call) => found(signatureOf(call.request).user));
  return [...byTemplate].map(([i, own]) => ({
    site: siteWith({ ...base, user: templates[i]! }),
    calls: own,
  }));
}

/** The site with its id, which is a hash of the rest. */
export function siteWith(site: Omit<CallSite, 'id'>): CallSite {
  const { system, user, toolNames, formatHash, turn } = site;
  const content = { system, user, toolNames, formatHash, turn };
  return { id: `site_${contentHash(canonicalJson(content as unknown as Json), 12)}`, ...content };
}

/** Distinct prompts in order of appearance, with the number of sessions that have them. */
function distinct(calls: readonly Call[], which: 'system' | 'user'): Text[] {
  const seen = new Map<string, { readonly sessions: Set<string>; readonly at: number | null }>();
  for (const call of calls) {
    const text = signatureOf(call.request)[which] ?? '';
    const known = seen.get(text);
    if (known) known.sessions.add(call.sessionId);
    else seen.set(text, { sessions: new Set([call.sessionId]), at: UNTIMED in call.tags ? null : call.at });
  }
  return [...seen].map(([text, { sessions, at }]) => ({ text, sessions: sessions.size, at }));
}

function memo<T>(find: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) {
      value = find(text);
      known.set(text, value);
    }
    return value;
  };
}
