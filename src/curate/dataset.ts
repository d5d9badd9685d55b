/**
 * A task's calls → its dataset: examples in four splits that share no session.
 * Does not: decide which task a call belongs to (cluster).
 */

import { distil } from '../callsite/variable-part.ts';
import { type Call, recordedWith } from '../core/call.ts';
import { compareAnswers, schemasOf } from '../core/compare.ts';
import type { Contradictions, Dataset, Epoch, Example, SplitName, SplitOrder } from '../core/dataset.ts';
import type { EqualityPolicy } from '../core/equality-policy.ts';
import { contentHash } from '../core/ids.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import { whyNotAsked } from '../core/policy.ts';
import { seededRandom } from '../core/random.ts';
import { referenceOf, whyNotGiven } from '../core/reference.ts';
import type { Task } from '../core/task.ts';
import { joinRepeats } from './sessions.ts';
import { neighbours } from './similar.ts';
import { softTargets } from './soft.ts';
import { defaultShares, type Shares, splitEpoch } from './splits.ts';
import { timedCalls } from './timed.ts';
import { mayTeach, taught, taughtOrWhyNot, truthOf, withoutTruth } from './truth.ts';
import { usableCalls } from './usable.ts';

/** Texts to learn from with at least this resemblance are the same text written twice. */
const NEAR = 0.9;

export interface DatasetOptions {
  /** Of the calls, by split. Default: by the number of calls (see defaultShares). */
  readonly shares?: Shares;
  /** time, unless the calls' times mean nothing (an imported file sorted by something else). */
  readonly order?: SplitOrder;
  /** For shuffle-sessions. */
  readonly seed: number;
  /** Which fields of answers may differ, and how far. Default: none. */
  readonly equality?: EqualityPolicy;
  /** Of the task, by time: what is held back for the gate and the exam comes after its change was found. */
  readonly epoch?: Epoch | null;
  /** complete: each wrong output is known to have been corrected, so that held-back calls are judged by it. Default: partial. */
  readonly truth?: 'partial' | 'complete';
}

/**
 * The dataset of a task from its calls, in any order. Sessions stand whole in one split: the earliest in train, the
 * latest in exam.
 * In train, calls with one input become one example (the most frequent answer, the weight their number), and so do
 * near-duplicates with one answer. Held back, each call stands for itself, repeats included: what is measured is the
 * traffic as it comes. Those whose input is learnt from are marked as seen, so that the unseen can be told apart.
 * The LLM's answers to calls that a specialist serves are on record for the audited ones only. So that held-back calls are
 * a fair sample all the same, each is kept with its share of the smallest probability in its split (Horvitz and Thompson
 * 1952, by thinning, which leaves calls of equal weight); the others are dropped as 'thinned'. Each split is a sample by itself.
 * Where the task has changed, what came before teaches, and nothing more: validation comes after the change began, calibration
 * and exam after it was found. Calls without a time are dropped then as 'untimed', and the order is that of time.
 * What feedback corrects is taught as corrected. Held back, the reference stays the LLM's answer: people correct what is
 * wrong, so calls with a correction are no fair sample, and those without one are not known to be right; what is known is
 * kept beside it (`truth`). Calls that a specialist served and somebody corrected only teach.
 * A call that no specialist would be asked about teaches, but proves nothing: held back it is dropped as 'policy'. An
 * answer that none can give teaches nothing, but stays where it is held back, and counts against whoever answers.
 * Weights and dropped calls add up to the calls given. Labels to train on get soft targets, where calls tell of any.
 */
