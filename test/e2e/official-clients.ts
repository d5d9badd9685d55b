/**
 * What an agent's code does with the official clients, and all that it sees: the tests do it straight and through the
 * gateway, and compare. Each act is one use of one client: a call, a helper for streams, for tools, for typed output.
 */

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { generateText, isStepCount, jsonSchema, streamText, tool } from 'ai';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/core/json.ts';
import type { Scene } from './made-provider.ts';

export interface Act {
  readonly name: string;
  /** Whether the client leaves out the version of a base URL. */
  readonly isBare: boolean;
  run(baseURL: string, options: ActOptions): Promise<unknown>;
}

export interface ActOptions {
  readonly scene: Scene;
  /** Of this use, by which the provider tells a second try. */
  readonly id: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Called when the first piece of an answer is there. */
  readonly onFirst?: () => void;
}

const QUESTION = 'What is the weather in Ulm?';
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

const headersOf = ({ scene, id }: ActOptions): Record<string, string> => ({ 'x-scene': scene, 'x-id': id });

/** What is said of an error, without stacks and streams. */
function told(error: unknown): unknown {
  const { status, message, error: body, code, requestID } = error as Record<string, unknown>;
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return { failed: name, status, message, body, code, requestID };
}

async function seen(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return plain(await run());
  } catch (error) {
    return plain(told(error));
  }
}

