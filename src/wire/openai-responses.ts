/** The dialect of OpenAI's Responses API. Stored responses, their items and counting tokens have paths of their own. */
import { parseJson } from '../core/json.ts';
import type { Dialect } from './dialect.ts';
import { renderOpenaiError } from './openai-chat-render.ts';
import { renderResponsesResponse, renderResponsesStream } from './openai-responses-render.ts';
import { responsesRequestFromJson } from './openai-responses-request.ts';
import { responsesAccumulator, responsesResponseFromJson } from './openai-responses-response.ts';
import { repeatedJson } from './repeated-json.ts';

const UTF8 = new TextDecoder();
const textOf = (bytes: Uint8Array): string => UTF8.decode(bytes);

export const openaiResponses: Dialect = {
  name: 'openai-responses',
  provider: 'openai',
  matches: (method, path) => method === 'POST' && path.endsWith('/responses'),
  parseRequest: (body) => responsesRequestFromJson(parseJson(textOf(body))),
  requestReader: () => {
    const json = repeatedJson('input');
    return (body) => responsesRequestFromJson(json.read(body));
  },
  parseResponse: (body) => responsesResponseFromJson(parseJson(textOf(body))),
  streamAccumulator: responsesAccumulator,
  renderResponse: renderResponsesResponse,
  renderStream: renderResponsesStream,
  renderError: renderOpenaiError,
};
