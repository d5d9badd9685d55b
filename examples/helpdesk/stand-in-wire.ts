/** Writes the stand-in's completions in OpenAI's wire format, whole or as server-sent events, at an LLM's pace. */
import type { ServerResponse } from 'node:http';
import type { Action } from './mailbox/mail.ts';

export interface Completion {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
  readonly message:
    | { readonly content: string; readonly toolCall?: never }
    | { readonly content?: never; readonly toolCall: Action };
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number };
  /** Milliseconds that an LLM would take to the first token and to the last. */
  readonly simulatedMs: { readonly first: number; readonly total: number };
  /** Share of the simulated time that is really waited. */
  readonly timeScale: number;
}

const fingerprint = 'understudy-stand-in';

export async function sendWhole(response: ServerResponse, completion: Completion): Promise<void> {
  await wait(completion.simulatedMs.total * completion.timeScale);
  const { message } = completion;
  const body = {
    ...head(completion, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: message.content ?? null,
          ...(message.toolCall ? { tool_calls: [{ ...toolCall(completion, message.toolCall) }] } : {}),
          refusal: null,
        },
        logprobs: null,
        finish_reason: message.toolCall ? 'tool_calls' : 'stop',
      },
    ],
    usage: usageOf(completion),
  };
  response.writeHead(200, { 'content-type': 'application/json', ...latencyHeader(completion) });
  response.end(JSON.stringify(body));
}

export async function sendStreamed(
  response: ServerResponse,
  completion: Completion,
  withUsage: boolean,
): Promise<void> {
  const { simulatedMs, timeScale } = completion;
  await wait(simulatedMs.first * timeScale);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    ...latencyHeader(completion),
  });
  const event = (choices: unknown[], usage?: unknown): void => {
    const chunk = {
      ...head(completion, 'chat.completion.chunk'),
      choices,
      ...(withUsage ? { usage: usage ?? null } : {}),
    };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  const delta = (value: unknown, reason: string | null = null): void =>
    event([{ index: 0, delta: value, logprobs: null, finish_reason: reason }]);
  const deltas = deltasOf(completion);
  const started = performance.now();
  for (const [i, value] of deltas.entries()) {
    // Timers are good for whole milliseconds only: wait when that much is due.
    const due =
      ((simulatedMs.total - simulatedMs.first) * timeScale * i) / deltas.length -
      (performance.now() - started);
    if (due >= 1) await wait(due);
    if (response.destroyed) return;
    delta(value);
  }
  delta({}, completion.message.toolCall ? 'tool_calls' : 'stop');
  if (withUsage) event([], usageOf(completion));
  response.end('data: [DONE]\n\n');
}

function deltasOf(completion: Completion): unknown[] {
  const { message } = completion;
  if (!message.toolCall) {
    const pieces = message.content.match(/\s*\S{1,6}|\s+$/g) ?? [];
    return [{ role: 'assistant', content: '', refusal: null }, ...pieces.map((content) => ({ content }))];
  }
  const call = toolCall(completion, message.toolCall);
  const pieces = call.function.arguments.match(/.{1,6}/g) ?? [];
  return [
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ index: 0, ...call, function: { ...call.function, arguments: '' } }],
    },
    ...pieces.map((piece) => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
  ];
}

function head({ id, created, model }: Completion, object: string) {
  return { id, object, created, model, system_fingerprint: fingerprint };
}

function toolCall({ id }: Completion, action: Action) {
  return {
    id: id.replace('chatcmpl-', 'call_'),
    type: 'function',
    function: { name: action.name, arguments: JSON.stringify(action.arguments) },
  };
}

function usageOf({ usage }: Completion) {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: 0 },
  };
}

/** What an LLM would have taken, for whoever reports latencies. */
function latencyHeader({ simulatedMs }: Completion): Record<string, string> {
  return { 'x-stand-in-latency-ms': simulatedMs.total.toFixed(0) };
}

function wait(ms: number): Promise<void> {
  return ms < 1 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