export function buildDataset(task: Task, calls: readonly Call[], options: DatasetOptions): Dataset {
  const epoch = options.epoch ?? null;
  const { calls: timed, untimed, order } = timedCalls(calls, epoch, options.order ?? 'time');
  const usable = usableCalls(timed);
  const dropped: Record<string, number> = { ...usable.dropped };
  const droppedExamples: Record<string, string> = { ...usable.examples };
  const drop = (reason: string, callId: string) => {
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    droppedExamples[reason] ??= callId;
  };
  for (const { id } of untimed) drop('untimed', id);
  const byId = new Map(usable.calls.map((call) => [call.id, call]));
  const examples: Example[] = [];
  /** Of calls that a specialist served: nobody knows what the LLM would have said. */
  const corrections: Example[] = [];
  for (const call of usable.calls) {
    const example = exampleOf(task, call, options.truth === 'complete');
    if (example) (example.truth?.llm === null ? corrections : examples).push(example);
    else drop('unfamiliar', call.id);
  }
  const sessions = inOrder(order === 'time' ? joinRepeats(examples) : examples, order, options.seed);
  const callsOf = (session: readonly Example[]): Call[] => session.map(({ callId }) => byId.get(callId)!);
  const { names, isKept } = splitAndThin(
    sessions.map(callsOf),
    options.shares,
    epoch,
    task.kind === 'mixed' ? hasToolCalls : () => true,
  );
  const wouldCount = (call: Call): boolean => isKept(call) && whyNotAsked(task, call.request) === null;
  const chosen: Record<SplitName, Example[]> = { train: [], validation: [], calibration: [], exam: [] };
  const trainSessions: number[] = [];
  for (const [i, session] of sessions.entries()) {
    const split = names[i] ?? 'train';
    if (split === 'train')
      trainSessions.push(session.filter(({ callId }) => wouldCount(byId.get(callId)!)).length);
    for (const example of session) {
      const reason = whyLeftOut(task, byId.get(example.callId)!, example, split);
      if (reason === null) chosen[split].push(split === 'train' ? taught(example) : example);
      else drop(reason, example.callId);
    }
  }
  // Only now: they only teach, and must not move the limits between the splits.
  const heldBack = sessions.filter((_, i) => names[i] !== 'train').flat();
  const isBefore = mayTeach(heldBack, byId, order);
  for (const example of corrections) {
    const reason = isBefore(byId.get(example.callId)!) ? taughtOrWhyNot(example) : 'corrected';
    if (typeof reason === 'string') drop(reason, example.callId);
    else chosen.train.push(reason);
  }

  const measured = (split: SplitName, learnt: ReadonlySet<string>): Example[] =>
    chosen[split].flatMap((example): Example[] => {
      if (isKept(byId.get(example.callId)!))
        return [learnt.has(example.input) ? { ...example, seen: true } : example];
      drop('thinned', example.callId);
      return [];
    });
  const groups = groupsToLearn(chosen.train);
  const collapsed = groups.map(collapse);
  const train = task.kind === 'label' ? softened(collapsed, groups, usable.calls) : collapsed;
  const inTrain = new Set(chosen.train.map(({ input }) => input));
  const validation = measured('validation', inTrain);
  const learnt = new Set([...inTrain, ...validation.map(({ input }) => input)]);
  const splits = {
    train,
    validation,
    calibration: measured('calibration', learnt),
    exam: measured('exam', learnt),
  };
  const content = {
    taskId: task.id,
    kind: task.kind,
    order,
    splits,
    dropped,
  };
  // What is known beside the answers decides nothing: a word on an old call must not make another dataset, and another try.
  const named = { ...content, splits: withoutTruth(splits) };
  const id = `data_${contentHash(canonicalJson(named as unknown as Json), 24)}`;
  // Not part of the name: with another policy they are others, and the exam is the same one, used again.
  const asAnswered = examples.map((each) => ({ ...each, answer: each.truth?.llm ?? each.answer }));
  const contradictions = contradictionsIn(asAnswered, task, options.equality ?? {});
  return {
    id,
    ...content,
    droppedExamples,
    contradictions,
    trainSessions: trainSessions.filter((size) => size > 0),
    ...(epoch ? { epoch } : {}),
  };
}

/**
 * The split of each session, and which held-back calls are kept. Only the probabilities of held-back calls count: audits of
 * which is learnt thin nothing. How many are kept decides the shares, so the split is made a second time where it matters.
 * @param isProvable Whether a call could be served at all: by how many such there are the shares follow.
 */
function splitAndThin(
  sessions: readonly (readonly Call[])[],
  given: Shares | undefined,
  epoch: Epoch | null,
  isProvable: (call: Call) => boolean,
): { readonly names: readonly SplitName[]; readonly isKept: (call: Call) => boolean } {
  const beganAt = (session: readonly Call[]): number => session[0]?.at ?? 0;
  const first = epoch === null ? 0 : sessions.findIndex((session) => beganAt(session) >= epoch.since);
  const earlier = first < 0 ? sessions.length : first;
  const own = sessions.slice(earlier);
  const looked = epoch === null ? 0 : own.findIndex((session) => beganAt(session) >= epoch.found);
  const sizes = own.map(({ length }) => length);
  const split = (shares: Shares) => {
    const names = [
      ...sessions.slice(0, earlier).map((): SplitName => 'train'),
      ...splitEpoch(sizes, looked < 0 ? own.length : looked, shares),
    ];
    const keeperOf = (name: SplitName) =>
      thinning(sessions.flatMap((session, i) => (names[i] === name ? session : [])));
    const held = ['validation', 'calibration', 'exam'] as const;
    const keepers = new Map<SplitName, ReturnType<typeof thinning>>(
      held.map((name) => [name, keeperOf(name)]),
    );
    // What is learnt from is counted as if it were held back for the gate.
    keepers.set('train', keepers.get('calibration')!);
    const splitOf = new Map(sessions.flatMap((session, i) => session.map(({ id }) => [id, names[i]!])));
    return { names, isKept: (call: Call): boolean => keepers.get(splitOf.get(call.id)!)!(call) };
  };
  if (given) return split(given);
  const calls = own.flat().filter(isProvable);
  const before = split(defaultShares(calls.length));
  const kept = calls.filter(before.isKept).length;
  return kept === calls.length ? before : split(defaultShares(kept));
}

