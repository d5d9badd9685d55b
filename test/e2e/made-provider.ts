/**
 * A provider for tests of clients: it speaks all three APIs, as their providers write them, and plays the scene that the
 * header `x-scene` asks for. Its bodies are written out here, not made by the code under test.
 */
import type { ServerResponse } from 'node:http';
import type { Received } from './gateway-harness.ts';

/** text, tool: an answer. busy-once: told to come again, then a text. The others fail, each in its way. */
export type Scene =
  | 'text'
  | 'tool'
  | 'thinking'
  | 'busy-once'
  | 'invalid'
  | 'down'
  | 'hang'
  | 'stall'
  | 'broken';

type Api = 'chat' | 'responses' | 'messages';

const USAGE = { input_tokens: 30, output_tokens: 9 };
const ARGUMENTS = ['{"ci', 'ty":', ' "Ulm"}'];
const WORDS = ['It is ', 'sunny ☀️', ' today.'];
const THOUGHT = 'The user asks for the weather.';

const sse = (events: readonly object[], isTyped: boolean): string[] =>
  events.map((event) =>
    isTyped
      ? `event: ${(event as { readonly type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`
      : `data: ${JSON.stringify(event)}\n\n`,
  );

const chatCall = (args: string) => ({
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: args },
});

function chat(words: readonly string[], isTool: boolean, isStream: boolean, withUsage: boolean): string[] {
  const head = {
    id: 'chatcmpl-1',
    created: 1,
    model: 'gpt-x',
    service_tier: 'default',
    system_fingerprint: 'fp',
  };
  const usage = {
    prompt_tokens: 30,
    completion_tokens: 9,
    total_tokens: 39,
    prompt_tokens_details: { cached_tokens: 8 },
  };
  const finish = isTool ? 'tool_calls' : 'stop';
  if (!isStream) {
    const message = isTool
      ? { role: 'assistant', content: null, refusal: null, tool_calls: [chatCall(ARGUMENTS.join(''))] }
      : { role: 'assistant', content: words.join(''), refusal: null, annotations: [] };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
    return [JSON.stringify({ ...head, object: 'chat.completion', choices, usage })];
  }
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    usage: null,
  });
  const deltas = isTool
    ? [
        { role: 'assistant', content: null, refusal: null },
        { tool_calls: [{ index: 0, ...chatCall('') }] },
        ...ARGUMENTS.map((text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
      ]
    : [{ role: 'assistant', content: '', refusal: null }, ...words.map((content) => ({ content }))];
  const events = [
    ...deltas.map((delta) => chunk(delta)),
    chunk({}, finish),
    ...(withUsage ? [{ ...chunk({}), choices: [], usage }] : []),
  ];
  return [...sse(events, false), 'data: [DONE]\n\n'];
}

function responses(
  words: readonly string[],
  isTool: boolean,
  isStream: boolean,
  isThinking: boolean,
): string[] {
  const text = words.join('');
  const part = { type: 'output_text', text, annotations: [], logprobs: [] };
  const thought = { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: THOUGHT }] };
  const item = isTool
    ? {
        id: 'fc_1',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_1',
        name: 'weather',
        arguments: ARGUMENTS.join(''),
      }
    : { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content: [part] };
  const output = [...(isThinking ? [thought] : []), item];
  const response = (status: string, items: object[], usage: object | null) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: 'gpt-x',
    output: items,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: true,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage,
    user: null,
    metadata: {},
  });
  const usage = {
    ...USAGE,
    input_tokens_details: { cached_tokens: 8 },
    output_tokens_details: { reasoning_tokens: 3 },
    total_tokens: 39,
  };
  const whole = response('completed', output, usage);
  if (!isStream) return [JSON.stringify(whole)];
  const begun = response('in_progress', [], null);
  const at = { item_id: item.id, output_index: output.length - 1 };
  const place = { ...at, content_index: 0 };
  const { output_index } = at;
  const events: readonly object[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...(isThinking
      ? [
          { type: 'response.output_item.added', output_index: 0, item: { ...thought, summary: [] } },
          { type: 'response.output_item.done', output_index: 0, item: thought },
        ]
      : []),
    ...(isTool
      ? [
          {
            type: 'response.output_item.added',
            output_index,
            item: { ...item, status: 'in_progress', arguments: '' },
          },
          ...ARGUMENTS.map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
          {
            type: 'response.function_call_arguments.done',
            ...at,
            name: 'weather',
            arguments: ARGUMENTS.join(''),
          },
        ]
      : [
          {
            type: 'response.output_item.added',
            output_index,
            item: { ...item, status: 'in_progress', content: [] },
          },
          { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
          ...words.map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
          { type: 'response.output_text.done', ...place, text, logprobs: [] },
          { type: 'response.content_part.done', ...place, part },
        ]),
    { type: 'response.output_item.done', output_index, item },
    { type: 'response.completed', response: whole },
  ];
  return sse(
    events.map((event, sequence_number) => ({ ...event, sequence_number })),
    true,
  );
}

