/**
 * How well each retriever finds a call that was answered alike, on the calls that were captured: each input is looked up
 * among those of other sessions (leave-one-out), and the answer of the nearest is compared with its own. Joins curate, cluster
 * and models/retrieval for `understudy doctor retrieval`.
 * Does not: open the calls held back for the gate and the exam, keep anything, or prove anything.
 */

import { findTasks } from '../cluster/tasks.ts';
import type { Call } from '../core/call.ts';
import { compareAnswers, schemasOf } from '../core/compare.ts';
import type { Config } from '../core/config.ts';
import type { Example } from '../core/dataset.ts';
import { contentHash } from '../core/ids.ts';
import { type OnProgress, progressOf } from '../core/progress.ts';
import type { RetrievalReport, RetrievalTask } from '../core/retrieval-report.ts';
import type { Encoder } from '../core/runtime.ts';
import type { Task } from '../core/task.ts';
import { buildDataset } from '../curate/dataset.ts';
import { readUsable } from '../curate/usable.ts';
import { fillTemplate, learnCopying, toTemplate } from '../models/classifier/answer-template.ts';
import { embedInputs } from '../models/retrieval/embed-inputs.ts';
import { indexInputs, openIndex } from '../models/retrieval/input-index.ts';
import type { RetrievalQuery, Retriever } from '../models/retrieval/retriever.ts';
import { rateOf } from '../stats/statistics.ts';
import { orderOf } from './rounds.ts';

/** The latest inputs of a task that are tried; and hits that are looked at for one of another session. */
const [MAX_TRIED, LOOKED_AT] = [2_000, 50];
const AMONG = 5;

interface CheckOptions {
  readonly config: Config;
  /** The tasks that are known. */
  readonly known: readonly Task[];
  readonly encoder: Encoder | null;
  readonly notes: readonly string[];
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** @throws UnderstudyError as the encoder. */
export async function checkRetrieval(
  calls: AsyncIterable<Call> | Iterable<Call>,
  options: CheckOptions,
): Promise<RetrievalReport> {
  const { encoder, known, notes } = options;
  const usable = await readUsable(calls);
  const { tasks, assignment } = findTasks(usable.calls, known);
  const callsOf = Map.groupBy(usable.calls, (call) => assignment.get(call.id));
  const out: RetrievalTask[] = [];
  for (const task of tasks) {
    const checked = await checkTask(task, callsOf.get(task.id) ?? [], options);
    if (checked !== null) out.push(checked);
  }
  return { kind: 'doctor retrieval', encoder: encoder?.name ?? null, tasks: out, notes };
}

/** Null where it has too few inputs. */
async function checkTask(
  task: Task,
  calls: readonly Call[],
  { config, encoder, onProgress, signal }: CheckOptions,
): Promise<RetrievalTask | null> {
  const order = orderOf(calls);
  const { seed } = config.train;
  const { splits } = buildDataset(task, calls, { seed, order, equality: config.equality });
  const all = [...splits.train, ...splits.validation].filter(({ answer }) => answer !== '');
  const counted = all.reduce((sum, { weight }) => sum + weight, 0);
  const distinct = [...new Map(all.map((each) => [each.input, each])).values()];
  const examples = distinct.slice(-MAX_TRIED);
  if (new Set(examples.map(({ sessionId }) => sessionId)).size < 2) return null;
  const plan = learnCopying(task.kind, examples);
  const templates = examples.map(({ input, answer }) => toTemplate(task.kind, plan, input, answer));
  const report = progressOf(onProgress, 'evaluate', examples.length * 2, task.name);
  const inputs = examples.map(({ input }) => input);
  const dense =
    encoder &&
    (await embedInputs(encoder, inputs, { signal, on: (share) => report(examples.length * share) }));
  const key = contentHash(JSON.stringify(inputs));
  const index = openIndex(indexInputs(inputs, key, dense), key);
  const retrievers = [index.hybrid, index.lexical, ...(index.dense ? [index.dense] : []), index.field];
  const queries = wholeVectors(dense, examples.length).map((vector, i) => index.query(inputs[i]!, vector));
  const schemas = schemasOf(task, config.equality);
  const isAlike = (at: number, { input, answer }: Example): boolean => {
    const filled = fillTemplate(task.kind, plan, null, templates[at]!, input);
    return filled !== null && compareAnswers(task.kind, answer, filled.answer, schemas).right === true;
  };
  const counts = retrievers.map(() => ({ nearest: 0, amongFive: 0 }));
  examples.forEach((example, i) => {
    signal?.throwIfAborted();
    retrievers.forEach((retriever, r) => {
      const alike = nearestOf(retriever, queries[i]!, i, examples).map((at) => isAlike(at, example));
      if (alike[0]) counts[r]!.nearest++;
      if (alike.includes(true)) counts[r]!.amongFive++;
    });
    report(examples.length + i + 1);
  });
  return {
    name: task.name,
    kind: task.kind,
    tried: examples.length,
    repeats: counted === 0 ? 0 : 1 - distinct.length / counted,
    answers: new Set(templates).size,
    retrievers: retrievers.map(({ name }, r) => ({
      name,
      nearest: rateOf(counts[r]!.nearest, examples.length),
      amongFive: rateOf(counts[r]!.amongFive, examples.length),
    })),
  };
}

/** Places of the nearest inputs of other sessions. */
function nearestOf(
  retriever: Retriever,
  query: RetrievalQuery,
  own: number,
  examples: readonly Example[],
): readonly number[] {
  return retriever
    .search(query, LOOKED_AT, own)
    .map(({ at }) => at)
    .filter((at) => examples[at]!.sessionId !== examples[own]!.sessionId)
    .slice(0, AMONG);
}

/** The vector of each input as a whole, which is its first. */
function wholeVectors(
  dense: Awaited<ReturnType<typeof embedInputs>> | null,
  count: number,
): readonly (Float32Array | null)[] {
  const out = new Array<Float32Array | null>(count).fill(null);
  if (dense === null) return out;
  const { owners, vectors, dimensions } = dense;
  for (let i = owners.length - 1; i >= 0; i--)
    out[owners[i]!] = vectors.subarray(i * dimensions, (i + 1) * dimensions);
  return out;
}
