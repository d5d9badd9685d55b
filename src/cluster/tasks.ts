/**
 * Calls → tasks: the calls that known tasks take stay where they are; the others' call sites are found and become
 * tasks where they have calls enough, alone or in a pool. Does not: read payloads from the store, or choose
 * what is worth learning (select).
 */
import { assign } from '../callsite/assign.ts';
import { withShapes } from '../callsite/slot-shape.ts';
import { ANY, siteOf } from '../callsite/variable-part.ts';
import type { OutputKind } from '../core/answer.ts';
import type { Call } from '../core/call.ts';
import { contentHash } from '../core/ids.ts';
import type { CallSite, Task } from '../core/task.ts';
import {
  commonBias,
  commonFormat,
  commonTools,
  kindShares,
  labelLimitsOf,
  labelsOf,
  outputKindOf,
  textLimitsOf,
} from './kind.ts';
import { nameOf } from './name.ts';
import { poolSites, shapeOf } from './pool.ts';
import { mostConstantFirst } from './reshape.ts';
import { findSites, type SiteCalls, siteWith, toldByUser } from './sites.ts';
import { FREE, isFree, joinTemplates } from './template.ts';
import { agentKey, isAgent, joinTurns } from './turns.ts';

export interface FindOptions {
  /** A site with fewer calls is not a task of its own. */
  readonly minCalls?: number;
}

/** too-few-calls: the call's site is known but small. unlike-others: its prompt is like no other's. */
export type UnassignedReason = 'too-few-calls' | 'unlike-others';

export interface Found {
  readonly tasks: readonly Task[];
  /** Call id → task id, as core's assign gives it. */
  readonly assignment: ReadonlyMap<string, string>;
  readonly unassigned: readonly { readonly callId: string; readonly reason: UnassignedReason }[];
}

/** Too few to prove anything with, and about as many as one needs to tell a slot from a constant. */
const MIN_CALLS = 30;

/** Of a task's calls: fewer new ones are not worth a wider template, which changes what its specialist sees. */
const WORTH = 0.02;

/**
 * Tasks keep id and name: a known task's templates are only widened (where they took a chance value for a constant).
 * Calls that a known task took stay with it, except that a site which has outgrown its pool (twice `minCalls`)
 * becomes a task of its own. What a person has merged, split or excluded stays together, however large its sites are.
 */
export function findTasks(calls: readonly Call[], known: readonly Task[], options: FindOptions = {}): Found {
  const least = options.minCalls ?? MIN_CALLS;
  const sorted = calls.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  const kept = promote(known, sorted, least * 2);
  const settled = new Map<string, string>();
  const open: Call[] = [];
  const caught: Call[] = [];
  for (const call of sorted) {
    const task = assign(kept, call.request);
    if (task === null) open.push(call);
    else if (task.sites.some(isCatchAll) && !isDecided(task)) caught.push(call);
    else settled.set(call.id, task.id);
  }

  const { sites, alone } = findSites(open);
  const { tasks: widened, left } = widen(kept, sites);
  const outgrown = findSites(caught).sites.filter(
    ({ site, calls: own }) => own.length >= least * 2 && !isCatchAll(site),
  );
  let made = [...makeTasks(left, widened, least), ...outgrown.map(({ site }) => draft([site]))];
  // A new template may happen to take calls of a settled task: then it is not told apart well enough to stand.
  for (;;) {
    const all = [...widened, ...made];
    const thief = sorted.find((call) => {
      const before = settled.get(call.id);
      return before !== undefined && assign(all, call.request)?.id !== before;
    });
    const id = thief && assign(all, thief.request)?.id;
    if (id === undefined || !made.some((task) => task.id === id)) break;
    made = made.filter((task) => task.id !== id);
  }
  return describe(widened, made, sorted, new Set(alone.map((call) => call.id)), least);
}

/** A person has said which calls belong to it. */
const isDecided = ({ shapedBy, excluded }: Task): boolean => shapedBy !== undefined || excluded !== undefined;

/** Takes whatever no other site takes. */
function isCatchAll(site: CallSite): boolean {
  if (site.toolNames[0] === ANY) return true;
  return toldByUser(site) && isFree(site.user);
}

/** A task that has only its sites yet. */
function draft(sites: readonly CallSite[]): Task {
  const ordered = mostConstantFirst(sites);
  const id = `task_${contentHash(ordered.map((site) => site.id).join(' '), 12)}`;
  return {
    id,
    name: '',
    sites: ordered,
    kind: 'text',
    labels: [],
    tools: [],
    responseFormat: null,
    calls: 0,
  };
}

