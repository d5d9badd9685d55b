/**
 * Who may do what: roles and their permissions, access keys, and the interfaces of what checks and keeps them. Pure.
 * Does not: make or check keys (access/), or keep them (store/).
 */

export const ROLES = ['app', 'viewer', 'reviewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/**
 * What a route asks for. `call`: agent calls and whatever else is passed on to the provider. `feedback`: to say what became
 * of a call. `view`: numbers, names of tasks, no payload. `read`: payloads. `deploy`: to start, stop and roll back learning
 * and specialists. `administer`: access keys, erasing, the audit trail.
 */
export const PERMISSIONS = ['call', 'feedback', 'view', 'read', 'deploy', 'administer'] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** No ladder: who may deploy need not read what customers wrote, and an agent's key opens nothing but the gateway. */
const GRANTS: Readonly<Record<Role, readonly Permission[]>> = {
  app: ['call', 'feedback'],
  viewer: ['view'],
  reviewer: ['view', 'read', 'feedback'],
  operator: ['view', 'deploy'],
  admin: PERMISSIONS,
};

export function allows(role: Role, permission: Permission): boolean {
  return GRANTS[role].includes(permission);
}

export const BUDGET_PERIODS = ['day', 'week', 'month', 'total'] as const;

export interface Budget {
  /** US dollars. */
  readonly usd: number;
  /** Of the calendar in UTC; a week begins on Monday. */
  readonly period: (typeof BUDGET_PERIODS)[number];
}

/** What a key may do. Null: without a limit. */
export interface KeyLimits {
  /** Names of models; one that ends with `*` stands for all that begin so. */
  readonly models: readonly string[] | null;
  readonly budget: Budget | null;
  readonly requestsPerMinute: number | null;
  /** Of prompts and completions together. */
  readonly tokensPerMinute: number | null;
}

/** An access key as it is kept: its secret is a hash. Times are epoch milliseconds. */
export interface AccessKey extends KeyLimits {
  /** Part of the key's text; not secret. */
  readonly id: string;
  /** What people call it; no two keys that are in force share one. */
  readonly alias: string;
  readonly role: Role;
  /** SHA-256 of the key's text, in hex. */
  readonly hash: string;
  /** After a rotation: the hash before it, and until when that is accepted. */
  readonly previous: { readonly hash: string; readonly until: number } | null;
  readonly createdAt: number;
  readonly rotatedAt: number | null;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** What a key has used on a day (UTC, YYYY-MM-DD). */
export interface KeyUse {
  readonly keyId: string;
  readonly day: string;
  readonly requests: number;
  readonly tokens: number;
  readonly usd: number;
}

export interface AccessStore {
  /** Another number whenever keys have changed; cheap. */
  accessVersion(): Promise<number>;
  /** All that there have ever been, in the order of their making. */
  accessKeys(): Promise<AccessKey[]>;
  /**
   * Adds the key, or replaces the one with its id; on the disk itself before it resolves.
   * @throws UnderstudyError 'bad-input' where another key that is not revoked has its alias.
   */
  putAccessKey(key: AccessKey): Promise<void>;
  /** Adds to what is kept for the key and day. All or none. */
  addKeyUse(uses: readonly KeyUse[]): Promise<void>;
  /** From this day on; '' for all. */
  keyUse(since: string): Promise<KeyUse[]>;
}

/** Who sends a request. */
export interface Principal {
  /** Null where keys are off: whoever reaches this machine's loopback. */
  readonly keyId: string | null;
  /** The key's alias. */
  readonly name: string;
  readonly role: Role;
}

/** The head of a request, as node:http has it. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  headers: Record<string, string | string[] | undefined>;
  rawHeaders: string[];
}

/** A request that may be answered. */
export interface Admission {
  readonly principal: Principal;
  /**
   * False where it came to a name that is not known to be this gateway's, without a key: as a web page's does that has had
   * its own name point here (DNS rebinding). Then nothing but the LLM answers, and nothing is recorded.
   */
  readonly isTrusted: boolean;
  /** Headers of the answer that let a web page of a configured origin read it, as a flat list; empty for other callers. */
  readonly cors: readonly string[];
  /** Whether its key limits the models that it may name: then `beginCall` has to be told them. */
  readonly limitsModels: boolean;
  /** Whether tokens or costs are counted against a limit: then `endCall` has to be told them. */
  readonly isMetered: boolean;
}

/** What a call came to. */
export interface CallUse {
  readonly model: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** Whether the LLM answered: what a specialist answers costs nothing. */
  readonly byLlm: boolean;
}

/** Lets requests in, or not. All from memory. */
export interface Access {
  /** Whether a key is asked for. */
  isOn(): boolean;
  /**
   * The headers of the answer (204) to a CORS preflight; null where the request is none.
   * @throws UnderstudyError 'forbidden' (403) for an origin that is not configured.
   */
  preflight(head: RequestHead): readonly string[] | null;
  /**
   * Who sends the request, if that may be done. Takes the access key out of the head: out of `headers`, where the key's id
   * stands for the sender from then on, and out of `rawHeaders`, where the provider's key takes its place if the
   * configuration has one.
   * @throws UnderstudyError 'unauthenticated' (401), 'forbidden' (403), 'unavailable' (503) where keys cannot be read.
   */
  authorise(head: RequestHead, permission: Permission): Admission;
  /** Whether `authorise` would let it in, and trust it; for what answers everybody, and some with more. */
  mayDo(head: RequestHead, permission: Permission): boolean;
  /**
   * Counts a call that is about to be made.
   * @param models That it names; null where they cannot be told, as on paths that are only passed on; 'none' where it names
   *   none and costs nothing, as a list of models.
   * @throws UnderstudyError 'rate-limited' (429) with `data.retryAfterSeconds`, 'forbidden' (403) for a model.
   */
  beginCall(admission: Admission, models: readonly string[] | 'none' | null): void;
  /** Counts what it came to. */
  endCall(admission: Admission, use: CallUse): void;
}