/** Of an agent that calls tools or speaks, what it says is seldom proved: it hardly repeats. */
const hasToolCalls = ({ response }: Call): boolean => (response?.message.toolCalls?.length ?? 0) > 0;

/** Whether to keep a held-back call, so that each of the traffic's had the same chance to be here. */
function thinning(calls: readonly Call[]): (call: Call) => boolean {
  const least = calls.reduce((low, call) => Math.min(low, recordedWith(call)), 1);
  // Drawn from the id, so that a dataset can be made again.
  const draw = ({ id }: Call): number => Number.parseInt(contentHash(`thinning ${id}`, 8), 16) / 2 ** 32;
  return (call) => draw(call) * recordedWith(call) < least;
}

/** Groups of examples that are one to learn from: the same input, or nearly and with the same answer. */
function groupsToLearn(examples: readonly Example[]): Example[][] {
  const index = neighbours(
    examples.map(({ input }) => input),
    NEAR,
  );
  const groups = new Map<number, Example[]>();
  for (const [i, example] of examples.entries()) {
    const near = index.near(i);
    const twin =
      near.find((j) => examples[j]!.input === example.input) ??
      near.find((j) => examples[j]!.answer === example.answer);
    if (twin === undefined) {
      index.add(i);
      groups.set(i, [example]);
    } else groups.get(twin)!.push(example);
  }
  return [...groups.values()];
}

/** Different answers to one input that others are compared with; of more, texts tell. */
const MAX_COMPARED = 32;

/** How often equal inputs have answers that are not equal, by the comparison that decides what an error is. */
function contradictionsIn(examples: readonly Example[], task: Task, policy: EqualityPolicy): Contradictions {
  const options = schemasOf(task, policy);
  const isSame = (a: string, b: string): boolean => compareAnswers(task.kind, a, b, options).right === true;
  let repeated = 0;
  let differing = 0;
  for (const same of Map.groupBy(examples, ({ input }) => input).values()) {
    if (same.length < 2) continue;
    const byText = Map.groupBy(same, ({ answer }) => answer);
    // Most are equal as texts: few are left to be compared.
    const groups: { readonly answer: string; count: number }[] = [];
    for (const [answer, { length }] of byText) {
      const group = groups.slice(0, MAX_COMPARED).find((each) => isSame(each.answer, answer));
      if (group) group.count += length;
      else groups.push({ answer, count: length });
    }
    const counts = groups.map(({ count }) => count);
    repeated += same.length;
    differing += same.length - Math.max(...counts);
  }
  return { repeated, differing };
}

/**
 * The collapsed examples with the soft targets among their own labels. Of a group the first call with this input, this
 * answer and log-probabilities counts for all: equal inputs have equal ones, but for the LLM's noise.
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
    const same = groups[i]!.filter(
      (each) => each.input === input && each.answer === answer && (each.truth?.llm ?? answer) === answer,
    );
    const told = same.map(({ callId }) => alternatives.get(callId)).find((each) => each !== undefined);
    const soft = softTargets(answer, told ?? [], labels);
    return soft.length > 0 ? { ...example, soft } : example;
  });
}

function exampleOf(task: Task, call: Call, isComplete: boolean): Example | null {
  const input = distil(task, call.request);
  if (input === null || !call.response) return null;
  const truth = truthOf(task, call);
  const answer = referenceOf(task, call.response);
  return {
    id: `ex_${contentHash(`${task.id}\n${call.id}\n${input}`, 20)}`,
    callId: call.id,
    sessionId: call.sessionId,
    at: call.at,
    input,
    answer: truth && isComplete ? truth.correct : answer,
    weight: 1,
    ...(truth ? { truth } : {}),
  };
}

/** Why a call is of no use in its split; null where it is. */
function whyLeftOut(
  task: Task,
  { request, response }: Call,
  { truth }: Example,
  split: SplitName,
): string | null {
  if (split === 'train') {
    if (truth) return truth.correct === '' ? 'wrong' : null;
    return response && whyNotGiven(task, response);
  }
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
  const alike = group.filter((example) => example.input === first.input);
  const known = alike.filter(({ truth }) => truth);
  // What is known to be correct outweighs any number of answers that are not.
  const same = known.length > 0 ? known : alike;
  const counts = Map.groupBy(same, (example) => example.answer);
  // groupBy keeps the order of first appearance and sort is stable: among equals, the earliest answer.
  const answer = [...counts].sort((a, b) => b[1].length - a[1].length)[0]![0];
  return { ...first, answer, weight: group.length };
}
