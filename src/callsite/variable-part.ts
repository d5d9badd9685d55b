/**
 * Prompt distillation: the part of a call's prompt that varies within its task. A specialist is trained and
 * served on this text alone, by the same function, so that what it sees never differs between the two.
 */
import type { CallRequest } from '../core/call.ts';
import { choicesOf } from '../core/format.ts';
import { withoutReasoning } from '../core/reasoning.ts';
import type { CallSite, Task, Template } from '../core/task.ts';
import { type Signature, signatureOf } from './signature.ts';
import { toolText } from './tool-text.ts';

/**
 * The slots' texts, or null where the text does not follow the template. Each constant piece is looked for after
 * the one before it (first fit), the last one at the end.
 */
export function matchTemplate(template: Template, text: string): string[] | null {
  const { pieces } = template;
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return text === first ? [] : null;
  if (!text.startsWith(first)) return null;
  const slots: string[] = [];
  let at = first.length;
  for (let i = 1; i < pieces.length; i++) {
    const piece = pieces[i] ?? '';
    const last = i === pieces.length - 1;
    if (last && !text.endsWith(piece)) return null;
    const found = last ? text.length - piece.length : text.indexOf(piece, at);
    if (found < at) return null;
    slots.push(text.slice(at, found));
    at = found + piece.length;
  }
  return slots;
}

/** The inverse of matchTemplate: as many slots as there are gaps between pieces. */
export function fillTemplate(template: Template, slots: readonly string[]): string {
  return template.pieces.map((piece, i) => (i === 0 ? piece : (slots[i - 1] ?? '') + piece)).join('');
}

/** Stands in a call site for any set of tools, or any tool's result: the calls of a pool (see cluster/pool). */
export const ANY = '*';

/** The call site among the task's that made this request, or null: names, format, turn and templates must all fit. */
export function siteOf(task: Task, request: CallRequest): CallSite | null {
  const signature = signatureOf(request);
  return task.sites.find((site) => slotsAt(site, signature) !== null) ?? null;
}

/** The request's variable part under its task, or null where it fits none of the task's call sites. */
export function distil(task: Task, request: CallRequest): string | null {
  const signature = signatureOf(request);
  for (const site of task.sites) {
    const slots = slotsAt(site, signature);
    if (slots) return render(slots, task, request);
  }
  return null;
}

export interface Slots {
  readonly system: readonly string[];
  readonly user: readonly string[];
}

/** The slots' texts of a request at a call site; null where it was not made there. */
export function slotsAt(site: CallSite, signature: Signature): Slots | null {
  if (!turnFits(site.turn, signature.turn) || site.formatHash !== signature.formatHash) return null;
  if (!toolsFit(site.toolNames, signature.toolNames)) return null;
  if ((site.system === null) !== (signature.system === null)) return null;
  const system = site.system === null ? [] : matchTemplate(site.system, signature.system ?? '');
  if (system === null) return null;
  const user = matchTemplate(site.user, signature.user);
  return user === null ? null : { system, user };
}

function turnFits(site: string, turn: string): boolean {
  return site === turn || (site === `tool:${ANY}` && turn.startsWith('tool:'));
}

function toolsFit(site: readonly string[], names: readonly string[]): boolean {
  if (site.length === 1 && site[0] === ANY) return names.length > 0;
  return names.length === site.length && names.every((name, i) => name === site[i]);
}

function render(slots: Slots, task: Task, request: CallRequest): string {
  const parts = filled(slots.system);
  if (task.tools.length === 0 && request.tools.length > 0) {
    parts.push(request.tools.map(toolText).join('\n'));
  }
  // As with tools: what each request may be answered with belongs to the input where it is not always the same.
  if (task.responseFormat === null && request.responseFormat !== undefined) {
    const choices = choicesOf(request.responseFormat);
    if (choices !== '') parts.push(choices);
  }
  const rest = request.messages.filter((message) => message.role !== 'system');
  const single = rest.length === 1;
  let firstUser = true;
  for (const message of rest) {
    let text = message.role === 'assistant' ? withoutReasoning(message.content) : message.content;
    if (message.role === 'user' && firstUser) {
      firstUser = false;
      text = filled(slots.user).join('\n');
    }
    for (const call of message.toolCalls ?? [])
      text += `${text === '' ? '' : '\n'}${call.name} ${call.arguments}`;
    parts.push(single ? text : `${message.role}: ${text}`);
  }
  return parts.join('\n');
}

function filled(slots: readonly string[]): string[] {
  return slots.map((slot) => slot.trim()).filter((slot) => slot !== '');
}
