/**
 * Answers whose correctness is recorded, with signals from which a confidence can be fitted: Banking77, function calling
 * (BFCL v1) and RouteLLM's per-question results, read from ../shared/data.
 * Does not: split or test (splits.ts).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { GradedSignals } from '../../src/evaluate/confidence.ts';
import { buildVocabulary, lexicalVector } from '../../src/models/classifier/lexical.ts';
import { addLogits, softmax } from '../../src/models/classifier/linear.ts';
import { epochsFor, RATES } from '../../src/train/linear/classes.ts';
import { fitLinear } from '../../src/train/linear/fit.ts';
import { parseCsv } from '../recordings/convert.ts';

export const DATA = resolve(import.meta.dirname, '../../../shared/data');

export interface RecordedAnswers {
  readonly name: string;
  /** What answers, what an error is, and where its confidence comes from. */
  readonly what: string;
  /** The bound that is tested: one under which a part of the calls can be served. */
  readonly epsilon: number;
  readonly answers: readonly GradedSignals[];
}

interface Source {
  readonly name: string;
  /** Below DATA. */
  readonly folder: string;
  readonly read: () => Promise<RecordedAnswers>;
}

const MIXTRAL = 'mistralai/Mixtral-8x7B-Instruct-v0.1';
const GPT4 = 'gpt-4-1106-preview';

const SOURCES: readonly Source[] = [
  { name: 'banking77', folder: 'banking77', read: banking },
  { name: 'function-calling', folder: 'bfcl-v1', read: functionCalling },
  { name: 'mmlu', folder: 'routellm/mmlu/responses', read: mmlu },
  { name: 'gsm8k', folder: 'routellm/gsm8k', read: gsm8k },
];

/** What is there, and the names of what is missing. */
export async function readRecorded(): Promise<{
  readonly found: readonly RecordedAnswers[];
  readonly missing: readonly string[];
}> {
  const found: RecordedAnswers[] = [];
  const missing: string[] = [];
  for (const { name, folder, read } of SOURCES) {
    if (existsSync(join(DATA, folder))) found.push(await read());
    else missing.push(name);
  }
  return { found, missing };
}

async function banking(): Promise<RecordedAnswers> {
  const read = (file: string) => parseCsv(readFileSync(join(DATA, 'banking77', file), 'utf8')).slice(1);
  const [train, test] = [read('train.csv'), read('test.csv')];
  const predict = await fitLexical(train.map(([text = '', label = '']) => ({ text, label })));
  return {
    name: 'banking77',
    what: 'lexical classifier trained on the train part; error: another intent; confidence: its probability',
    epsilon: 0.05,
    answers: test.map(([text = '', label]) => {
      const { label: answer, probability, known } = predict(text);
      return { signals: { probability, known }, correct: answer === label };
    }),
  };
}

/** The model that answers, and those whose agreement with it is the confidence. */
const [CALLER, WITNESSES] = [
  'Salesforce_xLAM-7b-fc-r',
  ['Salesforce_xLAM-1b-fc-r', 'gorilla-openfunctions-v2', 'meta-llama_Meta-Llama-3-8B-Instruct'],
] as const;

async function functionCalling(): Promise<RecordedAnswers> {
  const dir = join(DATA, 'bfcl-v1');
  const answers: GradedSignals[] = [];
  for (const file of readdirSync(join(dir, 'scores', CALLER)).sort()) {
    const category = file.replace('_score.json', '');
    // The first line sums up; then one line for each failure, with the question's number from 1.
    const failed = new Set(
      readJsonLines(join(dir, 'scores', CALLER, file))
        .slice(1)
        .map(({ id }) => Number(id) - 1),
    );
    const outputsOf = (model: string): ReadonlySet<string>[] =>
      readJsonLines(join(dir, 'outputs', model, `gorilla_openfunctions_v1_test_${category}_result.json`)).map(
        ({ result }) => wordsOf(String(result)),
      );
    const own = outputsOf(CALLER);
    const others = WITNESSES.map(outputsOf);
    own.forEach((words, i) => {
      const agreements = others.map((each) => jaccard(words, each[i] ?? new Set()));
      const agreement = agreements.reduce((sum, each) => sum + each, 0) / agreements.length;
      const highest = Math.max(...agreements);
      answers.push({ signals: { agreement, highest }, correct: !failed.has(i) });
    });
  }
  return {
    name: 'function-calling',
    what: `${CALLER}; error: as scored; confidence: resemblance of its call to those of ${WITNESSES.length} other small models`,
    epsilon: 0.08,
    answers,
  };
}

