/**
 * The tasks of the trainer's benchmark, out of ../shared/data: what is asked, what is to be answered, and the
 * instructions that a logged prompt carries besides. Does not: tokenise or train.
 */

import { toolText } from '../../src/callsite/tool-text.ts';
import type { Tool } from '../../src/core/call.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { seededRandom } from '../../src/core/random.ts';
import { RECORDINGS } from '../recordings/convert.ts';

export interface BenchExample {
  /** What varies of the prompt, as a specialist reads it. */
  readonly input: string;
  /** The same as it was logged. */
  readonly logged: string;
  readonly answer: string;
}

export interface BenchTask {
  readonly name: string;
  /** The part of the logged prompt that is the same for every call; '' where there is none. */
  readonly boilerplate: string;
  readonly train: readonly BenchExample[];
  readonly test: readonly BenchExample[];
}

const SEED = 11;
/**
 * Over the training examples. The embedded trainer makes a third, of the four that `learn` plans where it has the time:
 * on many classes it gives four points more (dev/LOG.md).
 */
export const PASSES = { ours: 3, peft: 2 };

/** @param dataDir The folder of recordings. */
export function benchTasks(dataDir: string): readonly BenchTask[] {
  return [
    banking({ dataDir, name: 'banking77, first 20 intents', intents: 20, train: 800, test: 400 }),
    banking({ dataDir, name: 'banking77, all 77 intents', intents: 77, train: 1155, test: 400 }),
    functionCalling(dataDir),
  ];
}

function banking(options: {
  readonly dataDir: string;
  readonly name: string;
  readonly intents: number;
  readonly train: number;
  readonly test: number;
}): BenchTask {
  const pairs = linesOf('banking77', options.dataDir).map(({ messages }) => {
    const [, user, assistant] = messages as { content: string }[];
    return { input: user!.content, logged: user!.content, answer: assistant!.content };
  });
  // The recording holds the published training file first, then the published test file.
  const published = 10_003;
  const labels = [...new Set(pairs.map(({ answer }) => answer))].slice(0, options.intents);
  const drawn = (from: readonly BenchExample[], count: number): BenchExample[] =>
    seededRandom(SEED)
      .shuffle(from.filter(({ answer }) => labels.includes(answer)))
      .slice(0, count);
  return {
    name: options.name,
    boilerplate: `You sort the messages of a bank's customers. Answer with exactly one of these intents and nothing else:\n${labels.map((label) => `- ${label}`).join('\n')}\nIf a customer asks several things, the first one counts. Never explain your choice, never invent an intent.`,
    train: drawn(pairs.slice(0, published), options.train),
    test: drawn(pairs.slice(published), options.test),
  };
}

/** One function and a question: the call that gpt-4o made. */
function functionCalling(dataDir: string): BenchTask {
  const pairs = linesOf('bfcl', dataDir).flatMap(({ request, response }): BenchExample[] => {
    const { messages, tools } = request as unknown as {
      messages: { content: string }[];
      tools: { function: Tool }[];
    };
    const { choices } = response as { choices: { message: { tool_calls?: { function: JsonObject }[] } }[] };
    const calls = choices[0]?.message.tool_calls ?? [];
    if (tools.length !== 1 || calls.length !== 1) return [];
    const { name, arguments: given } = calls[0]!.function;
    const { function: tool } = tools[0]!;
    const question = messages[0]!.content;
    return [
      {
        input: `${toolText(tool)}\n${question}`,
        logged: `${JSON.stringify(tool)}\n${question}`,
        answer: `${String(name)} ${String(given)}`,
      },
    ];
  });
  const shuffled = seededRandom(SEED).shuffle(pairs);
  return {
    name: 'function calling',
    boilerplate: '',
    test: shuffled.slice(0, 150),
    train: shuffled.slice(150, 270),
  };
}

function linesOf(name: string, dataDir: string): JsonObject[] {
  return RECORDINGS.find((recording) => recording.name === name)!.lines(dataDir);
}
