/**
 * Which calls belong to one run of an agent, where nobody said so: a call whose messages begin with those of an earlier
 * one continues it. Calls of one run resemble each other, so they stand in one split together and count as one where
 * calls are counted.
 * Does not: change a session that was told (one that several calls name).
 */
import { type Call, type CallRequest, type Message, REPEAT_PAUSE_MS } from '../core/call.ts';
import type { Example } from '../core/dataset.ts';
import { contentHash } from '../core/ids.ts';

/**
 * The calls, in the given order, with the session of the call that each continues. System messages are not compared:
 * programs write the time into them. Of several calls that one may continue, the latest whose answer it repeats, else
 * the latest. Linear in the number of messages.
 */
export function withSessions(calls: readonly Call[]): Call[] {
  const finder = sessionFinder();
  for (const call of calls.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))) finder.add(call);
  return inSessions(calls, finder.sessions());
}

/** The calls, each in the session that `sessions` has for it. */
export function inSessions(calls: readonly Call[], sessions: ReadonlyMap<string, string>): Call[] {
  return calls.map((call) => {
    const sessionId = sessions.get(call.id) ?? call.sessionId;
    return sessionId === call.sessionId ? call : { ...call, sessionId };
  });
}

export interface SessionFinder {
  /** The next call, in the order of time and then id. What it says is not kept, only hashes of it. */
  add(call: Call): void;
  /** The session of each call that was added, by call id. */
  sessions(): ReadonlyMap<string, string>;
}

/** As withSessions, of calls that come one by one. */
export function sessionFinder(): SessionFinder {
  const sizes = new Map<string, number>();
  const hash = messageHashes();
  /** Calls by the hash of all their messages, earliest first. */
  const ended = new Map<string, { readonly id: string; readonly answer: string | null }[]>();
  const added: { readonly id: string; readonly told: string; readonly continues: string | null }[] = [];

  /** The call whose whole is the longest beginning of this one. */
  const continuedBy = (messages: readonly Message[], prefixes: readonly string[]): string | null => {
    for (let n = messages.length - 1; n > 0; n--) {
      const candidates = ended.get(prefixes[n - 1]!);
      if (!candidates) continue;
      const next = hash(messages[n]!);
      return (candidates.findLast(({ answer }) => answer === next) ?? candidates.at(-1)!).id;
    }
    return null;
  };
  return {
    add({ id, sessionId, request, response, served }) {
      // An audit is named after the call that it is about where nobody named a session: that tells of no other call.
      if (served.reason !== 'audit') sizes.set(sessionId, (sizes.get(sessionId) ?? 0) + 1);
      const messages = conversation(request);
      const prefixes = prefixHashes(messages.map(hash));
      added.push({ id, told: sessionId, continues: continuedBy(messages, prefixes) });
      const whole = prefixes.at(-1);
      if (whole === undefined) return;
      const entry = { id, answer: response && hash(response.message) };
      const list = ended.get(whole);
      if (list) list.push(entry);
      else ended.set(whole, [entry]);
    },
    sessions() {
      const found = new Map<string, string>();
      for (const { id, told, continues } of added) {
        const isTold = continues === null || (sizes.get(told) ?? 1) !== 1;
        found.set(id, isTold ? told : found.get(continues)!);
      }
      return found;
    },
  };
}

/**
 * The examples with one session for those that repeat each other in a row: a retry, or a loop. They are one piece of
 * evidence, however often they came. The same input after another one is a new call: that it is frequent is a property of the
 * traffic. Sessions of several calls are not joined with one another: where many run at once, a frequent input would make
 * one of them all.
 */
export function joinRepeats(examples: readonly Example[]): Example[] {
  const parent = new Map<string, string>();
  const rootOf = (session: string): string => {
    let root = session;
    for (let up = parent.get(root); up !== undefined; up = parent.get(root)) root = up;
    if (root !== session) parent.set(session, root);
    return root;
  };
  const byTime = examples.toSorted((a, b) => a.at - b.at || (a.callId < b.callId ? -1 : 1));
  const begun = new Map<string, number>();
  const sizes = new Map<string, number>();
  for (const { sessionId } of examples) sizes.set(sessionId, (sizes.get(sessionId) ?? 0) + 1);
  /** Whether one of the sessions that are joined under this name has several calls. */
  const hasLong = new Map<string, boolean>();
  const isLong = (root: string): boolean => hasLong.get(root) ?? sizes.get(root) !== 1;
  for (const [i, { input, at, sessionId }] of byTime.entries()) {
    if (!begun.has(sessionId)) begun.set(sessionId, i);
    const before = byTime[i - 1];
    if (before?.input !== input || at - before.at > REPEAT_PAUSE_MS) continue;
    const [one, other] = [rootOf(before.sessionId), rootOf(sessionId)];
    if (one === other || (isLong(one) && isLong(other))) continue;
    // The session that began first gives its name.
    const [root, child] = begun.get(one)! < begun.get(other)! ? [one, other] : [other, one];
    hasLong.set(root, isLong(one) || isLong(other));
    parent.set(child, root);
  }
  return parent.size === 0
    ? [...examples]
    : examples.map((example) => ({ ...example, sessionId: rootOf(example.sessionId) }));
}

const conversation = ({ messages }: CallRequest): Message[] =>
  messages.filter(({ role }) => role !== 'system');

/** A hash of what was said and done in a message; of its role and content, and the tools' names and arguments. */
function messageHashes(): (message: Message) => string {
  const known = new WeakMap<Message, string>();
  return (message) => {
    let hash = known.get(message);
    if (hash === undefined) {
      const { role, content, toolCalls = [] } = message;
      const used = toolCalls.map(({ name, arguments: given }) => [name, given]);
      hash = contentHash(JSON.stringify([role, content.trim(), used]), 24);
      known.set(message, hash);
    }
    return hash;
  };
}

/** At i: a hash of the first i + 1. */
function prefixHashes(hashes: readonly string[]): string[] {
  let before = '';
  return hashes.map((hash) => {
    before = contentHash(before + hash, 24);
    return before;
  });
}
