/**
 * What a specialist was proved on: the call sites with their templates and the shapes of their slots, the label set, the
 * tools, the response format, the token biases. Learning goes on and changes the task; the proof holds for what the task was.
 * Does not: decide who serves (route/), or suspend (learn/).
 */
import type { CallRequest, Tool } from '../core/call.ts';
import { isSameBias } from '../core/demands.ts';
import { constraintsOf, schemaConstraints } from '../core/format.ts';
import { contentHash } from '../core/ids.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import { indexOfLabel } from '../core/label.ts';
import type { ProvedOn } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { isFamiliar } from './slot-shape.ts';
import { aroundVolatile } from './volatile-values.ts';

/** A request and when it came, epoch milliseconds; null: not known. */
export interface TimedRequest {
  readonly request: CallRequest;
  readonly at: number | null;
}

/** @param requests Those that the specialist was proved on. */
export function provedOn(task: Task, requests: Iterable<TimedRequest>): ProvedOn {
  const { sites, kind, labels, tools, responseFormat, logitBias, shapedBy } = task;
  const [versionOf, schemasOf] = [toolIds(toolTexts), toolIds(toolSchemas)];
  const [versions, schemas] = [new Set<string>(), new Set<string>()];
  if (tools.length > 0)
    for (const { request, at } of requests) {
      versions.add(versionOf(request.tools, at));
      schemas.add(schemasOf(request.tools, at));
    }
  return {
    sites,
    kind,
    labels,
    tools: tools.length > 0 ? { versions: [...versions].sort(), schemas: [...schemas].sort() } : null,
    format: responseFormat === null ? null : formatId(responseFormat),
    ...(logitBias ? { logitBias } : {}),
    ...(shapedBy === undefined ? {} : { shapedBy }),
  };
}

/**
 * The task as it was proved: its call sites were those. Without `proved` (by an earlier version, or not proved yet) the task
 * as it is.
 */
export function asProved(task: Task, proved: ProvedOn | undefined): Task {
  return proved === undefined ? task : { ...task, sites: proved.sites };
}

/**
 * Why the proof does not hold for the task any more, in a few words that quote nothing; null where it does. Templates are no
 * reason: the specialist keeps serving the calls that follow the old ones.
 * @param latest The task's latest calls as recorded, whose tools are to be compared. Default: none, as in routing, which
 *   compares those of each call.
 */
export function whyUnproved(
  task: Task,
  proved: ProvedOn | undefined,
  latest: readonly TimedRequest[] = [],
): string | null {
  if (task.shapedBy !== proved?.shapedBy) return 'a person has merged or split it';
  if (proved === undefined) return null;
  if (task.kind !== proved.kind) return `its answers are ${task.kind} now, and were ${proved.kind}`;
  const added = task.labels.filter((label) => indexOfLabel(proved.labels, label) < 0).length;
  if (added > 0) return `it has ${added} ${added === 1 ? 'label' : 'labels'} more`;
  if (!isSameBias(task.logitBias ?? null, proved.logitBias ?? null)) return 'its token biases have changed';
  const { tools, format } = proved;
  if ((tools === null) !== (task.tools.length === 0)) return 'its tools have changed';
  const versionOf = toolIds(toolTexts);
  const unknown = latest.filter(({ request, at }) => !tools?.versions.includes(versionOf(request.tools, at)));
  // Most of them: in what is recorded of one call a name may have been replaced.
  if (tools !== null && unknown.length * 2 > latest.length) return 'its tools have changed';
  const formatNow = task.responseFormat === null ? null : formatId(task.responseFormat);
  return formatNow === format ? null : 'its response format has changed';
}

/**
 * Whether requests that follow the task's templates are like those of the proof: in the shape of their slots, the schemas of
 * their tools and their response format.
 * @param task As proved. Keep what is given as long as it is the same: tools are read once for each text.
 */
export function likeProved(task: Task, proved: ProvedOn | undefined): (timed: TimedRequest) => boolean {
  const schemasOf = toolIds(toolSchemas);
  const schemas = proved?.tools && new Set(proved.tools.schemas);
  return ({ request, at }) => {
    if (!isFamiliar(task, request)) return false;
    if (schemas && !schemas.has(schemasOf(request.tools, at))) return false;
    return !proved || proved.format === null || formatId(request.responseFormat) === proved.format;
  };
}

const formatId = (format: CallRequest['responseFormat']): string => contentHash(constraintsOf(format), 16);

/** Texts of tools whose ids are remembered. */
const MAX_REMEMBERED = 64;

const toolTexts = (tools: readonly Tool[]): string => canonicalJson(tools as unknown as Json);
const toolSchemas = (tools: readonly Tool[]): string =>
  tools.map(({ name, parameters }) => `${name} ${schemaConstraints(parameters)}`).join('\n');

/** Gives tools an id that times and ids of requests which a program writes into them do not change. */
function toolIds(
  textOf: (tools: readonly Tool[]) => string,
): (tools: readonly Tool[], at: number | null) => string {
  const known = new Map<string, string>();
  return (tools, at) => {
    const key = contentHash(JSON.stringify(tools), 32);
    let id = known.get(key);
    if (id === undefined) {
      id = contentHash(aroundVolatile(textOf(tools), at).join('\0'), 16);
      if (known.size >= MAX_REMEMBERED) known.delete(known.keys().next().value!);
      known.set(key, id);
    }
    return id;
  };
}
