/**
 * A call as a server beside the main one gets it: with that server's key, and nothing that says who the caller is elsewhere. Pure.
 */
import type { ServerSettings } from '../../core/config-upstream-servers.ts';
import { withModel } from '../../wire/conversation.ts';
import type { UpstreamRequest } from '../upstream.ts';

/**
 * Headers that say how the request is to be read or answered, or name its client's software. All others may hold keys, or belong
 * to an account at one provider.
 */
const HARMLESS: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'accept',
  'accept-encoding',
  'user-agent',
  'anthropic-version',
  'anthropic-beta',
  'openai-beta',
  'traceparent',
  'tracestate',
]);
const isHarmless = (name: string): boolean => HARMLESS.has(name) || name.startsWith('x-stainless-');
/** Parameters of the query that are the same to every server of an API: Anthropic's clients send `beta=true`. */
const HARMLESS_PARAMETER = /^beta=(true|false)$/;

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
    if (isHarmless(lower)) headers.push(name, request.headers[i + 1] ?? '');
  }
  if (apiKey !== null) {
    if (isAnthropic && !isTranslated) headers.push('x-api-key', apiKey);
    else headers.push('authorization', `Bearer ${apiKey}`);
  }
  return { ...request, path: pathFor(request.path), headers, body: sent };
}

function pathFor(asked: string): string {
  const [path = '', query = ''] = asked.split('?', 2);
  const kept = query.split('&').filter((parameter) => HARMLESS_PARAMETER.test(parameter));
  return kept.length > 0 ? `${path}?${kept.join('&')}` : path;
}
