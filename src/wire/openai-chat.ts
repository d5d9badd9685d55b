/** The dialect of OpenAI's chat completions, which most providers speak under their own paths. */
import { parseJson } from '../core/json.ts';
import type { Dialect } from './dialect.ts';
import { renderOpenaiError, renderOpenaiResponse, renderOpenaiStream } from './openai-chat-render.ts';
import { requestFromJson, requestFromRepeated } from './openai-chat-request.ts';
import { openaiChatAccumulator, responseFromJson } from './openai-chat-response.ts';
import { repeatedJson } from './repeated-json.ts';

const UTF8 = new TextDecoder();
const textOf = (bytes: Uint8Array): string => UTF8.decode(bytes);

export const openaiChat: Dialect = {
  name: 'openai-chat',
  provider: 'openai',
  matches: (method, path) => method === 'POST' && path.endsWith('/chat/completions'),
  parseRequest: (body) => requestFromJson(parseJson(textOf(body))),
  requestReader: () => {
    const json = repeatedJson('messages');
    const request = requestFromRepeated();
    return (body) => request(json.read(body));
  },
  parseResponse: (body) => responseFromJson(parseJson(textOf(body))),
  streamAccumulator: openaiChatAccumulator,
  renderResponse: renderOpenaiResponse,
  renderStream: renderOpenaiStream,
  renderError: renderOpenaiError,
};
