/**
 * What is odd about a task's calls, gathered for the report and the record: from the calls when its dataset is made, from the
 * predictions when its candidates have been tried. Joins curate and evaluate for pipeline.ts.
 * Does not: change a recorded answer, or leave out a held-back call for what a model thinks of it.
 */
import type { AnswerKind } from '../core/answer.ts';
import { type Call, UNTIMED } from '../core/call.ts';
import type { Dataset, SplitOrder } from '../core/dataset.ts';
import { type Finding, type FindingKind, MAX_IDS } from '../core/finding.ts';
import { newId } from '../core/ids.ts';
import type { TaskReport } from '../core/learning.ts';
import { percent } from '../core/percent.ts';
import type { Rate } from '../core/specialist.ts';
import type { EventStore } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { answerChange } from '../curate/answer-change.ts';
import { declined, inLoops, rarelyAnswered } from '../curate/odd-calls.ts';
import { resemblance, shingles } from '../curate/similar.ts';
import { suspectAnswers } from '../evaluate/wrong-answers.ts';
import type { LearnContext, TaskRun } from './trial.ts';

/** With fewer calls since a change, all are kept: nothing could be proved with them alone. */
const MIN_SINCE = 200;

/** Share of the calls of two prompts that may overlap in time while one takes the place of the other. */
const OVERLAP = 0.02;
/** From this resemblance on a prompt is another version of one. */
const VERSION = 0.3;

/**
 * For each task whose prompt took the place of another task's: that it is new, and since when. Its calls are few for that reason.
 * @param callsOf By task id; tasks whose calls' times mean nothing are left out.
 */
export function replacedPrompts(
  tasks: readonly Task[],
  callsOf: ReadonlyMap<string | undefined, readonly Call[]>,
): ReadonlyMap<string, Finding> {
  const timed = tasks.flatMap((task) => {
    const calls = (callsOf.get(task.id) ?? []).toSorted((a, b) => a.at - b.at);
    const isTimed = calls.length > 0 && calls.every(({ tags }) => !(UNTIMED in tags));
    return isTimed ? [{ task, calls, words: shingles(promptOf(task)) }] : [];
  });
  const out = new Map<string, Finding>();
  for (const { task, calls, words } of timed) {
    const first = calls[Math.floor(OVERLAP * calls.length)]!.at;
    const before = timed.find(
      (other) =>
        other.task.id !== task.id &&
        other.task.sites.some(({ turn }) => turn === task.sites[0]!.turn) &&
        other.calls[Math.ceil((1 - OVERLAP) * (other.calls.length - 1))]!.at < first &&
        resemblance(words, other.words) >= VERSION,
    );
    if (before === undefined) continue;
    const ids = [...before.calls.slice(-10), ...calls.slice(0, 10)].map(({ id }) => id);
    out.set(task.id, {
      kind: 'prompt-changed',
      calls: calls.length,
      of: before.calls.length + calls.length,
      ids,
      says: `Its prompt took the place of that of '${before.task.name}' on ${day(calls[0]!.at)} UTC: only the ${calls.length} calls since are of it.`,
      done: `The ${before.calls.length} calls before are a task of their own.`,
      isCause: true,
    });
  }
  return out;
}

/** The constant words of a task's prompt. */
const promptOf = ({ sites }: Task): string =>
  sites.map(({ system, user }) => (system ?? user).pieces.join(' ')).join(' ');

const day = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/** The calls to learn from, and what was found about them before anything is learnt. */
export function examined(
  task: Task,
  calls: readonly Call[],
  order: SplitOrder,
): { readonly current: readonly Call[]; readonly findings: readonly Finding[] } {
  const change = order === 'time' ? answerChange(task, calls) : null;
  const enough = change !== null && change.since >= MIN_SINCE;
  const current = enough ? calls.filter(({ at }) => at >= change.at) : calls;
  const findings: Finding[] = [];
  if (change !== null)
    findings.push({
      kind: 'answers-changed',
      calls: change.before,
      of: calls.length,
      ids: change.ids,
      isCause: !enough,
      says: `Its answers changed on ${day(change.at)} UTC: some that were met before are met no more, and others began.`,
      done: enough
        ? `The ${change.before} calls before are not learnt from.`
        : `All are kept: the ${change.since} calls since are too few alone, ${MIN_SINCE} would do.`,
    });
  const refused = declined(current);
  findings.push(
    ...found('refusals', refused, current.length, {
      says: `In ${refused.length} of ${current.length} calls the LLM declined to answer.`,
      isCause: refused.length >= MIN_CAUSE * current.length,
    }),
    ...severalJobs(task, current),
  );
  const rare = rarelyAnswered(task, current);
  findings.push(
    ...found('rare-answers', rare, current.length, {
      says: `${rare.length} of ${current.length} calls have an answer that is met less than ten times: too seldom to be learnt.`,
      isCause: false,
    }),
  );
  return { current, findings };
}

/** A share of the calls below this is no reason for a refusal by itself. */
const MIN_CAUSE = 0.005;
/** A kind of answers with this share is a job of its own. */
const JOB = 0.1;
const NAMES: Readonly<Record<AnswerKind, string>> = {
  label: 'a word of few',
  json: 'JSON',
  tool: 'a tool call',
  text: 'a text',
};

function severalJobs({ kind, kinds = {} }: Task, calls: readonly Call[]): Finding[] {
  const large = Object.entries(kinds).filter(([, share]) => share >= JOB) as [AnswerKind, number][];
  if (kind !== 'mixed' || large.length < 2) return [];
  const parts = large.map(([own, share]) => `${NAMES[own]} ${percent(share, 0)}`).join(', ');
  return found('several-jobs', calls, calls.length, {
    says: `One prompt has answers of several kinds (${parts}): it may do several jobs, which are proved together.`,
    isCause: true,
  });
}

