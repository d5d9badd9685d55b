/**
 * Which calls can be learnt from: those that the LLM answered, with text alone. What the answer says is no reason to
 * leave a call out, since routing cannot see it: what is proved without such calls does not hold for those to come.
 * Does not: look for duplicates or make splits (dataset).
 */
import { type Signature, signatureOf } from '../callsite/signature.ts';
import type { Call } from '../core/call.ts';
import { type NoAnswer, whyNoAnswer } from '../core/ending.ts';
import { STORED_ELSEWHERE } from '../core/policy.ts';
import { inSessions, sessionFinder } from './sessions.ts';
import { correctedResponse } from './truth.ts';

/**
 * Why a call is of no use. specialist: a small model answered it, and must not become its own teacher; where it was
 * corrected, the correction teaches. partial: it continues what the provider stored, which nobody here has read.
 */
export type Unusable = NoAnswer | 'media' | 'partial' | 'specialist';

export interface Usable {
  readonly calls: readonly Call[];
  /** How many were left out, by reason, and the id of one of them. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly examples: Readonly<Record<string, string>>;
  /** The places in the code (placeOf) whose calls continue what the provider has stored. */
  readonly continued: ReadonlySet<string>;
}

/** Tools and response format, which a request that continues a stored conversation says as the first one did. */
export function placeOf({ toolNames, formatHash }: Pick<Signature, 'toolNames' | 'formatHash'>): string {
  return JSON.stringify([toolNames, formatHash]);
}

export function usableCalls(calls: Iterable<Call>): Usable {
  const sorting = sorter();
  for (const call of calls) sorting.add(call);
  return sorting.usable;
}

/**
 * As usableCalls, of calls that are read one by one, oldest first, each in its session (sessions.ts), to which the others
 * belong too. Those are let go at once. `read` counts what agents called: the LLM's answer to an audit is no call more, and
 * the call that a specialist served is learnt from through it.
 */
export async function readUsable(
  calls: AsyncIterable<Call> | Iterable<Call>,
): Promise<Usable & { readonly read: number }> {
  const sorting = sorter();
  const finder = sessionFinder();
  let read = 0;
  let audits = 0;
  for await (const call of calls) {
    if (call.served.reason === 'audit') audits++;
    else read++;
    finder.add(call);
    sorting.add(call);
  }
  const { calls: usable, dropped, examples, continued } = sorting.usable;
  const { specialist = 0, ...others } = dropped;
  const unheard = Math.max(0, specialist - audits);
  return {
    calls: inSessions(usable, finder.sessions()),
    dropped: unheard > 0 ? { ...others, specialist: unheard } : others,
    examples,
    continued,
    read,
  };
}

function sorter(): { add(call: Call): void; readonly usable: Usable } {
  const calls: Call[] = [];
  const dropped: Record<string, number> = {};
  const examples: Record<string, string> = {};
  const continued = new Set<string>();
  return {
    usable: { calls, dropped, examples, continued },
    add(call) {
      if (call.request.params[STORED_ELSEWHERE] !== undefined)
        continued.add(placeOf(signatureOf(call.request)));
      const reason = whyUnusable(call);
      if (reason === null) calls.push(call.served.by === 'llm' ? call : corrected(call));
      else {
        dropped[reason] = (dropped[reason] ?? 0) + 1;
        examples[reason] ??= call.id;
      }
    },
  };
}

function whyUnusable(call: Call): Unusable | null {
  const { response, request } = call;
  if (call.status >= 400 || response === null) return 'failed';
  if (call.served.by !== 'llm' && !call.feedback?.correction) return 'specialist';
  if (request.params[STORED_ELSEWHERE] !== undefined) return 'partial';
  const reason = whyNoAnswer(request, response);
  if (reason !== null) return reason;
  const isMedia = [...request.messages, response.message].some((message) => (message.mediaParts ?? 0) > 0);
  return isMedia ? 'media' : null;
}

/** A specialist's call with what it should have answered, and without what it did. */
function corrected(call: Call): Call {
  const { response, feedback } = call;
  return response && feedback?.correction
    ? { ...call, response: correctedResponse(response, feedback.correction) }
    : call;
}
