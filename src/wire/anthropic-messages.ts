/** The dialect of Anthropic's Messages API. Counting tokens and batches have paths of their own, and pass untouched. */
import { parseJson } from '../core/json.ts';
import {
  renderAnthropicError,
  renderAnthropicResponse,
  renderAnthropicStream,
} from './anthropic-messages-render.ts';
import { anthropicRequestFromJson, anthropicRequestFromRepeated } from './anthropic-messages-request.ts';
import { anthropicAccumulator, anthropicResponseFromJson } from './anthropic-messages-response.ts';
import type { Dialect } from './dialect.ts';
import { repeatedJson } from './repeated-json.ts';

const UTF8 = new TextDecoder();
const textOf = (bytes: Uint8Array): string => UTF8.decode(bytes);

export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  provider: 'anthropic',
  // OpenAI's threads have messages, too.
  matches: (method, path) => method === 'POST' && path.endsWith('/messages') && !path.includes('/threads/'),
  parseRequest: (body) => anthropicRequestFromJson(parseJson(textOf(body))),
  requestReader: () => {
    const json = repeatedJson('messages');
    const request = anthropicRequestFromRepeated();
    return (body) => request(json.read(body));
  },
  parseResponse: (body) => anthropicResponseFromJson(parseJson(textOf(body))),
  streamAccumulator: anthropicAccumulator,
  renderResponse: renderAnthropicResponse,
  renderStream: renderAnthropicStream,
  renderError: renderAnthropicError,
};
