/**
 * Prompt distillation: the part of a call's prompt that varies within its task. A specialist is trained and
 * served on this text alone, by the same function, so that what it sees never differs between the two.
 */
import type { CallRequest } from './call.ts';
import type { CallSite, Task, Template } from './task.ts';

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
    const found = last ? (piece === '' ? text.length : text.length - piece.length) : text.indexOf(piece, at);
    if (found < at || (last && !text.endsWith(piece))) return null;
    slots.push(text.slice(at, found));
    at = found + piece.length;
  }
  return slots;
}

/** The inverse of matchTemplate: as many slots as there are gaps between pieces. */
export function fillTemplate(template: Template, slots: readonly string[]): string {
  return template.pieces.map((piece, i) => (i === 0 ? piece : (slots[i - 1] ?? '') + piece)).join('');
}

/** The call site among the task's that made this request, or null: names and templates must all fit. */
export function siteOf(task: Task, request: CallRequest): CallSite | null {
  return task.sites.find((site) => distilAt(site, task, request) !== null) ?? null;
}

/** The request's variable part under its task, or null where it fits none of the task's call sites. */
export function distil(task: Task, request: CallRequest): string | null {
  for (const site of task.sites) {
    const input = distilAt(site, task, request);
    if (input !== null) return input;
  }
  return null;
}

function distilAt(site: CallSite, task: Task, request: CallRequest): string | null {
  const parts: string[] = [];
  const system = request.messages.filter((message) => message.role === 'system');
  if (site.system === null) {
    if (system.length > 0) return null;
  } else {
    const slots = matchTemplate(site.system, system.map((message) => message.content).join('\n\n'));
    if (slots === null) return null;
    parts.push(...slots.map((slot) => slot.trim()).filter((slot) => slot !== ''));
  }
  const names = request.tools.map((tool) => tool.name).sort();
  if (names.length !== site.toolNames.length || names.some((name, i) => name !== site.toolNames[i]))
    return null;
  if (task.tools.length === 0 && request.tools.length > 0) {
    parts.push(request.tools.map((tool) => `${tool.name} ${JSON.stringify(tool.parameters)}`).join('\n'));
  }
  const rest = request.messages.filter((message) => message.role !== 'system');
  const single = rest.length === 1;
  let firstUser = true;
  for (const message of rest) {
    let text = message.content;
    if (message.role === 'user' && firstUser) {
      firstUser = false;
      const slots = matchTemplate(site.user, text);
      if (slots === null) return null;
      text = slots
        .map((slot) => slot.trim())
        .filter((slot) => slot !== '')
        .join('\n');
    }
    for (const call of message.toolCalls ?? [])
      text += `${text === '' ? '' : '\n'}${call.name} ${call.arguments}`;
    parts.push(single ? text : `${message.role}: ${text}`);
  }
  return parts.join('\n');
}
