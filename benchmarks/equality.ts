/**
 * What exact equality changes on recorded calls: each model's calls to the questions of the Berkeley Function Calling
 * Leaderboard against gpt-4o's, by our comparison and by the leaderboard's rules. `npm run bench -- equality`.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { compareAnswers } from '../src/core/compare.ts';
import { isObject, type Json } from '../src/core/json.ts';
import { isSameByLeaderboard, type RecordedCall } from './parts/leaderboard.ts';
import { RECORDINGS } from './recordings/convert.ts';
import { callsOf, recordedModels } from './recordings/function-calls.ts';
import type { BenchmarkResult } from './run.ts';

const DATA = resolve(import.meta.dirname, '../../shared/data');
const REFERENCE = 'gpt-4o-2024-08-06-FC';
const KINDS = ['simple', 'multiple_function', 'parallel_function', 'parallel_multiple_function'];

interface Question {
  readonly id: string;
  readonly toolSchemas: Readonly<Record<string, Json>>;
}

export async function run(): Promise<BenchmarkResult> {
  if (!existsSync(DATA)) throw new Error(`The recordings are not here: ${DATA} is missing.`);
  const questions = readQuestions();
  const wanted = callsOf(DATA, REFERENCE, KINDS);
  const results = recordedModels(DATA)
    .filter((model) => model !== REFERENCE)
    .map((model) => ({ model, ...compareModel(questions, wanted, callsOf(DATA, model, KINDS)) }));
  return {
    table: results.map(({ reasons: _, ...row }) => row),
    json: { reference: REFERENCE, results },
  };
}

function readQuestions(): Question[] {
  const lines = RECORDINGS.find(({ name }) => name === 'bfcl')!.lines(DATA);
  return lines.map(({ session_id, request }) => {
    const tools = isObject(request) && Array.isArray(request.tools) ? request.tools.filter(isObject) : [];
    const schemas = tools.map(({ function: fn }): [string, Json] =>
      isObject(fn) ? [String(fn.name), fn.parameters ?? {}] : ['', {}],
    );
    return { id: String(session_id), toolSchemas: Object.fromEntries(schemas) };
  });
}

function compareModel(
  questions: readonly Question[],
  wanted: ReadonlyMap<string, RecordedCall[] | null>,
  given: ReadonlyMap<string, RecordedCall[] | null>,
) {
  const counts = { pairs: 0, equal: 0, byLeaderboard: 0, onlyByLeaderboard: 0, onlyByUs: 0 };
  const reasons: Record<string, number> = {};
  for (const { id, toolSchemas } of questions) {
    const [want, got] = [wanted.get(id), given.get(id)];
    if (!want?.length || !got?.length) continue;
    counts.pairs++;
    const { right, field } = compareAnswers('tool', written(want), written(got), { toolSchemas });
    const lenient = isSameByLeaderboard(want, got);
    if (right) counts.equal++;
    if (lenient) counts.byLeaderboard++;
    if (right && !lenient) counts.onlyByUs++;
    if (lenient && !right) {
      counts.onlyByLeaderboard++;
      const what = field === null ? 'calls in another order' : 'texts of other case or punctuation';
      reasons[what] = (reasons[what] ?? 0) + 1;
    }
  }
  return { ...counts, reasons };
}

const written = (calls: readonly RecordedCall[]): string =>
  calls.map(({ name, arguments: args }) => `${name} ${JSON.stringify(args)}`).join('\n');
