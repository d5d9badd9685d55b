/**
 * The questions of the Berkeley Function Calling Leaderboard with what recorded models answered: as calls of gpt-4o's, and as
 * answers of models that could have stood in for it. Reads ../shared/data at run time and ships nothing of it.
 * Does not: decide which would have been served (stand-ins.ts).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compareAnswers } from '../../src/core/compare.ts';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { RecordedCall } from '../parts/leaderboard.ts';
import { RECORDINGS } from '../recordings/convert.ts';
import { callsOf, recordedModels } from '../recordings/function-calls.ts';

const DATA = resolve(import.meta.dirname, '../../../shared/data');
const PREFIX = 'gorilla_openfunctions_v1_test_';
export const REFERENCE = 'gpt-4o-2024-08-06-FC';
const KINDS = [
  'simple',
  'multiple_function',
  'parallel_function',
  'parallel_multiple_function',
  'java',
  'javascript',
];

export interface Question {
  readonly id: string;
  /** The question and the tools that come with it. */
  readonly text: string;
  readonly toolSchemas: Readonly<Record<string, Json>>;
}

export interface StandIn {
  readonly model: string;
  /** By question: what it answered, as the product writes tool calls; '' where it made none. */
  readonly answers: readonly string[];
  /** By question: whether it answered as gpt-4o did, by the product's equality. */
  readonly same: readonly boolean[];
  /** By question: whether the leaderboard finds it right. */
  readonly right: readonly boolean[];
  /** Median seconds and mean tokens of an answer; null where they were not recorded. */
  readonly seconds: number | null;
  readonly tokens: { readonly promptTokens: number; readonly completionTokens: number } | null;
}

export interface Recorded {
  readonly questions: readonly Question[];
  readonly reference: StandIn;
  readonly standIns: readonly StandIn[];
}

/** Whether two answers to a question are the same tool calls, by the product's equality. */
export const isSame = (a: string, b: string, { toolSchemas }: Question): boolean =>
  compareAnswers('tool', a, b, { toolSchemas }).right === true;

/** Shuffled by a fixed seed: the questions have no times. @throws Error where the data are not there. */
export function readStandIns(): Recorded {
  if (!existsSync(DATA)) throw new Error(`The recordings are not here: ${DATA} is missing.`);
  const questions = seededRandom(1).shuffle(readQuestions());
  const wanted = answersOf(REFERENCE, questions);
  const standIn = (model: string): StandIn => {
    const answers = answersOf(model, questions);
    const failed = failures(model);
    return {
      model,
      answers,
      ...figuresOf(model),
      same: questions.map((question, i) => isSame(wanted[i]!, answers[i]!, question)),
      right: questions.map(({ id }) => !failed.has(id)),
    };
  };
  return {
    questions,
    reference: standIn(REFERENCE),
    standIns: recordedModels(DATA)
      .filter((model) => model !== REFERENCE)
      .map(standIn),
  };
}

function readQuestions(): Question[] {
  return RECORDINGS.find(({ name }) => name === 'bfcl')!
    .lines(DATA)
    .map(({ session_id, request }) => {
      const { messages, tools } = isObject(request) ? request : {};
      const functions = (Array.isArray(tools) ? tools : []).flatMap((tool) =>
        isObject(tool) && isObject(tool.function) ? [tool.function] : [],
      );
      const [first] = Array.isArray(messages) ? messages : [];
      return {
        id: String(session_id),
        text: [
          isObject(first) ? String(first.content) : '',
          ...functions.map((fn) => JSON.stringify(fn)),
        ].join('\n'),
        toolSchemas: Object.fromEntries(functions.map((fn) => [String(fn.name), fn.parameters ?? {}])),
      };
    });
}

const written = (calls: readonly RecordedCall[] | null | undefined): string =>
  (calls ?? []).map(({ name, arguments: args }) => `${name} ${JSON.stringify(args)}`).join('\n');

function answersOf(model: string, questions: readonly Question[]): string[] {
  const calls = callsOf(DATA, model, KINDS);
  return questions.map(({ id }) => written(calls.get(id)));
}

const readLines = (path: string): JsonObject[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as JsonObject);

/** Questions that the leaderboard finds a model wrong on; a score file's first line is its summary. */
function failures(model: string): ReadonlySet<string> {
  return new Set(
    KINDS.flatMap((kind) =>
      readLines(join(DATA, 'bfcl-v1/scores', model, `${kind}_score.json`))
        .slice(1)
        .flatMap(({ prompt }) => (isObject(prompt) ? [String(prompt.id)] : [])),
    ),
  );
}

function figuresOf(model: string): Pick<StandIn, 'seconds' | 'tokens'> {
  const lines = KINDS.flatMap((kind) =>
    readLines(join(DATA, 'bfcl-v1/outputs', model, `${PREFIX}${kind}_result.json`)),
  );
  const numbers = (key: string): number[] =>
    lines.flatMap((line) => (typeof line[key] === 'number' ? [line[key]] : []));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [times, prompt, completion] = ['latency', 'input_token_count', 'output_token_count'].map(numbers);
  return {
    seconds: times!.length === 0 ? null : times!.sort((a, b) => a - b)[Math.floor(times!.length / 2)]!,
    tokens:
      prompt!.length === 0 ? null : { promptTokens: mean(prompt!), completionTokens: mean(completion!) },
  };
}
