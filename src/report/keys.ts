/** Access keys and the audit trail as text for the terminal. */
import type { AccessKey, KeyUse } from '../core/access.ts';
import type { TrailCheck, TrailEntry } from '../core/trail.ts';
import { paint, type TextStyle, table } from './table.ts';
import { count, dateTime, money, plural } from './words.ts';

/** A key without its hashes, as it may be shown, with what it used. */
export interface ShownKey extends Omit<AccessKey, 'hash' | 'previous'> {
  /** Until when the text before the last rotation is accepted; null where it is not. */
  readonly previousUntil: number | null;
  readonly state: 'in force' | 'expired' | 'revoked';
  readonly used: {
    readonly requests: number;
    readonly tokens: number;
    readonly usd: number;
    readonly lastDay: string;
  };
}

export function shownKey(key: AccessKey, uses: readonly KeyUse[], now: number): ShownKey {
  const { hash: _, previous, ...open } = key;
  const own = uses.filter(({ keyId }) => keyId === key.id);
  const sum = (of: (use: KeyUse) => number): number => own.reduce((total, use) => total + of(use), 0);
  const isExpired = key.expiresAt !== null && key.expiresAt <= now;
  return {
    ...open,
    previousUntil: previous !== null && previous.until > now ? previous.until : null,
    state: key.revokedAt !== null ? 'revoked' : isExpired ? 'expired' : 'in force',
    used: {
      requests: sum(({ requests }) => requests),
      tokens: sum(({ tokens }) => tokens),
      usd: sum(({ usd }) => usd),
      lastDay:
        own
          .map(({ day }) => day)
          .sort()
          .at(-1) ?? '',
    },
  };
}

export function keysText(keys: readonly ShownKey[], page: TextStyle): string {
  if (keys.length === 0) return 'There are no access keys. `understudy keys create` makes one.';
  return table(
    page,
    [
      { title: 'id' },
      { title: 'alias' },
      { title: 'role' },
      { title: 'state' },
      { title: 'limits' },
      { title: 'requests', align: 'right' },
      { title: 'spent', align: 'right' },
      { title: 'last used' },
    ],
    keys.map((key) => [
      key.id,
      key.alias,
      key.role,
      key.state,
      limitsText(key),
      count(key.used.requests),
      money(key.used.usd),
      key.used.lastDay || '—',
    ]),
  );
}

export function keyText(key: ShownKey): string {
  const at = (time: number | null): string => (time === null ? '' : `${dateTime(time)} UTC`);
  const rows: [string, string][] = [
    ['id', key.id],
    ['alias', key.alias],
    ['role', key.role],
    ['state', key.state],
    ['limits', limitsText(key)],
    ['made', at(key.createdAt)],
    ['expires', at(key.expiresAt) || 'never'],
    ['rotated', at(key.rotatedAt)],
    ['old text until', at(key.previousUntil)],
    ['revoked', at(key.revokedAt)],
    [
      'used',
      `${plural(key.used.requests, 'request')}, ${count(key.used.tokens)} tokens, ${money(key.used.usd)}${key.used.lastDay ? `, last on ${key.used.lastDay}` : ''}`,
    ],
  ];
  return rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(15)} ${value}`)
    .join('\n');
}

function limitsText(key: ShownKey): string {
  const limits = [
    key.models === null ? '' : key.models.join(', '),
    key.budget === null
      ? ''
      : `${money(key.budget.usd)}${key.budget.period === 'total' ? ' in all' : ` a ${key.budget.period}`}`,
    key.requestsPerMinute === null ? '' : `${count(key.requestsPerMinute)} requests/min`,
    key.tokensPerMinute === null ? '' : `${count(key.tokensPerMinute)} tokens/min`,
  ].filter((limit) => limit !== '');
  return limits.length === 0 ? 'none' : limits.join('; ');
}

export function trailText(entries: readonly TrailEntry[], page: TextStyle): string {
  if (entries.length === 0) return 'The audit trail has no entries here.';
  return table(
    page,
    [
      { title: 'no', align: 'right' },
      { title: 'time (UTC)' },
      { title: 'who' },
      { title: 'did' },
      { title: 'to' },
      { title: 'detail' },
    ],
    entries.map(({ no, at, actor, action, subject, detail }) => [
      count(no),
      dateTime(at),
      `${actor.kind} ${actor.name}`,
      action,
      subject,
      Object.entries(detail)
        .map(
          ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
        )
        .join(', '),
    ]),
  );
}

export function trailCheckText({ head, faults }: TrailCheck, page: TextStyle): string {
  const noted = head.no === 0 ? '' : `\nIts head: ${head.no}:${head.hash}`;
  if (faults.length === 0) return `The audit trail is whole: ${plural(head.no, 'entry', 'entries')}.${noted}`;
  return [
    paint(page, 'red', 'The audit trail was tampered with:'),
    ...faults.map((fault) => `  ${fault}`),
  ].join('\n');
}
