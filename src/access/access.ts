/**
 * Lets requests in, or not: browser rules, access keys, roles, limits. All from memory; whoever makes it brings the keys
 * up to date (`update`) and carries away what was used.
 * Does not: read the store (online/access-updates.ts), or know what routes there are (gateway/, api/).
 */
import {
  type Access,
  type AccessKey,
  type Admission,
  allows,
  type CallUse,
  type KeyUse,
  type Permission,
  type Principal,
  type RequestHead,
} from '../core/access.ts';
import { UnderstudyError } from '../core/errors.ts';
import { browserRules } from './browser.ts';
import { accessKeySender, hasProviderKey, sentKey, takeKey } from './credentials.ts';
import { type Keyring, keyringOf } from './keyring.ts';
import { keyLimits, type Limits } from './limits.ts';

export interface AccessOptions {
  readonly keys: 'auto' | 'required' | 'off';
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  /**
   * The key of the provider that a request is for, for callers that send an access key instead; undefined where the
   * configuration has none for it. Default: none.
   */
  readonly upstreamKey?: (head: RequestHead) => string | undefined;
  /** What a call cost, in US dollars; null where the model's price is not known. */
  readonly costOf: (use: CallUse) => number | null;
  readonly now: () => number;
  /** Counts what was refused, by the error's code. */
  readonly onRefused?: (code: string) => void;
}

type AccessRules = Pick<AccessOptions, 'keys' | 'hosts' | 'origins'>;

export interface KeyedAccess extends Access, Pick<Limits, 'taken' | 'putBack'> {
  /** Other rules, from now on. */
  configure(rules: AccessRules): void;
  /** The keys as they are now, and what they have used. */
  update(keys: readonly AccessKey[]): void;
  known(uses: readonly KeyUse[]): void;
}

/** Whoever reaches loopback is who runs this machine's agents. */
const LOCAL: Principal = { keyId: null, name: 'local', role: 'admin' };

const NOTHING = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, byLlm: true };

interface KeyedAdmission extends Admission {
  readonly key: AccessKey | null;
}

export function createAccess(options: AccessOptions): KeyedAccess {
  const { now, upstreamKey = () => undefined, costOf, onRefused = () => {} } = options;
  let rules: AccessRules = options;
  let browser = browserRules(rules);
  const limits = keyLimits();
  /** Null until the store has been read for the first time. */
  let ring: Keyring | null = null;

  const isOn = (): boolean =>
    rules.keys === 'required' || (rules.keys === 'auto' && ring !== null && ring.size > 0);

  const withoutKey = (head: RequestHead, permission: Permission, sent: string | null): KeyedAdmission => {
    const cors = browser.corsOf(head, false);
    const { host } = head.headers;
    const isTrusted = browser.isOwnHost(Array.isArray(host) ? host[0] : host);
    // The provider's key is spent for callers of this machine alone.
    const providerKey = upstreamKey(head);
    if (!isTrusted && (permission !== 'call' || providerKey !== undefined)) throw foreignHost();
    if (sent !== null || providerKey !== undefined) takeKey(head, null, providerKey);
    return { key: null, principal: LOCAL, isTrusted, cors, limitsModels: false, isMetered: false };
  };

  /** While nobody knows whether there are keys, the LLM answers those who pay for it themselves, and numbers may be seen. */
  const refuseUnread = (head: RequestHead, permission: Permission, sent: string | null): void => {
    const isOpen = permission === 'call' || permission === 'feedback' || permission === 'view';
    if (!isOpen || ((sent !== null || upstreamKey(head) !== undefined) && !hasProviderKey(head)))
      throw unread();
  };

  const authorise = (head: RequestHead, permission: Permission): KeyedAdmission => {
    const sent = sentKey(head);
    if (!isOn()) {
      if (ring === null && rules.keys === 'auto') refuseUnread(head, permission, sent);
      return withoutKey(head, permission, sent);
    }
    if (ring === null) throw unread();
    const cors = browser.corsOf(head, sent !== null);
    const key = sent === null ? null : ring.find(sent, now());
    if (key === null) throw unauthenticated(sent !== null);
    if (!allows(key.role, permission)) throw notGranted(key, permission);
    takeKey(head, accessKeySender(key.id), upstreamKey(head));
    return {
      key,
      principal: { keyId: key.id, name: key.alias, role: key.role },
      isTrusted: true,
      cors,
      limitsModels: key.models !== null || key.budget !== null,
      isMetered: key.budget !== null || key.tokensPerMinute !== null,
    };
  };

  const counted = <A extends readonly unknown[], R>(check: (...args: A) => R) => {
    return (...args: A): R => {
      try {
        return check(...args);
      } catch (error) {
        onRefused(error instanceof UnderstudyError ? error.code : 'internal');
        throw error;
      }
    };
  };

  return {
    isOn,
    configure: (next) => {
      rules = next;
      browser = browserRules(next);
    },
    preflight: counted((head) => browser.preflight(head)),
    authorise: counted(authorise),
    mayDo: (head, permission) => {
      try {
        return authorise(head, permission).isTrusted;
      } catch {
        return false;
      }
    },
    beginCall: counted((admission, models) => {
      const { key } = admission as KeyedAdmission;
      if (key === null) return;
      if (models !== 'none' && (key.models !== null || key.budget !== null)) {
        if (models === null) throw unreadable();
        if (!mayUse(key, models)) throw wrongModel(models);
        // Which of several counts is the provider's to say, and so what the call costs.
        if (key.budget !== null && new Set(models).size > 1) throw wrongModel(models);
        if (key.budget !== null && models.some((model) => costOf({ ...NOTHING, model }) === null))
          throw unpriced();
      }
      limits.begin(key, now());
    }),
    endCall: (admission, use) => {
      const { key } = admission as KeyedAdmission;
      if (key === null) return;
      const tokens = use.promptTokens + use.completionTokens;
      limits.end(key, now(), { tokens, usd: use.byLlm ? (costOf(use) ?? 0) : 0 });
    },
    update: (keys) => {
      ring = keyringOf(keys);
    },
    known: limits.known,
    taken: limits.taken,
    putBack: limits.putBack,
  };
}

