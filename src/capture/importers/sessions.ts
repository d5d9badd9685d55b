/**
 * Which session a record belongs to, under the names that logs use for it. The one table of these names; where
 * several are there, the first kind wins, and within a kind the place that is asked first (record before metadata).
 */
import { isObject, type Json } from '../../core/json.ts';

/**
 * Kinds of ids, the narrowest run of an agent first; names without case and separators (`session_id`, `sessionId`,
 * `Session-Id` and `session.id` are one). docs/import.md shows this table.
 */
const SESSION_NAMES: readonly (readonly string[])[] = [
  [
    'sessionid',
    'session',
    'litellmsessionid',
    'heliconesessionid',
    'langfusesessionid',
    'langfusetracesessionid',
    'xsessionid',
  ],
  ['conversationid', 'genaiconversationid', 'conversation', 'chatid', 'dialogueid'],
  ['threadid', 'thread', 'lsthreadid'],
  ['traceid', 'litellmtraceid', 'langfusetraceid', 'trace'],
];

const RANKS: ReadonlyMap<string, number> = new Map(
  SESSION_NAMES.flatMap((names, kind) => names.map((name, i) => [name, kind * 100 + i] as const)),
);

/** Names as they stood in records before, with their rank: the same few come again in each. */
const ranksSeen = new Map<string, number>();
const SEEN_AT_MOST = 10_000;

function rankOf(name: string): number {
  let rank = ranksSeen.get(name);
  if (rank === undefined) {
    rank =
      name.length > 40 ? Infinity : (RANKS.get(name.toLowerCase().replace(/[^a-z0-9]/g, '')) ?? Infinity);
    if (ranksSeen.size < SEEN_AT_MOST) ranksSeen.set(name, rank);
  }
  return rank;
}

/**
 * The session that the first of these objects names, by the table's order; null where none does.
 * Ids may be texts, numbers, or objects with an `id`.
 */
export function sessionOf(...places: readonly (Json | undefined)[]): string | null {
  let best: string | null = null;
  let bestKind = Infinity;
  for (const place of places) {
    if (!isObject(place)) continue;
    // An earlier place wins over a later one unless the later one has an id of a narrower kind.
    let lowest = bestKind * 100;
    for (const name in place) {
      const rank = rankOf(name);
      if (rank >= lowest) continue;
      const id = idOf(place[name]);
      if (id === null) continue;
      best = id;
      lowest = rank;
    }
    bestKind = Math.floor(lowest / 100);
  }
  return best;
}

/** Whether a field of this name holds the id of a session, a conversation, a thread or a trace. */
export function isSessionName(name: string): boolean {
  return rankOf(name) < Infinity;
}

function idOf(value: Json | undefined): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value;
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null;
  return isObject(value) && (typeof value.id === 'string' || typeof value.id === 'number')
    ? idOf(value.id)
    : null;
}
