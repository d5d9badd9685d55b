/**
 * A call as a server beside the main one gets it: with that server's key, and nothing that says who the caller is elsewhere. Pure.
 */
import type { ServerSettings } from '../../core/config-upstream-servers.ts';
import { withModel } from '../../wire/conversation.ts';
import type { UpstreamRequest } from '../upstream.ts';

/** Keys, and what belongs to an account at one provider. */
const OF_AN_ACCOUNT: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'cookie',
  'openai-organization',
  'openai-project',
]);

/**
 * @param model As the caller named it, and as the server names it; null where it was not looked for.
 * Null where the server's name of the model cannot be put in.
 */
export function requestFor(
  { isMain, isTranslated, apiKey }: ServerSettings,
  request: UpstreamRequest,
  model: { readonly asked: string; readonly there: string } | null,
): UpstreamRequest | null {
  const { body } = request;
  let sent = body;
  if (model !== null && model.asked !== model.there) {
    sent = body instanceof Uint8Array ? withModel(body, model.there) : null;
    if (sent === null) return null;
  }
  if (isMain && !isTranslated) return sent === body ? request : { ...request, body: sent };
  const headers: string[] = [];
  let isAnthropic = false;
  for (let i = 0; i + 1 < request.headers.length; i += 2) {
    const name = request.headers[i] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'anthropic-version') isAnthropic = true;
    if (!OF_AN_ACCOUNT.has(lower)) headers.push(name, request.headers[i + 1] ?? '');
  }
  if (apiKey !== null) {
    if (isAnthropic && !isTranslated) headers.push('x-api-key', apiKey);
    else headers.push('authorization', `Bearer ${apiKey}`);
  }
  return { ...request, headers, body: sent };
}