const readJsonLines = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Names and values of a call, whichever way it is written. */
const wordsOf = (text: string): ReadonlySet<string> =>
  new Set((text.toLowerCase().match(/[a-z0-9]+/g) ?? []).filter((word) => !FORM_WORDS.has(word)));
const FORM_WORDS = new Set(['tool', 'calls', 'name', 'arguments', 'thought', 'n']);

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 && b.size === 0) return 1;
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  return shared / (a.size + b.size - shared);
}

async function mmlu(): Promise<RecordedAnswers> {
  const dir = join(DATA, 'routellm/mmlu/responses');
  const rows = readdirSync(dir)
    .filter((file) => file.endsWith('.csv'))
    .sort()
    .flatMap((file) => {
      const subject = file.replace('.csv', '');
      return routed(join(dir, file)).map((row) => ({ ...row, text: `${subject} ${row.text} ${subject}` }));
    });
  return { name: 'mmlu', what: ROUTED, epsilon: 0.15, answers: await gradeRouted(rows) };
}

async function gsm8k(): Promise<RecordedAnswers> {
  const rows = routed(join(DATA, 'routellm/gsm8k/gsm8k_responses.csv'));
  return { name: 'gsm8k', what: ROUTED, epsilon: 0.27, answers: await gradeRouted(rows) };
}

const ROUTED =
  'Mixtral 8x7B beside GPT-4; error: wrong where GPT-4 is right; confidence: lexical classifier of the question, trained on half of them';

interface RoutedRow {
  readonly text: string;
  readonly isError: boolean;
}

function routed(path: string): RoutedRow[] {
  const [head = [], ...rows] = parseCsv(readFileSync(path, 'utf8'));
  const [prompt, small, large] = [head.indexOf('prompt'), head.indexOf(MIXTRAL), head.indexOf(GPT4)];
  return rows
    .filter((row) => row.length > Math.max(prompt, small, large))
    .map((row) => ({
      text: row[prompt] ?? '',
      isError: row[small]?.toLowerCase() !== 'true' && row[large]?.toLowerCase() === 'true',
    }));
}

/** Every other row trains the classifier; the others are answered. */
async function gradeRouted(rows: readonly RoutedRow[]): Promise<GradedSignals[]> {
  const train = rows.filter((_, i) => i % 2 === 0);
  const predict = await fitLexical(train.map(({ text, isError }) => ({ text, label: `${!isError}` })));
  return rows
    .filter((_, i) => i % 2 === 1)
    .map(({ text, isError }) => {
      const { label, probability } = predict(text);
      return {
        signals: { equal: label === 'true' ? probability : 1 - probability },
        correct: !isError,
      };
    });
}

/** The lexical rung by itself: needs no weights from anywhere. */
async function fitLexical(
  examples: readonly { readonly text: string; readonly label: string }[],
): Promise<(text: string) => { label: string; probability: number; known: number }> {
  const classes = [...new Set(examples.map(({ label }) => label))].sort();
  const vocabulary = buildVocabulary(examples.map(({ text }) => text));
  const linear = await fitLinear(
    {
      sparse: examples.map(({ text }) => lexicalVector(vocabulary, text).vector),
      dense: null,
      labels: Uint32Array.from(examples, ({ label }) => classes.indexOf(label)),
      weights: new Float32Array(examples.length).fill(1),
      classes: classes.length,
      lexicalRows: vocabulary.hashes.length,
    },
    { epochs: epochsFor(examples.length), ...RATES.lexical, seed: 1 },
  );
  const chances = new Float64Array(classes.length);
  return (text) => {
    const { vector, known } = lexicalVector(vocabulary, text);
    addLogits(linear, vector, null, vocabulary.hashes.length, chances);
    softmax(chances);
    const best = chances.indexOf(Math.max(...chances));
    return { label: classes[best]!, probability: chances[best]!, known };
  };
}
