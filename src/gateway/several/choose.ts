/**
 * Which of several servers a call goes to: of those that take it and are not passed over, the ones of the smallest priority; of
 * these, the one that its conversation is with, else one by weight.
 * Does not: send (several.ts).
 */
import { hash } from 'node:crypto';
import type { Standing, Standings } from './standing.ts';

/** A server, as far as choosing goes. */
export interface Choosable {
  readonly name: string;
  readonly weight: number;
  readonly priority: number;
  /** Itself, whatever its settings. */
  readonly standing: Standing;
  /** Whether the circuit breaker lets a call through. */
  admits(now: number): boolean;
  /** Whether all of its connections are in use. */
  isFull(): boolean;
}

export interface Asked {
  /** Null where nothing tells. */
  readonly conversation: string | null;
  /** Whether it continues the conversation: then its server is kept. */
  readonly isBegun: boolean;
  /** Whether a server has asked to be left alone for now (`retry-after`). */
  isCooling(standing: Standing, now: number): boolean;
}

export interface Chooser {
  /** Null where every server is passed over. */
  choose<S extends Choosable>(servers: readonly S[], asked: Asked, now: number): S | null;
  /** The conversation is with this server from now on. */
  keep(conversation: string | null, standing: Standing, now: number): void;
}

/** How long after its last call the server of a conversation is remembered. */
const KEPT_MS = 3_600_000;

/**
 * @param kept Which server each conversation is with.
 * @param random In [0, 1), for calls of no conversation.
 */
export function createChooser(kept: Standings['conversations'], random: () => number): Chooser {
  return {
    choose: (servers, asked, now) => {
      const ready = servers.filter((one) => one.admits(now) && !asked.isCooling(one.standing, now));
      if (asked.conversation !== null && asked.isBegun) {
        const last = kept.get(asked.conversation);
        const same =
          last && now - last.at <= KEPT_MS
            ? ready.find(({ standing }) => standing === last.standing)
            : undefined;
        if (same && !same.isFull()) return same;
      }
      const first = Math.min(...ready.map(({ priority }) => priority));
      const group = ready.filter(({ priority }) => priority === first);
      const free = group.filter((one) => !one.isFull());
      return byWeight(free.length > 0 ? free : group, asked.conversation, random);
    },
    keep: (conversation, standing, now) => {
      if (conversation !== null) kept.set(conversation, { standing, at: now });
    },
  };
}

/**
 * Weighted rendezvous hashing (Schindelhauer and Schomaker 2005): the server with the largest −weight / ln u, with u in (0, 1)
 * from the conversation and the server. Each gets its part of the conversations, and only those of a server that goes away
 * move; other gateways, and this one after a restart, choose the same.
 */
function byWeight<S extends Choosable>(
  servers: readonly S[],
  conversation: string | null,
  random: () => number,
): S | null {
  let best: S | null = null;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const server of servers) {
    const drawn = conversation === null ? random() : fraction(`${conversation} ${server.name}`);
    const score = -server.weight / Math.log(Math.max(drawn, Number.MIN_VALUE));
    if (best !== null && score <= bestScore) continue;
    best = server;
    bestScore = score;
  }
  return best;
}

/** 48 bits of a hash as a number in (0, 1). */
function fraction(text: string): number {
  return (Number.parseInt(hash('sha256', text).slice(0, 12), 16) + 0.5) / 2 ** 48;
}
