/**
 * The access key in the head of a request: found, taken out, and the provider's key put in its place.
 * Two ways to send it. `x-understudy-key`, for callers that pass their own provider key on: it never leaves the gateway, and
 * everything else stays as it came. Or where SDKs put a provider's key (`Authorization: Bearer`, `x-api-key`, `api-key`):
 * then the provider's key must come from the configuration.
 * Does not: check it (keyring.ts).
 */
import type { RequestHead } from '../core/access.ts';
import { UnderstudyError } from '../core/errors.ts';
import { KEY_PREFIX } from './key-text.ts';

/** Ours alone; in order of what counts first. */
const OWN_HEADER = 'x-understudy-key';
const SHARED_HEADERS = ['authorization', 'x-api-key', 'api-key'] as const;

/** The text of the key that was sent; null where none was. May be no key of ours at all where it came in our own header. */
export function sentKey({ headers }: RequestHead): string | null {
  const own = headers[OWN_HEADER];
  if (typeof own === 'string') return own;
  for (const name of SHARED_HEADERS) {
    const key = bareKey(headers[name]);
    if (key?.startsWith(KEY_PREFIX)) return key;
  }
  return null;
}

/** What stands for the sender of a call that came with an access key; its pseudonym is made of it. */
export function accessKeySender(keyId: string): string {
  return `access key ${keyId}`;
}

/** Whether a key that is none of ours stands where a provider's does. */
export function hasProviderKey({ headers }: RequestHead): boolean {
  return SHARED_HEADERS.some((name) => {
    const key = bareKey(headers[name]);
    return key !== undefined && key !== '' && !key.startsWith(KEY_PREFIX);
  });
}

/**
 * Takes the key out of the head, and puts the provider's in where the request has none of its own. Afterwards no text with
 * the prefix of access keys is left.
 * @param sender Stands for the key in `headers`, from which the sender's pseudonym is made.
 * @throws UnderstudyError 'unauthenticated' (401) where the provider would be asked without a key because it was sent in the
 *   place of the provider's and the configuration has none; where a key stands in a place where it cannot be taken out.
 */
export function takeKey(head: RequestHead, sender: string | null, upstreamKey: string | undefined): void {
  const raw: string[] = [];
  let hasOwnKey = false;
  let replaced = false;
  for (let i = 0; i + 1 < head.rawHeaders.length; i += 2) {
    const name = head.rawHeaders[i] ?? '';
    const value = head.rawHeaders[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === OWN_HEADER) continue;
    const isShared = (SHARED_HEADERS as readonly string[]).includes(lower);
    if (value.includes(KEY_PREFIX)) {
      if (!isShared) throw misplaced(name);
      replaced = true;
      continue;
    }
    if (isShared) hasOwnKey = true;
    raw.push(name, value);
  }
  if (head.url?.includes(KEY_PREFIX)) throw misplaced('the URL');
  if (!hasOwnKey && upstreamKey !== undefined) raw.push(...providerKey(head, upstreamKey));
  else if (replaced && !hasOwnKey) {
    throw new UnderstudyError('unauthenticated', 'The gateway has no key of the provider to send.', {
      hint: 'Set upstream.apiKey, or send the access key as x-understudy-key beside the provider’s own.',
      status: 401,
    });
  }
  const headers = { ...head.headers };
  delete headers[OWN_HEADER];
  if (sender !== null) {
    for (const name of SHARED_HEADERS) delete headers[name];
    headers.authorization = sender;
  }
  head.rawHeaders = raw;
  head.headers = headers;
}

/** The provider's key in the header where this kind of request has it. */
function providerKey({ headers }: RequestHead, key: string): string[] {
  if (headers['anthropic-version'] !== undefined) return ['x-api-key', key];
  if (headers['api-key'] !== undefined) return ['api-key', key];
  return ['authorization', `Bearer ${key}`];
}

/** The value of a header without the scheme before it. */
function bareKey(value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  return /^bearer /i.test(value) ? value.slice(7).trim() : value;
}

function misplaced(place: string): UnderstudyError {
  return new UnderstudyError(
    'unauthenticated',
    `An access key stands in ${place}, where it would leave the gateway.`,
    {
      hint: 'Send it as x-understudy-key, Authorization: Bearer or x-api-key.',
      status: 401,
    },
  );
}
