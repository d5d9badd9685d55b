/**
 * Asks the LLM outside any agent's call: once more for a held-back call. Not on the online path; costs money, so it is
 * used only where a key was given for it.
 * Does not: decide what to ask (ask-again.ts).
 */
import { Pool } from 'undici';
import type { CallRequest, CallResponse } from '../core/call.ts';
import { whyNoAnswer } from '../core/ending.ts';
import { parseJson } from '../core/json.ts';
import { requestToJson } from '../wire/openai-chat-request.ts';
import { responseFromJson } from '../wire/openai-chat-response.ts';

export interface Llm {
  /** The response; null where none came that can be compared. Never rejects. */
  ask(request: CallRequest): Promise<CallResponse | null>;
  close(): Promise<void>;
}

/** @param options.baseUrl With its version path. `apiKey` is sent there and nowhere else. */
export function connectLlm(options: { readonly baseUrl: string; readonly apiKey: string }): Llm {
  const url = new URL(options.baseUrl);
  const pool = new Pool(url.origin, { connections: 16, bodyTimeout: 120_000, headersTimeout: 120_000 });
  const path = `${url.pathname.replace(/\/$/, '')}/chat/completions`;
  return {
    ask: async (request) => {
      const { stream_options: _, ...params } = request.params;
      try {
        const { statusCode, body } = await pool.request({
          method: 'POST',
          path,
          headers: { 'content-type': 'application/json', authorization: `Bearer ${options.apiKey}` },
          body: JSON.stringify(requestToJson({ ...request, params, stream: false })),
        });
        const text = await body.text();
        const response = statusCode === 200 ? responseFromJson(parseJson(text)) : null;
        return response === null || whyNoAnswer(request, response) !== null ? null : response;
      } catch {
        return null;
      }
    },
    close: () => pool.close(),
  };
}
