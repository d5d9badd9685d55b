/**
 * Requests and answers of every dialect with a secret in every field that it has, and in some that it has not. Each call of
 * a function plants new ones.
 */

/** Plants a word that stands nowhere else, and gives it. */
export type Plant = () => string;

/** How one dialect's requests and answers look when all of their texts are secrets. */
export interface PlantedDialect {
  readonly path: string;
  request(stream: boolean): object;
  response(): object;
  /** An event stream. */
  stream(): string;
}

const schemaOf = (plant: Plant): object => ({
  type: 'object',
  title: plant(),
  description: plant(),
  properties: { [plant()]: { type: 'string', enum: [plant(), plant()], description: plant() } },
  required: [plant()],
});

/** An event with its secrets where a parser does not look. */
const eventOf = (plant: Plant, type: string, fields: object): string =>
  `event: ${type}\nid: ${plant()}\n: ${plant()}\ndata: ${JSON.stringify({ type, ...fields, [plant()]: plant() })}\n\n`;

function chatRequest(plant: Plant, stream: boolean): object {
  const schema = (): object => schemaOf(plant);
  return {
    model: plant(),
    stream,
    messages: [
      { role: 'system', content: plant(), name: plant() },
      { role: 'developer', content: [{ type: 'text', text: plant() }] },
      { role: 'user', content: `${plant()} ${JSON.stringify({ [plant()]: plant() })}`, name: plant() },
      {
        role: 'assistant',
        content: plant(),
        refusal: plant(),
        reasoning_content: plant(),
        tool_calls: [
          {
            id: plant(),
            type: 'function',
            function: { name: plant(), arguments: JSON.stringify({ [plant()]: plant() }) },
          },
          { id: plant(), type: 'custom', custom: { name: plant(), input: plant() } },
        ],
      },
      { role: 'tool', tool_call_id: plant(), content: JSON.stringify([{ [plant()]: [plant()] }]) },
      { role: 'function', name: plant(), content: plant() },
      {
        role: 'user',
        content: [
          { type: 'text', text: plant() },
          { type: 'image_url', image_url: { url: `https://example.org/${plant()}` } },
        ],
      },
    ],
    tools: [
      { type: 'function', function: { name: plant(), description: plant(), parameters: schema() } },
      { type: 'custom', custom: { name: plant(), description: plant() } },
    ],
    functions: [{ name: plant(), description: plant(), parameters: schema() }],
    tool_choice: { type: 'function', function: { name: plant() } },
    response_format: { type: 'json_schema', json_schema: { name: plant(), schema: schema() } },
    stop: [plant()],
    user: plant(),
    safety_identifier: plant(),
    prompt_cache_key: plant(),
    service_tier: plant(),
    metadata: { [plant()]: plant(), session_id: plant(), user_id: plant() },
    prediction: { type: 'content', content: plant() },
    web_search_options: { user_location: { approximate: { city: plant() } } },
    [plant()]: { [plant()]: plant() },
  };
}

function chatResponse(plant: Plant): object {
  return {
    id: plant(),
    object: 'chat.completion',
    model: plant(),
    system_fingerprint: plant(),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: plant(),
          reasoning_content: plant(),
          annotations: [{ [plant()]: plant() }],
          tool_calls: [
            {
              id: plant(),
              type: 'function',
              function: { name: plant(), arguments: JSON.stringify({ [plant()]: plant() }) },
            },
          ],
        },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, [plant()]: 1 },
    [plant()]: plant(),
  };
}

function chatStream(plant: Plant): string {
  const event = (delta: object, finish: string | null): string =>
    `event: ${plant()}\nid: ${plant()}\n: ${plant()}\ndata: ${JSON.stringify({
      id: plant(),
      model: plant(),
      choices: [{ index: 0, delta, finish_reason: finish }],
    })}\n\n`;
  const call = {
    index: 0,
    id: plant(),
    function: { name: plant(), arguments: `{"${plant()}":"${plant()}"}` },
  };
  return `${event({ role: 'assistant', content: plant() }, null)}${event({ tool_calls: [call] }, null)}${event({}, 'tool_calls')}data: [DONE]\n\n`;
}

