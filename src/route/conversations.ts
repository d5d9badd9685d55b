/**
 * Which audited calls belong together where nobody said so: a call whose messages begin with all those of an earlier one
 * continues it, and is of its session (curate/sessions has the same rule for recorded calls). In memory, for the
 * latest audits.
 * Does not: look at calls that are not audited; they are no evidence.
 */
import type { CallRequest, Message } from '../core/call.ts';
import { contentHash } from '../core/ids.ts';

export interface Conversations {
  /** The session that the call continues; null where it continues none that is remembered. */
  find(request: Pick<CallRequest, 'messages'>): string | null;
  /** The same for a call that is audited, which is remembered; its own id is the session where it continues none. */
  join(callId: string, request: Pick<CallRequest, 'messages'>): string;
}

/** @param limit Calls that are remembered; of more the oldest go. */
export function rememberConversations(limit: number): Conversations {
  /** The session by the hash of all messages. */
  const ended = new Map<string, string>();
  /** By message, the hash before it and with it: a conversation's messages are the same objects with each of its calls. */
  const hashed = new WeakMap<Message, { readonly before: string; readonly hash: string }>();
  const hashWith = (before: string, message: Message): string => {
    const known = hashed.get(message);
    if (known?.before === before) return known.hash;
    const hash = contentHash(before + JSON.stringify(message));
    hashed.set(message, { before, hash });
    return hash;
  };
  const trace = ({ messages }: Pick<CallRequest, 'messages'>) => {
    let hash = '';
    let session: string | null = null;
    for (const message of messages) {
      // Programs write the time into system messages.
      if (message.role === 'system') continue;
      // The longest beginning that an earlier call had as its whole; the same whole again is another call.
      session = ended.get(hash) ?? session;
      hash = hashWith(hash, message);
    }
    return { hash, session };
  };
  return {
    find: (request) => trace(request).session,
    join: (callId, request) => {
      const { hash, session } = trace(request);
      const own = session ?? callId;
      // Nothing but a system message: it begins like every conversation, and is none.
      if (hash === '') return own;
      ended.delete(hash);
      ended.set(hash, own);
      if (ended.size > limit) ended.delete(ended.keys().next().value!);
      return own;
    },
  };
}
