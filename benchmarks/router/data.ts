/**
 * RouteLLM's recorded outcomes as questions: what Mixtral 8x7B (the cheap model) and gpt-4-1106-preview (the LLM) got
 * on MMLU, GSM8K and MT-Bench. Reads ../shared/data at run time; nothing of it is part of the project.
 * Does not: leave questions out. RouteLLM drops a few that resemble its own training data, which is not used here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isObject, type Json } from '../../src/core/json.ts';
import { parseCsv } from '../recordings/convert.ts';

const DATA = resolve(import.meta.dirname, '../../../shared/data/routellm');

export interface Question {
  readonly text: string;
  /** Of MMLU, from the name of the file; the prompts do not contain it, and the router does not see it. */
  readonly subject: string;
  /** 1 correct, 0 wrong; on MT-Bench the mean grade of the two turns, divided by 10. */
  readonly cheap: number;
  readonly llm: number;
}

export interface Questions {
  readonly mmlu: readonly Question[];
  readonly gsm8k: readonly Question[];
  readonly mtBench: readonly Question[];
}

/** @throws Error where the data are not there. */
export function readQuestions(): Questions {
  if (!existsSync(DATA)) throw new Error(`RouteLLM's recorded outcomes are not here: ${DATA} is missing.`);
  const responses = join(DATA, 'mmlu/responses');
  return {
    mmlu: readdirSync(responses)
      .sort()
      .flatMap((file) => readOutcomes(join(responses, file), file.replace(/^mmlu_|\.csv$/g, ''))),
    gsm8k: readOutcomes(join(DATA, 'gsm8k/gsm8k_responses.csv'), 'gsm8k'),
    mtBench: readJudgements(join(DATA, 'mt_bench/judgements.jsonl')),
  };
}

/** Columns: prompt, Mixtral correct, GPT-4 correct. */
function readOutcomes(path: string, subject: string): Question[] {
  return parseCsv(readFileSync(path, 'utf8'))
    .slice(1)
    .filter((row) => row.length >= 3)
    .map(([text = '', cheap, llm]) => ({
      text,
      subject,
      cheap: cheap === 'True' ? 1 : 0,
      llm: llm === 'True' ? 1 : 0,
    }));
}

/** Two turns of two models for each question; RouteLLM routes by the first turn's question alone. */
function readJudgements(path: string): Question[] {
  const grades = new Map<number, { text: string; readonly cheap: number[]; readonly llm: number[] }>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.trim() === '') continue;
    const entry = JSON.parse(line) as Json;
    if (!isObject(entry) || typeof entry.question_id !== 'number') continue;
    const found = grades.get(entry.question_id) ?? { text: '', cheap: [], llm: [] };
    grades.set(entry.question_id, found);
    const side = String(entry.model).startsWith('gpt-4') ? found.llm : found.cheap;
    side.push(Number(entry.score));
    // The judge's prompt for the second turn quotes the user's first.
    const quoted = /### User:\n([\s\S]*?)\n\n### (?:Assistant A|Reference answer):/.exec(
      String(entry.user_prompt),
    );
    if (entry.turn === 2 && quoted) found.text = quoted[1] ?? '';
  }
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return [...grades.values()].map(({ text, cheap, llm }) => ({
    text,
    subject: 'mt-bench',
    cheap: mean(cheap) / 10,
    llm: mean(llm) / 10,
  }));
}