/** Every one of the models that a request names, in whatever order a provider would read them. */
function mayUse({ models: allowed }: AccessKey, models: readonly string[]): boolean {
  if (allowed === null) return models.length > 0;
  const isAllowed = (model: string): boolean =>
    allowed.some((name) => (name.endsWith('*') ? model.startsWith(name.slice(0, -1)) : model === name));
  return models.length > 0 && models.every(isAllowed);
}

function unauthenticated(isSent: boolean): UnderstudyError {
  return new UnderstudyError(
    'unauthenticated',
    isSent ? 'The access key is not valid.' : 'There is no access key with this request.',
    {
      hint: isSent
        ? 'It may be expired, revoked or replaced; ask who administers the gateway for a new one.'
        : 'Send one as x-understudy-key, Authorization: Bearer or x-api-key; `understudy keys create` makes one.',
      status: 401,
    },
  );
}

function notGranted({ role }: AccessKey, permission: Permission): UnderstudyError {
  return new UnderstudyError('forbidden', `A key with the role ${role} may not do this.`, {
    hint: `It takes a role with the permission '${permission}'.`,
    data: { role, permission },
    status: 403,
  });
}

function foreignHost(): UnderstudyError {
  return new UnderstudyError('forbidden', 'The gateway is not known by the name in the Host header.', {
    hint: 'Use the address that it listens on, or add the name to access.hosts.',
    status: 403,
  });
}

function wrongModel(models: readonly string[]): UnderstudyError {
  return new UnderstudyError(
    'forbidden',
    models.length === 0
      ? 'The access key is limited to some models, and the request names none.'
      : 'The access key may not use this model.',
    { hint: 'Use a model that the key may use, or ask for another key.', status: 403 },
  );
}

function unpriced(): UnderstudyError {
  return new UnderstudyError(
    'forbidden',
    'The access key has a budget, and the price of this model is not known.',
    {
      hint: 'Add it to `prices` in the configuration.',
      status: 403,
    },
  );
}

function unreadable(): UnderstudyError {
  return new UnderstudyError('forbidden', 'The access key has limits that cannot be checked on this path.', {
    hint: 'Keys with a budget or with models may make chat calls; use a key without them for other paths.',
    status: 403,
  });
}

function unread(): UnderstudyError {
  return new UnderstudyError('unavailable', 'The access keys cannot be read at present.', {
    hint: 'Try again shortly; /health/readiness says why.',
    data: { retryAfterSeconds: 30 },
    status: 503,
  });
}
