/**
 * What stood in the slots of a call site's templates when it was learnt: length, lines, and whether it was nothing but a
 * time or an id. A prompt that was edited within a slot ("Today is 23 November. Answer in Spanish.") still follows the
 * template, and is another job.
 * Does not: decide who serves (route/).
 */
import type { CallRequest } from '../core/call.ts';
import type { CallSite, SlotShape, Task } from '../core/task.ts';
import { signatureOf } from './signature.ts';
import { type Slots, slotsAt } from './variable-part.ts';
import { aroundVolatile } from './volatile-values.ts';

/** How much longer than the longest that was learnt a slot may be: the author's slots, and those with people's words. */
const SYSTEM_GROWTH = { times: 2, more: 24 };
const USER_GROWTH = { times: 4, more: 400 };

/** The site with the shapes of its slots in these requests, which all follow its templates. */
export function withShapes(site: CallSite, requests: readonly CallRequest[]): CallSite {
  const found = requests.flatMap((request) => slotsAt(site, signatureOf(request)) ?? []);
  if (found.length === 0) return site;
  const shapesOf = (which: keyof Slots): SlotShape[] =>
    found[0]![which].map((_, i) => shapeOf(found.map((slots) => slots[which][i] ?? '')));
  return { ...site, shapes: { system: shapesOf('system'), user: shapesOf('user') } };
}

function shapeOf(values: readonly string[]): SlotShape {
  const distinct = [...new Set(values)];
  return {
    chars: distinct.reduce((most, { length }) => Math.max(most, length), 0),
    lines: distinct.reduce((most, value) => Math.max(most, linesOf(value)), 1),
    volatile: distinct.every(isVolatile),
  };
}

/**
 * Whether a request that follows one of the task's templates looks like what the task was learnt from; true where the task
 * was learnt by a version that kept no shapes, or follows none.
 */
export function isFamiliar(task: Task, request: CallRequest): boolean {
  const signature = signatureOf(request);
  for (const site of task.sites) {
    const slots = slotsAt(site, signature);
    if (slots === null) continue;
    const { shapes } = site;
    if (shapes === undefined) return true;
    return (
      shapes.system.every((shape, i) => fits(shape, slots.system[i] ?? '', SYSTEM_GROWTH)) &&
      shapes.user.every((shape, i) => fits(shape, slots.user[i] ?? '', USER_GROWTH))
    );
  }
  return true;
}

function fits(shape: SlotShape, value: string, growth: typeof SYSTEM_GROWTH): boolean {
  if (value.length > Math.max(shape.chars * growth.times, shape.chars + growth.more)) return false;
  if (growth === SYSTEM_GROWTH && shape.lines === 1 && linesOf(value) > 1) return false;
  return !shape.volatile || isVolatile(value);
}

const linesOf = (value: string): number => value.trim().split('\n').length;

/** Nothing but times, ids, addresses and what stands between them. */
function isVolatile(value: string): boolean {
  if (value.length > 200) return false;
  // The word makes a bare time of day one.
  const [first = '', ...rest] = aroundVolatile(`now ${value}`);
  return !/[\p{L}\p{N}]/u.test([first.slice('now '.length), ...rest].join(''));
}
