/**
 * Which turns of one agent are learnt together: those after which it calls the same tools. A turn (what the model answers: a
 * user, or the result of a tool) tells much about the answer, but it stands in the input; calls of the same tool teach each
 * other, wherever they come. Turns that have no tool in common are other jobs, such as reporting what a tool found.
 * Does not: find call sites (sites.ts), or pool small ones of other kinds (pool.ts).
 */
import { ANY } from '../callsite/variable-part.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { CallSite, Task } from '../core/task.ts';
import type { SiteCalls } from './sites.ts';

/** Sum over the tools of the smaller share of calls from which on two turns are learnt together. */
const MIN_OVERLAP = 0.05;

/**
 * The same for the turns of one agent; null where nothing says whose turn it is. Many logs leave the tools out that were
 * offered: then the prompt says it.
 */
export function agentKey({ system, toolNames, formatHash }: CallSite): string | null {
  if (toolNames[0] === ANY || (toolNames.length === 0 && system === null)) return null;
  return canonicalJson([system?.pieces ?? null, toolNames, formatHash] as unknown as Json);
}

/** Whether the task's sites are turns of one agent. */
export function isAgent({ sites }: Pick<Task, 'sites'>): boolean {
  const key = agentKey(sites[0]!);
  return (
    sites.length > 1 &&
    key !== null &&
    sites.every((site) => agentKey(site) === key) &&
    sites.some(({ toolNames, turn }) => toolNames.length > 0 || turn !== 'user')
  );
}

/** The sites in groups that are learnt together, those with most calls first; a site without a like alone. */
export function joinTurns(sites: readonly SiteCalls[]): readonly (readonly SiteCalls[])[] {
  const alone = sites.filter(({ site }) => agentKey(site) === null).map((each) => [each]);
  const agents = Map.groupBy(
    sites.filter(({ site }) => agentKey(site) !== null),
    ({ site }) => agentKey(site),
  );
  return [...alone, ...[...agents.values()].flatMap(joinAlike)];
}

interface Joined {
  readonly members: readonly SiteCalls[];
  readonly tools: ReadonlyMap<string, number>;
}

function joinAlike(turns: readonly SiteCalls[]): readonly (readonly SiteCalls[])[] {
  let groups: Joined[] = [];
  const alone: (readonly SiteCalls[])[] = [];
  const largestFirst = turns.toSorted(
    (a, b) => b.calls.length - a.calls.length || (a.site.id < b.site.id ? -1 : 1),
  );
  for (const turn of largestFirst) {
    const own: Joined = { members: [turn], tools: toolCounts([turn]) };
    // What calls no tool has none in common with another.
    if (own.tools.size === 0) {
      alone.push([turn]);
      continue;
    }
    // One turn may tie two groups together.
    const alike = groups.filter(({ tools, members }) => overlap(tools, members, own) >= MIN_OVERLAP);
    const members = [...alike.flatMap((group) => group.members), turn];
    groups = [...groups.filter((group) => !alike.includes(group)), { members, tools: toolCounts(members) }];
  }
  return [...groups.map(({ members }) => members), ...alone];
}

const callsIn = (members: readonly SiteCalls[]): number =>
  members.reduce((sum, { calls }) => sum + calls.length, 0);

function overlap(tools: Joined['tools'], members: readonly SiteCalls[], other: Joined): number {
  const [n, m] = [callsIn(members), callsIn(other.members)];
  let shared = 0;
  for (const [name, times] of tools) shared += Math.min(times / n, (other.tools.get(name) ?? 0) / m);
  return shared;
}

/** How many of the calls are answered by a call of each tool. */
function toolCounts(members: readonly SiteCalls[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { calls } of members)
    for (const { response } of calls)
      for (const name of new Set(response?.message.toolCalls?.map((call) => call.name) ?? []))
        counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