/** Sites that have outgrown their pool, as tasks after the pools they left. */
function promote(known: readonly Task[], calls: readonly Call[], least: number): Task[] {
  const counts = new Map<string, number>();
  for (const call of calls) {
    const task = assign(known, call.request);
    const site = task && task.sites.length > 1 && !isDecided(task) && siteOf(task, call.request);
    if (site) counts.set(site.id, (counts.get(site.id) ?? 0) + 1);
  }
  const isGrown = (site: CallSite) => (counts.get(site.id) ?? 0) >= least;
  return known.flatMap((task) => {
    // A pool that is left without a site keeps its first: it has become that task.
    const grown = task.sites.filter((site, i) => isGrown(site) && (i > 0 || !task.sites.every(isGrown)));
    if (task.sites.length === 1 || grown.length === 0 || isAgent(task)) return [task];
    const rest = task.sites.filter((site) => !grown.includes(site));
    return [{ ...task, sites: rest }, ...grown.map((site) => draft([site]))];
  });
}

/** Known tasks whose templates were too narrow for new calls, widened; and the sites that are nobody's. */
function widen(known: readonly Task[], sites: readonly SiteCalls[]): { tasks: Task[]; left: SiteCalls[] } {
  const tasks = [...known];
  const left: SiteCalls[] = [];
  for (const found of sites) {
    const hit = tasks
      .entries()
      .flatMap(([i, task]) => task.sites.map((site) => ({ i, site, wide: joinSites(site, found.site) })))
      .find(({ i, wide }) => wide !== null && found.calls.length >= WORTH * tasks[i]!.calls);
    if (!hit?.wide) {
      left.push(found);
      continue;
    }
    const { i, site, wide } = hit;
    const task = tasks[i]!;
    tasks[i] = { ...task, sites: task.sites.map((each) => (each === site ? wide : each)) };
  }
  return { tasks, left };
}

/** One site for two that differ in a chance constant; null where they are two. */
function joinSites(a: CallSite, b: CallSite): CallSite | null {
  if (a.toolNames.join(' ') !== b.toolNames.join(' ') || a.formatHash !== b.formatHash || a.turn !== b.turn)
    return null;
  if ((a.system === null) !== (b.system === null) || isCatchAll(a) !== isCatchAll(b)) return null;
  // Two constant prompts are two jobs, or an author's new version of one: only its calls could tell.
  const constants = a.system?.pieces.length === 1 && b.system?.pieces.length === 1;
  const same = a.system?.pieces.join('\0') === b.system?.pieces.join('\0');
  if (constants && !same && !differInNumbers(a.system!.pieces[0]!, b.system!.pieces[0]!)) return null;
  const system = a.system && b.system ? (same ? a.system : joinTemplates(a.system, b.system)) : null;
  if (a.system !== null && system === null) return null;
  const user = joinTemplates(a.user, b.user);
  if (user === null && toldByUser(a)) return null;
  return siteWith({ ...a, system, user: user ?? FREE });
}

function differInNumbers(a: string, b: string): boolean {
  return a.replace(/\p{N}+/gu, '0') === b.replace(/\p{N}+/gu, '0');
}

/**
 * Large sites as tasks, turns of one agent together where that is one job; new turns of a known one with it. Small sites in
 * pools: known ones of their shape, or new ones with calls enough.
 */
