/**
 * A specialist's answer as a response in the client's dialect.
 * Does not: decide whether it is given (route/), or record it.
 */
import type { ServerResponse } from 'node:http';
import { type Answer, renderAnswer } from '../core/answer.ts';
import type { CallRequest, CallResponse, Message } from '../core/call.ts';
import { newId } from '../core/ids.ts';
import { estimateUsage } from '../core/tokens.ts';
import type { Dialect, Reply } from '../wire/dialect.ts';

/** The answer as a response to this request. */
export function responseOf(answer: Answer, request: CallRequest): CallResponse {
  const message: Message =
    answer.kind === 'tool'
      ? {
          role: 'assistant',
          content: '',
          toolCalls: answer.uses.map((use) => ({
            id: newId('call'),
            name: use.name,
            arguments: JSON.stringify(use.arguments),
          })),
        }
      : { role: 'assistant', content: renderAnswer(answer) };
  return {
    model: request.model,
    message,
    finishReason: answer.kind === 'tool' ? 'tool_calls' : 'stop',
    // Agents trim their context by the usage they are told, so there must be one.
    usage: estimateUsage(request, message),
  };
}

/** The reply as bytes: everything but the end, and the end, which waits for the record. */
export interface RenderedReply {
  readonly headers: readonly string[];
  readonly body: string;
  readonly end: string;
}

export function renderReply(dialect: Dialect, reply: Reply): RenderedReply {
  if (reply.request.stream) {
    const events = dialect.renderStream(reply);
    const end = events.pop() ?? '';
    const headers = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache'];
    return { headers, body: events.join(''), end };
  }
  const text = dialect.renderResponse(reply);
  const headers = ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(text))];
  return { headers, body: '', end: text };
}

/** Sends the reply; its end waits for `beforeEnd`, which must not reject. */
export async function sendReply(
  response: ServerResponse,
  rendered: RenderedReply,
  extraHeaders: readonly string[],
  beforeEnd: () => Promise<void>,
): Promise<void> {
  response.writeHead(200, [...rendered.headers, ...extraHeaders]);
  if (rendered.body !== '') response.write(rendered.body);
  await beforeEnd();
  response.end(rendered.end);
}
