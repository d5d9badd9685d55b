/** Requests, responses and events of each dialect that are nearly right, for tests of robustness and for fuzzing. */
import fc from 'fast-check';
import { anthropicMessages } from '../../src/wire/anthropic-messages.ts';
import type { Dialect } from '../../src/wire/dialect.ts';
import { openaiChat } from '../../src/wire/openai-chat.ts';
import { openaiResponses } from '../../src/wire/openai-responses.ts';
import { anything, list, some, word } from './nearly-right.ts';

/** Bodies of one dialect that are nearly right, and in any place wrong. */
export interface Bodies {
  readonly dialect: Dialect;
  readonly request: fc.Arbitrary<unknown>;
  readonly response: fc.Arbitrary<unknown>;
  readonly event: fc.Arbitrary<unknown>;
}

const chatCalled = some({ name: word, arguments: fc.oneof(word, fc.json()) });
const chatToolCall = some({
  index: fc.nat(3),
  id: word,
  type: fc.constantFrom('function', 'custom'),
  function: chatCalled,
  custom: some({ name: word, input: word }),
});
const chatMessage = some({
  role: fc.oneof(fc.constantFrom('system', 'user', 'assistant', 'tool', 'function'), word),
  content: fc.oneof(
    word,
    fc.json(),
    list(some({ type: fc.constantFrom('text', 'thinking', 'image_url'), text: word })),
  ),
  name: word,
  tool_calls: list(chatToolCall),
  function_call: chatCalled,
  tool_call_id: word,
  refusal: word,
  reasoning_content: word,
  audio: anything,
});
const chatRequest = some({
  model: word,
  messages: list(chatMessage),
  tools: list(some({ type: fc.constant('function'), function: some({ name: word, parameters: anything }) })),
  functions: list(some({ name: word, parameters: anything })),
  function_call: fc.oneof(word, some({ name: word })),
  tool_choice: fc.oneof(word, some({ function: some({ name: word }) })),
  response_format: some({
    type: fc.constantFrom('json_schema', 'text'),
    json_schema: some({ schema: anything }),
  }),
  max_tokens: fc.integer(),
  stop: fc.oneof(word, fc.array(word)),
  logit_bias: anything,
});
const chatChoice = (key: string) =>
  some({
    index: fc.oneof(fc.integer(), word),
    [key]: chatMessage,
    finish_reason: word,
    logprobs: some({ content: list(some({ token: word, logprob: fc.double() })) }),
  });
const chatResponse = some({
  model: word,
  choices: list(chatChoice('message')),
  usage: anything,
  error: anything,
});
const chatEvent = some({
  model: word,
  choices: list(chatChoice('delta')),
  usage: anything,
  x_groq: anything,
});

const usage = some({ input_tokens: fc.integer(), output_tokens: anything, input_tokens_details: anything });

const item = some({
  type: fc.constantFrom(
    ...[
      'message',
      'function_call',
      'function_call_output',
      'custom_tool_call',
      'reasoning',
      'item_reference',
    ],
    'web_search_call',
  ),
  role: fc.oneof(fc.constantFrom('user', 'assistant', 'developer'), word),
  content: fc.oneof(
    word,
    list(
      some({
        type: fc.constantFrom('input_text', 'output_text', 'refusal', 'input_image'),
        text: word,
        refusal: word,
        annotations: anything,
        logprobs: list(some({ token: word, logprob: fc.double() })),
      }),
    ),
  ),
  call_id: word,
  name: word,
  arguments: fc.oneof(word, fc.json()),
  input: word,
  output: fc.oneof(word, list(some({ type: fc.constant('input_text'), text: word }))),
});
const answer = some({
  model: word,
  status: fc.oneof(fc.constantFrom('completed', 'incomplete', 'failed'), word),
  output: list(item),
  incomplete_details: some({ reason: word }),
  usage,
});
const responses: Bodies = {
  dialect: openaiResponses,
  request: some({
    model: word,
    input: fc.oneof(word, list(item)),
    instructions: word,
    store: fc.boolean(),
    tools: list(some({ type: fc.constant('function'), name: word, parameters: anything })),
    tool_choice: fc.oneof(word, some({ type: fc.constant('function'), name: word })),
    text: some({ format: some({ type: fc.constantFrom('json_schema', 'text'), schema: anything }) }),
    max_output_tokens: fc.integer(),
    include: list(word),
    previous_response_id: word,
  }),
  response: answer,
  event: some({
    type: fc.constantFrom(
      ...['response.created', 'response.output_item.done', 'response.output_text.delta'],
      ...['response.completed', 'response.failed', 'error'],
    ),
    output_index: fc.integer(),
    item,
    delta: word,
    response: answer,
  }),
};

const block = some({
  type: fc.constantFrom('text', 'tool_use', 'tool_result', 'thinking', 'image', 'server_tool_use'),
  text: word,
  id: word,
  name: word,
  input: anything,
  tool_use_id: word,
  citations: anything,
  content: fc.oneof(word, list(some({ type: fc.constant('text'), text: word }))),
});
const said = some({
  model: word,
  role: fc.constant('assistant'),
  content: list(block),
  stop_reason: word,
  usage,
});
const messages: Bodies = {
  dialect: anthropicMessages,
  request: some({
    model: word,
    system: fc.oneof(word, list(block)),
    max_tokens: fc.integer(),
    thinking: anything,
    messages: list(
      some({
        role: fc.oneof(fc.constantFrom('user', 'assistant'), word),
        content: fc.oneof(word, list(block)),
      }),
    ),
    tools: list(some({ name: word, description: word, input_schema: anything })),
    tool_choice: some({ type: fc.constantFrom('auto', 'any', 'tool', 'none'), name: word }),
    output_config: some({ format: some({ type: fc.constant('json_schema'), schema: anything }) }),
    stop_sequences: fc.oneof(word, fc.array(word)),
  }),
  response: said,
  event: some({
    type: fc.constantFrom(
      ...['message_start', 'content_block_start', 'content_block_delta', 'message_delta'],
      ...['message_stop', 'ping', 'error'],
    ),
    index: fc.integer(),
    message: said,
    content_block: block,
    usage,
    delta: some({ type: word, text: word, partial_json: word, stop_reason: word }),
  }),
};

export const BODIES: readonly Bodies[] = [
  { dialect: openaiChat, request: chatRequest, response: chatResponse, event: chatEvent },
  responses,
  messages,
];
