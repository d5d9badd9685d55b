/**
 * What tells where in an agent's code a request comes from, apart from its wording: tools, response format, and
 * the turn. Computed once per request, since the online path asks several tasks about the same one.
 */
import type { CallRequest } from '../core/call.ts';
import { structureHash } from '../core/format.ts';
import type { CallSite } from '../core/task.ts';

export interface Signature {
  /** All system messages, joined by an empty line; null where there is none. */
  readonly system: string | null;
  /** The first user message; '' where there is none. */
  readonly user: string;
  /** Sorted. */
  readonly toolNames: readonly string[];
  /** See core/format: the same for formats that differ in names, choices and descriptions. */
  readonly formatHash: string;
  readonly turn: CallSite['turn'];
}

const known = new WeakMap<CallRequest, Signature>();

export function signatureOf(request: CallRequest): Signature {
  let signature = known.get(request);
  if (!signature) {
    const system = request.messages.filter((message) => message.role === 'system');
    signature = {
      system: system.length === 0 ? null : system.map((message) => message.content).join('\n\n'),
      user: request.messages.find((message) => message.role === 'user')?.content ?? '',
      toolNames: request.tools.map((tool) => tool.name).sort(),
      formatHash: structureHash(request.responseFormat),
      turn: turnOf(request),
    };
    known.set(request, signature);
  }
  return signature;
}

/** What the model answers: the last message's author, a tool by its name ('tool:?' where the call is not found). */
function turnOf({ messages }: CallRequest): CallSite['turn'] {
  const last = messages.at(-1);
  if (last?.role !== 'tool') return 'user';
  for (let i = messages.length - 2; i >= 0; i--) {
    const call = messages[i]!.toolCalls?.find((each) => each.id === last.toolCallId);
    if (call) return `tool:${call.name}`;
  }
  return 'tool:?';
}