function found(
  kind: FindingKind,
  calls: readonly Pick<Call, 'id'>[],
  of: number,
  { says, isCause, done = KEPT }: { says: string; isCause: boolean; done?: string },
): Finding[] {
  if (calls.length === 0) return [];
  return [
    { kind, calls: calls.length, of, ids: calls.slice(0, MAX_IDS).map(({ id }) => id), says, done, isCause },
  ];
}

const KEPT = 'Nothing was left out for it: such calls will come again.';

/** Loops are told by the inputs that are learnt from, so by the dataset. */
function loopsIn({ splits }: Dataset): Finding[] {
  const all = Object.values(splits).flat();
  const loops = inLoops(all);
  return found(
    'loops',
    loops.map(({ callId }) => ({ id: callId })),
    all.length,
    {
      says: `${loops.length} calls repeat the one before them in their session, four times in a row or more: an agent that is stuck.`,
      done: 'In training they count as one; in the proof calls of a session are not taken for independent.',
      isCause: false,
    },
  );
}

/** Answers that predictions speak against, and what is said of them. */
function suspectsOf({ competition, dataset }: TaskRun): {
  readonly share: Rate;
  readonly calls: readonly { readonly id: string }[];
  readonly says: string;
} {
  const { train, validation } = dataset.splits;
  const examples = new Map([...train, ...validation].map((example) => [example.id, example]));
  const answers = new Map([...examples].map(([id, { answer }]) => [id, answer]));
  const { share, exampleIds } = suspectAnswers(competition.winner?.graded ?? [], answers);
  const { repeated, differing } = dataset.contradictions;
  const contradicted =
    repeated < MIN_REPEATED
      ? ''
      : ` Of ${repeated} calls with an input that comes again, ${differing} were answered otherwise than most.`;
  return {
    share,
    calls: exampleIds.map((id) => ({ id: examples.get(id)!.callId })),
    says: `At least about ${percent(share.share, 1)} of the recorded answers look wrong (${share.hits} of ${share.n}; ${percent(share.low, 1)} to ${percent(share.high, 1)}): models that had not seen them are sure of another answer.${contradicted}`,
  };
}

function wrongAnswers(run: TaskRun, epsilon: number): Finding[] {
  if (run.findings.some(({ kind }) => kind === 'wrong-answers')) return [];
  const { share, calls, says } = suspectsOf(run);
  return found('wrong-answers', calls, share.n, {
    says,
    done: 'No answer was changed or left out. Correct them (`understudy feedback --name correction`), or let the LLM be asked again (`learn --ask-again`).',
    isCause: share.low > epsilon / 2,
  });
}

/**
 * The run without the suspects among the calls to learn from, where those are more than chance; null where they are not. Held-back calls,
 * the validation split among them, stay as they are, and so does the dataset's name: its exam is the same one.
 */
export function withoutSuspects(run: TaskRun, epsilon: number): TaskRun | null {
  const { share, calls, says } = suspectsOf(run);
  if (share.low <= epsilon / 2) return null;
  const suspects = new Set(calls.map(({ id }) => id));
  const { splits } = run.dataset;
  const train = splits.train.filter(({ callId }) => !suspects.has(callId));
  const findings = found('wrong-answers', calls, share.n, {
    says,
    done: `${splits.train.length - train.length} of them were to be learnt from and are left out; held-back calls stay, with the LLM's majority as reference.`,
    isCause: true,
  });
  return {
    ...run,
    dataset: { ...run.dataset, splits: { ...splits, train } },
    findings: [...run.findings, ...findings],
  };
}

const MIN_REPEATED = 20;

/** The report with what was found, which is put on record; where the task was refused, its probable causes are in the reason. */
export async function withFindings(
  report: TaskReport,
  run: TaskRun,
  { store, config }: Pick<LearnContext, 'store' | 'config'>,
): Promise<TaskReport> {
  const findings = [...run.findings, ...loopsIn(run.dataset), ...wrongAnswers(run, config.gate.epsilon)];
  const at = Date.now();
  const detail = {
    task: report.task.name,
    findings: findings.map((each) => ({ ...each, ids: [...each.ids] })),
  };
  await store.addEvent({ id: newId('event', at), at, kind: CALLS_EXAMINED, subject: report.task.id, detail });
  if (findings.length === 0) return report;
  const causes = findings.filter(({ isCause }) => isCause);
  if (report.outcome === 'passed' || causes.length === 0) return { ...report, findings };
  const why = causes.map(({ says, done, ids }) => `${says} ${done} Calls: ${ids.slice(0, 3).join(', ')}.`);
  return { ...report, findings, reason: `${report.reason} Probable cause: ${why.join(' ')}` };
}

/** The event that keeps what was found of a task's calls. */
const CALLS_EXAMINED = 'calls-examined';

export interface TaskFindings {
  readonly id: string;
  readonly name: string;
  /** When, epoch milliseconds. */
  readonly at: number;
  readonly findings: readonly Finding[];
}

/** What the last learning run of each task found odd. */
export async function latestFindings(store: Pick<EventStore, 'events'>): Promise<TaskFindings[]> {
  const latest = new Map(
    (await store.events({ kind: CALLS_EXAMINED })).map((event) => [event.subject, event]),
  );
  return [...latest.values()]
    .map(({ subject, at, detail }) => ({
      id: subject,
      at,
      name: String(detail.task),
      findings: detail.findings as unknown as readonly Finding[],
    }))
    .filter(({ findings }) => findings.length > 0);
}