function responsesRequest(plant: Plant, stream: boolean): object {
  const call = { id: plant(), status: plant(), call_id: plant(), name: plant() };
  return {
    model: plant(),
    stream,
    instructions: plant(),
    input: [
      { role: 'developer', content: plant() },
      { type: 'message', role: 'user', id: plant(), content: [{ type: 'input_text', text: plant() }] },
      {
        type: 'reasoning',
        id: plant(),
        summary: [{ type: 'summary_text', text: plant() }],
        encrypted_content: plant(),
      },
      {
        type: 'message',
        role: 'assistant',
        id: plant(),
        status: plant(),
        content: [
          { type: 'output_text', text: plant(), annotations: [{ type: plant(), url: plant() }] },
          { type: 'refusal', refusal: plant() },
        ],
      },
      { type: 'function_call', ...call, arguments: JSON.stringify({ [plant()]: plant() }) },
      { type: 'custom_tool_call', ...call, call_id: plant(), input: plant() },
      { type: 'function_call_output', call_id: plant(), output: JSON.stringify({ [plant()]: plant() }) },
      { type: 'custom_tool_call_output', call_id: plant(), output: [{ type: 'input_text', text: plant() }] },
      { type: 'web_search_call', id: plant(), action: { query: plant() } },
      { role: 'user', content: [{ type: 'input_image', image_url: plant() }] },
    ],
    tools: [
      { type: 'function', name: plant(), description: plant(), parameters: schemaOf(plant), strict: true },
      { type: 'mcp', server_label: plant(), server_url: plant(), headers: { [plant()]: plant() } },
    ],
    tool_choice: { type: 'function', name: plant() },
    text: { format: { type: 'json_schema', name: plant(), description: plant(), schema: schemaOf(plant) } },
    reasoning: { effort: plant() },
    include: [plant()],
    previous_response_id: stream ? plant() : null,
    conversation: stream ? { id: plant() } : null,
    prompt: stream ? { id: plant(), variables: { [plant()]: plant() } } : null,
    user: plant(),
    safety_identifier: plant(),
    prompt_cache_key: plant(),
    service_tier: plant(),
    metadata: { [plant()]: plant(), session_id: plant(), user_id: plant() },
    [plant()]: { [plant()]: plant() },
  };
}

function responsesResponse(plant: Plant): object {
  return {
    id: plant(),
    object: 'response',
    status: 'completed',
    model: plant(),
    instructions: plant(),
    output: [
      { type: 'reasoning', id: plant(), summary: [{ type: 'summary_text', text: plant() }] },
      {
        type: 'message',
        id: plant(),
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: plant(), annotations: [{ url: plant() }] }],
      },
      {
        type: 'function_call',
        id: plant(),
        call_id: plant(),
        name: plant(),
        arguments: JSON.stringify({ [plant()]: plant() }),
      },
      { type: 'file_search_call', id: plant(), queries: [plant()] },
    ],
    usage: { input_tokens: 1, output_tokens: 1, [plant()]: 1 },
    metadata: { [plant()]: plant() },
    [plant()]: plant(),
  };
}

function responsesStream(plant: Plant): string {
  const whole = responsesResponse(plant);
  return [
    eventOf(plant, 'response.created', { response: { model: plant(), output: [] } }),
    eventOf(plant, 'response.output_text.delta', { item_id: plant(), delta: plant() }),
    eventOf(plant, 'response.reasoning_summary_text.delta', { item_id: plant(), delta: plant() }),
    eventOf(plant, 'response.completed', { response: whole }),
  ].join('');
}