function makeTasks(sites: readonly SiteCalls[], known: Task[], least: number): Task[] {
  const others = sites.filter(({ site }) => {
    const i = known.findIndex((task) => isAgent(task) && agentKey(task.sites[0]!) === agentKey(site));
    if (i >= 0) known[i] = { ...known[i]!, sites: mostConstantFirst([...known[i]!.sites, site]) };
    return i < 0;
  });
  const sizeOf = (group: readonly SiteCalls[]): number =>
    group.reduce((sum, { calls }) => sum + calls.length, 0);
  const groups = joinTurns(others);
  const large = groups.filter((group) => sizeOf(group) >= least);
  const small = groups.filter((group) => sizeOf(group) < least).flat();
  const byShape = Map.groupBy(small, ({ site, calls }) =>
    shapeOf(site, outputKindOf(calls.flatMap((call) => call.response ?? []))),
  );
  const pools: Task[] = [];
  for (const [shape, members] of byShape) {
    if (shape === null) continue;
    const tools = members[0]!.site.toolNames.join(' ');
    const i = known.findIndex(
      ({ sites: [first, ...others], kind, excluded }) =>
        // What is new is not what a person has excluded.
        !excluded &&
        others.length > 0 &&
        first?.toolNames.join(' ') === tools &&
        shapeOf(first, kind) === shape,
    );
    const same = members.every(({ site }) => site.toolNames.join(' ') === tools);
    if (known[i] && same) {
      known[i] = { ...known[i], sites: [...known[i].sites, ...members.map(({ site }) => site)] };
    } else if (members.reduce((sum, { calls }) => sum + calls.length, 0) >= least) {
      pools.push(draft(poolSites(members)));
    }
  }
  return [...large.map((group) => draft(group.map(({ site }) => site))), ...pools];
}

/** Fills in what the tasks' calls show, and says what became of each call. */
function describe(
  known: readonly Task[],
  made: readonly Task[],
  calls: readonly Call[],
  alone: ReadonlySet<string>,
  least: number,
): Found {
  const all = [...known, ...made];
  const own = new Map<string, Call[]>(all.map((task) => [task.id, []]));
  for (const call of calls) {
    const task = assign(all, call.request);
    if (task) own.get(task.id)!.push(call);
  }
  const names = new Set(known.map((task) => task.name));
  const tasks = all.flatMap((task) => {
    const mine = own.get(task.id)!;
    const isNew = task.name === '';
    if (isNew && mine.length < least) return [];
    if (mine.length === 0) return [{ ...task, calls: 0 }];
    const described = filled(task, mine, isNew);
    const name = isNew
      ? nameOf({ ...described, site: described.sites[0]!, pooled: isPool(described) }, names)
      : task.name;
    names.add(name);
    return [{ ...described, name }];
  });
  const assignment = new Map<string, string>();
  const unassigned: { callId: string; reason: UnassignedReason }[] = [];
  for (const call of calls) {
    const task = assign(tasks, call.request);
    if (task) assignment.set(call.id, task.id);
    else unassigned.push({ callId: call.id, reason: alone.has(call.id) ? 'unlike-others' : 'too-few-calls' });
  }
  return { tasks, assignment, unassigned };
}

function isPool(task: Task): boolean {
  return task.sites.length > 1 || task.sites[0]!.toolNames[0] === ANY;
}

/** What a known task of this kind may turn out to be: labels once each has been seen often enough, or of several kinds. */
const mayBecome = (known: OutputKind, now: OutputKind): boolean =>
  (known === 'text' && now === 'label') || now === 'mixed';

/** A known task keeps its kind, unless it turns out to be another. */
function filled(task: Task, calls: readonly Call[], isNew: boolean): Task {
  const responses = calls.flatMap((call) => call.response ?? []);
  const now = outputKindOf(responses);
  const kind = isNew || task.isReshaped || mayBecome(task.kind, now) ? now : task.kind;
  const pooledTools = task.sites.some((site) => site.toolNames[0] === ANY);
  const labels = kind === 'label' ? labelsOf(responses, task.sites.flatMap(constantsOf).join('\n')) : [];
  const bias = commonBias(calls);
  const requests = Map.groupBy(
    calls.map(({ request }) => request),
    (request) => siteOf(task, request),
  );
  const limits = kind === 'text' || kind === 'mixed' ? textLimitsOf(calls) : {};
  const { labelLimits: _, textLimits: __, logitBias: ___, isReshaped: ____, ...rest } = task;
  return {
    ...rest,
    sites: mostConstantFirst(task.sites).map((site) => withShapes(site, requests.get(site) ?? [])),
    kind,
    kinds: kindShares(kind, responses),
    labels,
    ...(kind === 'label' ? { labelLimits: labelLimitsOf(calls, { kind, labels }) } : {}),
    ...(Object.keys(limits).length > 0 ? { textLimits: limits } : {}),
    ...(bias === null ? {} : { logitBias: bias }),
    tools: pooledTools || (!isNew && !task.isReshaped && task.tools.length === 0) ? [] : commonTools(calls),
    responseFormat: commonFormat(calls),
    calls: calls.length,
  };
}

const constantsOf = ({ system, user }: CallSite): readonly string[] => [
  ...(system?.pieces ?? []),
  ...user.pieces,
];