function messages(
  words: readonly string[],
  isTool: boolean,
  isStream: boolean,
  isThinking: boolean,
): string[] {
  const usage = {
    ...USAGE,
    cache_creation_input_tokens: 4,
    cache_read_input_tokens: 8,
    service_tier: 'standard',
    cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 0 },
  };
  const thought = { type: 'thinking', thinking: THOUGHT, signature: 'c2lnbmVk' };
  const said = isTool
    ? { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Ulm' } }
    : { type: 'text', text: words.join('') };
  const content = [...(isThinking ? [thought] : []), said];
  const message = (blocks: object[], stop_reason: string | null, used: object) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: blocks,
    stop_reason,
    stop_sequence: null,
    usage: used,
  });
  const reason = isTool ? 'tool_use' : 'end_turn';
  if (!isStream) return [JSON.stringify(message(content, reason, usage))];
  const block = (index: number, begun: object, deltas: readonly object[]) => [
    { type: 'content_block_start', index, content_block: begun },
    ...(index === 0 ? [{ type: 'ping' }] : []),
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
  return sse(
    [
      { type: 'message_start', message: message([], null, { ...usage, output_tokens: 1 }) },
      ...(isThinking
        ? block(0, { type: 'thinking', thinking: '', signature: '' }, [
            { type: 'thinking_delta', thinking: THOUGHT },
            { type: 'signature_delta', signature: 'c2lnbmVk' },
          ])
        : []),
      ...block(
        content.length - 1,
        isTool ? { ...said, input: {} } : { type: 'text', text: '' },
        isTool
          ? ARGUMENTS.map((partial_json) => ({ type: 'input_json_delta', partial_json }))
          : words.map((text) => ({ type: 'text_delta', text })),
      ),
      {
        type: 'message_delta',
        delta: { stop_reason: reason, stop_sequence: null },
        usage: { output_tokens: 9 },
      },
      { type: 'message_stop' },
    ],
    true,
  );
}

function errorOf(api: Api, status: number): string {
  const message = status === 400 ? 'max_tokens: too large' : 'Overloaded';
  if (api === 'messages') {
    const type =
      status === 400 ? 'invalid_request_error' : status === 429 ? 'rate_limit_error' : 'overloaded_error';
    return JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_body' });
  }
  const error = { message, type: 'invalid_request_error', param: 'max_tokens', code: 'too_large' };
  return JSON.stringify({ error });
}

/**
 * Answers as the scene says; `gone` tells how many clients left before their answer was whole.
 * @param wordsFor What a text says, for the request's body. Default: the weather.
 */
export function madeProvider(wordsFor: (body: string) => readonly string[] = () => WORDS) {
  const asked = new Map<string, number>();
  const state = { gone: 0 };

  const answer = ({ url, headers, body }: Received, response: ServerResponse): void => {
    const path = url.split('?', 1)[0] ?? '';
    if (path.endsWith('/count_tokens')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"input_tokens":30}');
      return;
    }
    const api = path.endsWith('/messages') ? 'messages' : path.endsWith('/responses') ? 'responses' : 'chat';
    const scene = (headers['x-scene'] ?? 'text') as Scene;
    const id = String(headers['x-id']);
    const times = (asked.get(id) ?? 0) + 1;
    asked.set(id, times);
    const request = JSON.parse(body.toString()) as {
      readonly stream?: boolean;
      readonly stream_options?: { readonly include_usage?: boolean };
      readonly tools?: readonly unknown[];
    };
    const isStream = request.stream === true;
    response.once('close', () => {
      if (!response.writableFinished) state.gone++;
    });
    const status =
      scene === 'invalid' ? 400 : scene === 'down' ? 529 : scene === 'busy-once' && times === 1 ? 429 : 200;
    const meta = { 'request-id': 'req_1', 'x-request-id': 'req_1' };
    if (status !== 200) {
      const retry = status === 400 ? {} : { 'retry-after-ms': '1', 'x-should-retry': 'true' };
      response.writeHead(status, { 'content-type': 'application/json', ...meta, ...retry });
      response.end(errorOf(api, status));
      return;
    }
    if (scene === 'hang') return;
    // The second time, the tool's result is there.
    const isTool = scene === 'tool' && !body.includes('it is sunny');
    const words = wordsFor(body.toString());
    const pieces = {
      chat: () => chat(words, isTool, isStream, request.stream_options?.include_usage === true),
      responses: () => responses(words, isTool, isStream, scene === 'thinking'),
      messages: () => messages(words, isTool, isStream, scene === 'thinking'),
    }[api]();
    response.writeHead(200, {
      'content-type': isStream ? 'text/event-stream; charset=utf-8' : 'application/json',
      ...meta,
    });
    if (scene === 'stall' || scene === 'broken') {
      const first = Math.max(
        0,
        pieces.findIndex((piece) => piece.includes(isStream ? words[0]! : '{')),
      );
      const next = isStream ? (pieces[first + 1] ?? '') : pieces[first]!;
      response.write(
        pieces.slice(0, first + (isStream ? 1 : 0)).join('') + next.slice(0, next.length / 2),
        () => {
          if (scene === 'broken') response.destroy();
        },
      );
      return;
    }
    for (const piece of pieces) response.write(piece);
    response.end();
  };

  return { answer, state };
}