/** As JSON: what the client keeps beside it (promises, functions) is no part of an answer. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

function openaiAct(name: string, run: (client: OpenAI, options: ActOptions) => Promise<unknown>): Act {
  return {
    name: `openai ${name}`,
    isBare: false,
    run: (baseURL, options) => {
      const client = new OpenAI({
        baseURL,
        apiKey: 'k',
        defaultHeaders: headersOf(options),
        maxRetries: 1,
        ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, maxRetries: 0 }),
      });
      return seen(() => run(client, options));
    },
  };
}

function anthropicAct(name: string, run: (client: Anthropic, options: ActOptions) => Promise<unknown>): Act {
  return {
    name: `anthropic ${name}`,
    isBare: true,
    run: (baseURL, options) => {
      const client = new Anthropic({
        baseURL,
        apiKey: 'k',
        defaultHeaders: headersOf(options),
        maxRetries: 1,
        ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, maxRetries: 0 }),
      });
      return seen(() => run(client, options));
    },
  };
}

const within = ({ signal }: ActOptions): { signal?: AbortSignal } => (signal ? { signal } : {});

async function collect(stream: AsyncIterable<unknown>, { onFirst }: ActOptions): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of stream) {
    events.push(event);
    onFirst?.();
  }
  return events;
}

const chatBody = {
  model: 'gpt-x',
  messages: [{ role: 'user' as const, content: QUESTION }],
  tools: [{ type: 'function' as const, function: { name: 'weather', parameters: schema, strict: true } }],
};
const responsesBody = {
  model: 'gpt-x',
  instructions: 'You know the weather.',
  input: QUESTION,
  tools: [{ type: 'function' as const, name: 'weather', parameters: schema, strict: true }],
};
const messagesBody = {
  model: 'claude-x',
  max_tokens: 100,
  system: 'You know the weather.',
  messages: [{ role: 'user' as const, content: QUESTION }],
  tools: [{ name: 'weather', input_schema: schema as unknown as Anthropic.Tool.InputSchema }],
};

const OPENAI: readonly Act[] = [
  openaiAct('chat', (client, options) => client.chat.completions.create(chatBody, within(options))),
  openaiAct('chat stream', async (client, options) =>
    collect(await client.chat.completions.create({ ...chatBody, stream: true }, within(options)), options),
  ),
  openaiAct('chat stream helper', async (client, options) => {
    const stream = client.chat.completions.stream(
      { ...chatBody, stream_options: { include_usage: true } },
      within(options),
    );
    const chunks = await collect(stream, options);
    return {
      chunks: chunks.length > 0,
      final: await stream.finalChatCompletion(),
      usage: await stream.totalUsage(),
    };
  }),
  openaiAct('chat tool runner', async (client, options) => {
    const runner = client.chat.completions.runTools(
      {
        model: 'gpt-x',
        messages: chatBody.messages,
        tools: [
          {
            type: 'function',
            function: {
              name: 'weather',
              description: 'The weather.',
              parameters: schema as unknown as JsonObject,
              parse: (text: string) => JSON.parse(text) as { readonly city: string },
              function: ({ city }: { readonly city: string }) => `in ${city} it is sunny`,
            },
          },
        ],
      },
      within(options),
    );
    return { final: await runner.finalContent(), messages: runner.messages.length };
  }),
  openaiAct('responses', (client, options) => client.responses.create(responsesBody, within(options))),
  openaiAct('responses stream', async (client, options) =>
    collect(await client.responses.create({ ...responsesBody, stream: true }, within(options)), options),
  ),
  openaiAct('responses stream helper', async (client, options) => {
    const stream = client.responses.stream(responsesBody, within(options));
    const events = await collect(stream, options);
    return { events, final: await stream.finalResponse() };
  }),
];

const ANTHROPIC: readonly Act[] = [
  anthropicAct('messages', (client, options) => client.messages.create(messagesBody, within(options))),
  anthropicAct('messages stream', async (client, options) =>
    collect(await client.messages.create({ ...messagesBody, stream: true }, within(options)), options),
  ),
  anthropicAct('stream helper', async (client, options) => {
    const stream = client.messages.stream(messagesBody, within(options));
    const events = await collect(stream, options);
    return { events, final: await stream.finalMessage() };
  }),
  anthropicAct('tool runner', async (client, options) => {
    const weather = betaTool({
      name: 'weather',
      description: 'The weather.',
      inputSchema: schema,
      run: ({ city }) => `in ${city} it is sunny`,
    });
    return client.beta.messages.toolRunner({ ...messagesBody, tools: [weather] }, within(options));
  }),
  anthropicAct('token count', (client, options) =>
    client.messages.countTokens({ model: 'claude-x', messages: messagesBody.messages }, within(options)),
  ),
];

(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

function vercelAct(name: string, api: 'responses' | 'chat' | 'anthropic', isStream: boolean): Act {
  return {
    name: `vercel ${name}`,
    isBare: false,
    run: (baseURL, options) =>
      seen(async () => {
        const settings = { baseURL, apiKey: 'k', headers: headersOf(options) };
        const model =
          api === 'anthropic'
            ? createAnthropic(settings)('claude-x')
            : api === 'chat'
              ? createOpenAI(settings).chat('gpt-x')
              : createOpenAI(settings)('gpt-x');
        const asked = {
          model,
          prompt: QUESTION,
          maxRetries: options.scene === 'broken' ? 0 : 1,
          stopWhen: isStepCount(3),
          tools: {
            weather: tool({
              description: 'The weather.',
              inputSchema: jsonSchema<{ readonly city: string }>(schema as never),
              execute: ({ city }) => `in ${city} it is sunny`,
            }),
          },
          ...(options.signal ? { abortSignal: options.signal } : {}),
          ...(options.timeoutMs === undefined
            ? {}
            : { abortSignal: AbortSignal.timeout(options.timeoutMs), maxRetries: 0 }),
        };
        if (!isStream) {
          const { text, steps, finishReason, totalUsage } = await generateText(asked);
          return { text, finishReason, totalUsage, steps: steps.map(({ content }) => withoutIds(content)) };
        }
        const failures: unknown[] = [];
        const stream = streamText({ ...asked, onError: ({ error }) => failures.push(told(error)) });
        const parts: unknown[] = [];
        for await (const part of stream.fullStream) {
          if (part.type === 'text-delta') options.onFirst?.();
          if (part.type === 'text-delta') parts.push(part.text);
          else if (part.type === 'tool-call') parts.push(part.input);
          else parts.push(part.type);
        }
        return { parts, failures };
      }),
  };
}

/** The library makes ids of its own. */
const withoutIds = (content: readonly object[]): unknown =>
  content.map((part) => Object.fromEntries(Object.entries(part).filter(([key]) => key !== 'id')));

const VERCEL: readonly Act[] = (['responses', 'chat', 'anthropic'] as const).flatMap((api) => [
  vercelAct(`${api}, whole`, api, false),
  vercelAct(`${api}, streamed`, api, true),
]);

export const ACTS: readonly Act[] = [...OPENAI, ...ANTHROPIC, ...VERCEL];