function messagesRequest(plant: Plant, stream: boolean): object {
  const text = (): object => ({ type: 'text', text: plant(), cache_control: { type: plant() } });
  return {
    model: plant(),
    stream,
    max_tokens: 100,
    stop_sequences: [plant()],
    service_tier: plant(),
    system: [text(), text()],
    messages: [
      { role: 'user', content: plant() },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: plant(), signature: plant() },
          { type: 'redacted_thinking', data: plant() },
          { ...text(), citations: [{ type: 'char_location', cited_text: plant(), document_title: plant() }] },
          { type: 'tool_use', id: plant(), name: plant(), input: { [plant()]: [plant()] } },
          { type: 'server_tool_use', id: plant(), name: plant(), input: { query: plant() } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: plant(),
            content: [text(), { type: 'image', source: { data: plant() } }],
          },
          { type: 'tool_result', tool_use_id: plant(), is_error: true, content: plant() },
          { type: 'document', title: plant(), context: plant(), source: { type: 'text', data: plant() } },
          text(),
        ],
      },
    ],
    tools: [
      { name: plant(), description: plant(), input_schema: schemaOf(plant) },
      { type: 'web_search_20250305', name: plant(), user_location: { city: plant() } },
    ],
    tool_choice: { type: 'tool', name: plant() },
    output_config: { effort: plant(), format: { type: 'json_schema', schema: schemaOf(plant) } },
    mcp_servers: [{ type: 'url', url: plant(), name: plant(), authorization_token: plant() }],
    container: plant(),
    context_management: { edits: [{ type: plant() }] },
    metadata: { user_id: plant(), [plant()]: plant() },
    [plant()]: { [plant()]: plant() },
  };
}

function messagesResponse(plant: Plant): object {
  return {
    id: plant(),
    type: 'message',
    role: 'assistant',
    model: plant(),
    content: [
      { type: 'thinking', thinking: plant(), signature: plant() },
      { type: 'text', text: plant(), citations: [{ cited_text: plant() }] },
      { type: 'tool_use', id: plant(), name: plant(), input: { [plant()]: plant() } },
      { type: 'web_search_tool_result', tool_use_id: plant(), content: [{ url: plant(), title: plant() }] },
    ],
    stop_reason: 'tool_use',
    stop_sequence: plant(),
    usage: { input_tokens: 1, output_tokens: 1, [plant()]: plant() },
    [plant()]: plant(),
  };
}

function messagesStream(plant: Plant): string {
  const block = (index: number, content_block: object, ...deltas: object[]): string =>
    eventOf(plant, 'content_block_start', { index, content_block }) +
    deltas.map((delta) => eventOf(plant, 'content_block_delta', { index, delta })).join('');
  const message = { ...messagesResponse(plant), content: [], stop_reason: null };
  return [
    eventOf(plant, 'message_start', { message }),
    block(0, { type: 'thinking', thinking: plant() }, { type: 'thinking_delta', thinking: plant() }),
    block(1, { type: 'text', text: plant() }, { type: 'text_delta', text: plant() }),
    block(
      2,
      { type: 'tool_use', id: plant(), name: plant(), input: {} },
      { type: 'input_json_delta', partial_json: JSON.stringify({ [plant()]: plant() }) },
    ),
    eventOf(plant, 'message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: plant() } }),
    eventOf(plant, 'message_stop', {}),
  ].join('');
}

export function plantedDialects(plant: Plant): readonly PlantedDialect[] {
  return [
    {
      path: '/chat/completions',
      request: (stream) => chatRequest(plant, stream),
      response: () => chatResponse(plant),
      stream: () => chatStream(plant),
    },
    {
      path: '/responses',
      request: (stream) => responsesRequest(plant, stream),
      response: () => responsesResponse(plant),
      stream: () => responsesStream(plant),
    },
    {
      path: '/messages',
      request: (stream) => messagesRequest(plant, stream),
      response: () => messagesResponse(plant),
      stream: () => messagesStream(plant),
    },
  ];
}
