/**
 * Turns the public recordings of ../shared/data into logs as teams hold them: OpenAI fine-tuning JSONL and
 * chat request/response JSONL, ready for `understudy import`. Reads the folder at run time and ships nothing of it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { SGD_SERVICES, sgdCalls } from './sgd.ts';

export interface Recording {
  readonly name: string;
  /** What a reader of the results should know of it. */
  readonly what: string;
  /** For training language models. */
  readonly minutes: number;
  /** The lines of one JSONL file. */
  readonly lines: (dataDir: string) => JsonObject[];
}

export const RECORDINGS: readonly Recording[] = [
  {
    name: 'banking77',
    what: 'Banking77: customer queries, 77 intents (fine-tuning JSONL)',
    minutes: 6,
    lines: banking77,
  },
  {
    name: 'bfcl',
    what: 'Berkeley function calling: questions with the tool calls that gpt-4o-2024-08-06 made (request/response JSONL)',
    minutes: 3,
    lines: bfcl,
  },
  {
    name: 'airline',
    what: 'tau-bench airline agent: 200 recorded gpt-4o trajectories (request/response JSONL)',
    minutes: 3,
    lines: airline,
  },
  {
    name: 'metagpt',
    what: 'MetaGPT: cached calls of its roles (fine-tuning JSONL)',
    minutes: 3,
    lines: metagpt,
  },
  {
    name: 'hwu64',
    what: 'HWU64: utterances to a home assistant, answered with intent and slots as JSON, from annotations (fine-tuning JSONL)',
    minutes: 6,
    lines: hwu64,
  },
  ...SGD_SERVICES.map(
    (service): Recording => ({
      name: `sgd-${service}`,
      what: `Schema-Guided Dialogue: the agent of the service ${service}, made from annotated dialogues (request/response JSONL)`,
      minutes: 3,
      lines: (dataDir) => sgdCalls(dataDir, service),
    }),
  ),
];

function banking77(dataDir: string): JsonObject[] {
  const system =
    'You sort the messages of a bank’s customers. Answer with the name of the one intent that fits best, and nothing else.';
  return ['train.csv', 'test.csv'].flatMap((file) =>
    parseCsv(readFileSync(join(dataDir, 'banking77', file), 'utf8'))
      .slice(1)
      .map(([text = '', category = '']) => ({
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: text },
          { role: 'assistant', content: category },
        ],
      })),
  );
}

function hwu64(dataDir: string): JsonObject[] {
  const system =
    'You serve a home assistant. Answer with JSON: the "intent" of what is said, and its "slots", by name the values as they stand in the text.';
  return readJsonl(join(dataDir, 'hwu64/utterances.jsonl')).map(({ text, intent, slots }) => ({
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: String(text) },
      { role: 'assistant', content: JSON.stringify({ intent, slots }) },
    ],
  }));
}

function bfcl(dataDir: string): JsonObject[] {
  const kinds = [
    'simple',
    'multiple_function',
    'parallel_function',
    'parallel_multiple_function',
    'java',
    'javascript',
  ];
  const prefix = 'gorilla_openfunctions_v1_test_';
  return kinds.flatMap((kind) => {
    const questions = readJsonl(join(dataDir, 'bfcl-v1/questions', `${prefix}${kind}.json`));
    const outputs = readJsonl(
      join(dataDir, 'bfcl-v1/outputs/gpt-4o-2024-08-06-FC', `${prefix}${kind}_result.json`),
    );
    const resultOf = new Map(outputs.map((output) => [output.id, output]));
    return questions.flatMap((question) => {
      const output = resultOf.get(question.id ?? null);
      if (output === undefined) return [];
      const functions = Array.isArray(question.function) ? question.function : [question.function ?? null];
      return [
        {
          session_id: String(question.id),
          request: {
            model: 'gpt-4o-2024-08-06',
            messages: [{ role: 'user', content: String(question.question) }],
            tools: functions.filter(isObject).map((fn) => ({ type: 'function', function: asTool(fn) })),
          },
          response: completion(resultMessage(output.result ?? null)),
        },
      ];
    });
  });
}

/** The benchmark writes Python's type names where JSON Schema has its own; OpenAI's tools want the latter. */
function asTool(fn: JsonObject): JsonObject {
  const types: Readonly<Record<string, string>> = {
    dict: 'object',
    float: 'number',
    tuple: 'array',
    any: 'string',
  };
  const fix = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(fix);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === 'type' && typeof inner === 'string' ? (types[inner] ?? inner) : fix(inner),
      ]),
    );
  };
  return { ...(fix(fn) as JsonObject), name: String(fn.name).replace(/\./g, '_') };
}

function resultMessage(result: Json): JsonObject {
  if (!Array.isArray(result)) return { role: 'assistant', content: String(result ?? '') };
  return {
    role: 'assistant',
    content: null,
    tool_calls: result.filter(isObject).flatMap((use, i) =>
      Object.entries(use).map(([name, args]) => ({
        id: `call_${i}`,
        type: 'function',
        function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
      })),
    ),
  };
}

function airline(dataDir: string): JsonObject[] {
  const trajectories = JSON.parse(readFileSync(join(dataDir, 'tau-airline/gpt-4o-airline.json'), 'utf8')) as {
    task_id: number;
    trial: number;
    traj: JsonObject[];
  }[];
  return trajectories.flatMap(({ task_id, trial, traj }) =>
    traj.flatMap((message, at) =>
      message.role === 'assistant'
        ? [
            {
              session_id: `airline-${task_id}-${trial}`,
              request: { model: 'gpt-4o', messages: traj.slice(0, at) },
              response: completion(message),
            },
          ]
        : [],
    ),
  );
}

function metagpt(dataDir: string): JsonObject[] {
  const cache = JSON.parse(readFileSync(join(dataDir, 'metagpt/rsp_cache.json'), 'utf8')) as Record<
    string,
    string
  >;
  return Object.entries(cache).map(([prompt, response]) => ({
    messages: [
      { role: 'user', content: prompt },
      { role: 'assistant', content: response },
    ],
  }));
}

function completion(message: JsonObject): JsonObject {
  const finish = Array.isArray(message.tool_calls) && message.tool_calls.length > 0 ? 'tool_calls' : 'stop';
  return {
    object: 'chat.completion',
    model: 'gpt-4o',
    choices: [{ index: 0, message, finish_reason: finish }],
  };
}

function readJsonl(path: string): JsonObject[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as JsonObject);
}

/** RFC 4180: quoted fields may hold commas, quotes (doubled) and line breaks. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    row.push(match[1] === undefined ? (match[2] ?? '') : match[1].replace(/""/g, '"'));
    if (match[3] !== ',') {
      if (row.length > 1) rows.push(row);
      row = [];
    }
  }
  return rows;
}
