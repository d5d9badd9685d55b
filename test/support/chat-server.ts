/** A server of chat completions for tests: answers as it is told, and keeps what it was asked. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JsonObject, parseJson } from '../../src/core/json.ts';

export type Asked = JsonObject & {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
};

export interface ChatServer {
  /** With the version path. */
  readonly baseUrl: string;
  readonly asked: readonly { readonly body: Asked; readonly authorization: string | undefined }[];
  close(): Promise<void>;
}

/** What it answers: a message, a status that it refuses with, or nothing at all. */
export type ChatAnswer =
  | {
      readonly content: string | null;
      readonly tool_calls?: readonly JsonObject[];
      readonly logprob?: number;
    }
  | { readonly status: number; readonly retryAfter?: string }
  | { readonly silent: true };

/** @param answer Of the request's body. */
export async function startChatServer(answer: (body: Asked) => ChatAnswer): Promise<ChatServer> {
  const asked: { body: Asked; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = parseJson(Buffer.concat(chunks).toString()) as Asked;
      asked.push({ body, authorization: request.headers.authorization });
      const given = answer(body);
      if ('silent' in given) return;
      if ('status' in given) {
        response.writeHead(given.status, {
          'content-type': 'application/json',
          ...(given.retryAfter === undefined ? {} : { 'retry-after': given.retryAfter }),
        });
        response.end(JSON.stringify({ error: { message: 'no' } }));
        return;
      }
      const { logprob, ...message } = given;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          id: 'x',
          object: 'chat.completion',
          created: 1,
          model: body.model,
          choices: [
            {
              index: 0,
              finish_reason: message.tool_calls ? 'tool_calls' : 'stop',
              message: { role: 'assistant', ...message },
              logprobs:
                logprob === undefined || body.logprobs !== true
                  ? null
                  : { content: [{ token: message.content, logprob, bytes: null, top_logprobs: [] }] },
            },
          ],
          usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
