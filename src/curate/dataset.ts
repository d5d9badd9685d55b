/**
 * A task's calls → its dataset: examples in four splits that share no session and no near-duplicate.
 * Does not: decide which task a call belongs to (cluster).
 */

import { distil } from '../callsite/variable-part.ts';
import type { Call } from '../core/call.ts';
import type { Dataset, Example, SplitName, SplitOrder } from '../core/dataset.ts';
import { contentHash } from '../core/ids.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import { whyNotAsked } from '../core/policy.ts';
import { seededRandom } from '../core/random.ts';
import { referenceOf, whyNotGiven } from '../core/reference.ts';
import type { Task } from '../core/task.ts';
import { neighbours } from './similar.ts';
import { softTargets } from './soft.ts';
import { defaultShares, type Shares, splitSessions } from './splits.ts';
import { usableCalls } from './usable.ts';

/** Texts with at least this resemblance are the same text written twice. */
const NEAR = 0.9;

export interface DatasetOptions {
  /** Of the calls, by split; set by the number of calls unless told (see defaultShares). */
  readonly shares?: Shares;
  /** time, unless the calls' times mean nothing (an imported file sorted by something else). */
  readonly order?: SplitOrder;
  /** For shuffle-sessions. */
  readonly seed: number;
}

/**
 * The dataset of a task from its calls, in any order. Sessions stand whole in one split: the earliest in train, the
 * latest in exam. Within a split, calls with one input become one example (the most frequent answer, the weight
 * their number), and so do near-duplicates with one answer. A call whose input an earlier split has, or nearly,
 * is dropped as 'leak': what is measured is then the unseen, and repeated traffic will fare better.
 * A call that no specialist would be asked about teaches, but proves nothing: held back it is dropped as 'policy'. An
 * answer that none can give teaches nothing, but stays where it is held back, and counts against whoever answers.
 * Weights and dropped calls add up to the calls given. Labels to train on get soft targets, where calls tell of any.
 */
export function buildDataset(task: Task, calls: readonly Call[], options: DatasetOptions): Dataset {
  const order = options.order ?? 'time';
  const usable = usableCalls(calls);
  const dropped: Record<string, number> = { ...usable.dropped };
  const drop = (reason: string) => {
    dropped[reason] = (dropped[reason] ?? 0) + 1;
  };
  const examples: Example[] = [];
  for (const call of usable.calls) {
    const example = exampleOf(task, call);
    if (example) examples.push(example);
    else drop('unfamiliar');
  }
  const sessions = inOrder(examples, order, options.seed);
  const shares = options.shares ?? defaultShares(examples.length);
  const names = splitSessions(
    sessions.map((session) => session.length),
    shares,
  );
  const all = sessions.flatMap((session, i) =>
    session.map((example) => ({ example, split: names[i] ?? ('train' as const) })),
  );

  const byId = new Map(usable.calls.map((call) => [call.id, call]));
  const index = neighbours(
    all.map((each) => each.example.input),
    NEAR,
  );
  const groups = new Map<number, Example[]>();
  for (const [i, { example, split }] of all.entries()) {
    const reason = whyLeftOut(task, byId.get(example.callId)!, split);
    if (reason !== null) {
      drop(reason);
      continue;
    }
    const near = index.near(i);
    if (near.some((j) => all[j]!.split !== split)) {
      drop('leak');
      continue;
    }
    const twin =
      near.find((j) => all[j]!.example.input === example.input) ??
      near.find((j) => all[j]!.example.answer === example.answer);
    if (twin === undefined) {
      index.add(i);
      groups.set(i, [example]);
    } else groups.get(twin)!.push(example);
  }

  const splits: Record<SplitName, Example[]> = { train: [], validation: [], calibration: [], exam: [] };
  for (const [i, group] of groups) splits[all[i]!.split].push(collapse(group));
  if (task.kind === 'label') {
    const ofTrain = [...groups].flatMap(([i, group]) => (all[i]!.split === 'train' ? [group] : []));
    splits.train = softened(splits.train, ofTrain, usable.calls);
  }
  const content = { taskId: task.id, kind: task.kind, order, splits, dropped };
  const id = `data_${contentHash(canonicalJson(content as unknown as Json), 24)}`;
  return { id, ...content };
}

/**
 * The collapsed examples with the soft targets among their own labels. Of a group the first call with this input, this
 * answer and log-probabilities speaks for all: equal inputs have equal ones, but for the LLM's noise.
 */
function softened(
  examples: readonly Example[],
  groups: readonly (readonly Example[])[],
  calls: readonly Call[],
): Example[] {
  const alternatives = new Map(calls.map(({ id, response }) => [id, response?.alternatives]));
  const labels = [...new Set(examples.map(({ answer }) => answer))];
  return examples.map((example, i) => {
    const { input, answer } = example;
    const same = groups[i]!.filter((each) => each.input === input && each.answer === answer);
    const told = same.map(({ callId }) => alternatives.get(callId)).find((each) => each !== undefined);
    const soft = softTargets(answer, told ?? [], labels);
    return soft.length > 0 ? { ...example, soft } : example;
  });
}

function exampleOf(task: Task, call: Call): Example | null {
  const input = distil(task, call.request);
  if (input === null || !call.response) return null;
  return {
    id: `ex_${contentHash(`${task.id}\n${call.id}\n${input}`, 20)}`,
    callId: call.id,
    sessionId: call.sessionId,
    at: call.at,
    input,
    answer: referenceOf(task, call.response),
    weight: 1,
  };
}

/** Why a call is of no use in its split; null where it is. */
function whyLeftOut(task: Task, { request, response }: Call, split: SplitName): string | null {
  if (split === 'train') return response && whyNotGiven(task, response);
  return whyNotAsked(task, request) === null ? null : 'policy';
}

/** The examples by session, each session in time; sessions by their first call, or shuffled. */
function inOrder(examples: readonly Example[], order: SplitOrder, seed: number): Example[][] {
  const byTime = examples.toSorted((a, b) => a.at - b.at || (a.callId < b.callId ? -1 : 1));
  const sessions = [...Map.groupBy(byTime, (example) => example.sessionId).values()];
  if (order === 'time') return sessions;
  // Sorted first, so that the order the calls came in does not tell in the draw.
  const byName = sessions.sort((a, b) => (a[0]!.sessionId < b[0]!.sessionId ? -1 : 1));
  return seededRandom(seed).shuffle(byName);
}

/** One example for several calls with one input or one answer: the first, with the most frequent answer. */
function collapse(group: readonly Example[]): Example {
  const first = group[0]!;
  const same = group.filter((example) => example.input === first.input);
  const counts = Map.groupBy(same, (example) => example.answer);
  // groupBy keeps the order of first appearance and sort is stable: among equals, the earliest answer.
  const answer = [...counts].sort((a, b) => b[1].length - a[1].length)[0]![0];
  return { ...first, answer, weight: group.length };
}
