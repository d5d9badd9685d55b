/**
 * The calls of a running gateway, compared with what its specialists were proved on: decisions and the LLM's answers are counted in
 * memory beside each call. An alarm is an event and a line in the log. That the LLM has another name takes the specialist back into
 * shadow as well, and begins an epoch of its task.
 * Does not: judge (deploy/alarms.ts), or read audits (watching.ts).
 */
import type { CallResponse } from '../core/call.ts';
import { compareAnswers, schemasOf } from '../core/compare.ts';
import { type Deployment, isInService, provingSince } from '../core/deployment.ts';
import type { EqualityPolicy } from '../core/equality-policy.ts';
import { contentHash, newId } from '../core/ids.ts';
import type { Decision, Heard, Router } from '../core/online.ts';
import { percent } from '../core/percent.ts';
import { referenceOf } from '../core/reference.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Event, EventStore } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import {
  type Alarm,
  type AlarmKind,
  type ChangeWatch,
  coverageOf,
  newChangeWatch,
  type Seen,
  seenIn,
  watchCall,
} from '../deploy/alarms.ts';
import { changeDeployment, type MovingStore } from '../deploy/change.ts';
import { taskChanged } from '../deploy/epochs.ts';
import { sendBack } from '../deploy/stages.ts';

/** Where alarms are written down, and what they are about is moved. */
type AlarmStore = MovingStore & Pick<EventStore, 'addEvent'>;

export interface ChangeAlarms {
  /** Takes up what is in service, from the plan. */
  update(plan: {
    readonly tasks: readonly Task[];
    readonly deployments: readonly Deployment[];
    readonly specialists: readonly Specialist[];
  }): void;
  /** The router, with its decisions counted. */
  counted(router: Router): Router;
  /** The LLM has answered a call that a specialist in service was asked about. */
  hear(heard: Heard, llm: CallResponse): void;
  /** Whether alarms wait to be written down. */
  isRaised(): boolean;
  /** Sends back what alarms were raised about, and writes them down. @throws as the store; nothing is lost by it. */
  write(store: AlarmStore): Promise<void>;
}

interface Counted {
  readonly task: Task;
  readonly deployment: Deployment;
  readonly specialist: Specialist;
  /** Since when it is watched: provingSince. */
  readonly since: number;
  watch: ChangeWatch;
  /** It is to be sent back: nothing more is counted until it has been. */
  isRaised: boolean;
  /** Of the latest calls, the oldest first. */
  readonly lately: NonNullable<ReturnType<typeof coverageOf>>[];
  /** Names of the LLM that are none to tell of: of its proof, and of alarms since. Null: it is not known what they were. */
  readonly models: ReadonlySet<string> | null;
  /** Other names, each with when it was last heard. */
  readonly others: Map<string, number>;
  /** The LLM's latest answer by a hash of the input. */
  readonly answers: Map<string, string>;
}

interface Raised {
  readonly id: string;
  readonly at: number;
  readonly alarm: Alarm;
  readonly about: Counted;
  readonly event: Event;
}

/**
 * Alarms that take a specialist out of service. The others call a person: calls of one run of an agent that nobody names, and that do
 * not go on from one another, count each for itself, so that their false alarms are not bounded there (docs/proof.md).
 */
const ACTING: ReadonlySet<AlarmKind> = new Set(['llm-renamed']);
/** Calls that an alarm's figures are about. */
const LATELY = 300;
/** Inputs of a task whose latest answer is remembered, and the characters of one that is not too long for it. */
const MAX_ANSWERS = 2_000;
const MAX_ANSWER = 2_000;
/** Other names of the LLM that are remembered. */
const MAX_NAMES = 32;

/** @param equality By which answers are the same. Default: exactly as far as their kind says. */
export function changeAlarms(
  log: (line: string) => void,
  now: () => number,
  equality: EqualityPolicy = {},
): ChangeAlarms {
  let counted = new Map<string, Counted>();
  let raised: Raised[] = [];

  const take = (known: Counted, seen: Seen, unit?: string, repeats?: string): void => {
    if (known.isRaised) return;
    const at = now();
    const { watch, alarm } = watchCall(known.watch, seen, at, unit, repeats);
    known.watch = watch;
    if (alarm === null) return;
    if (ACTING.has(alarm.kind)) known.isRaised = true;
    // A person is told once.
    else known.watch = { ...watch, bounds: { ...watch.bounds, [alarm.kind]: 1 } };
    const event = eventOf(alarm, known, at);
    raised.push({ id: known.deployment.id, at, alarm, about: known, event });
    log(`deployment ${known.deployment.id}: ${event.detail.reason}`);
  };

  const note = ({ served, session, repeats }: Decision): void => {
    const known = served.taskId === undefined ? undefined : counted.get(served.taskId);
    const outcome = coverageOf(served);
    if (!known || outcome === null) return;
    known.lately.push(outcome);
    if (known.lately.length > LATELY) known.lately.shift();
    take(known, seenIn(served, known.deployment.stage === 'live'), session, repeats);
  };

  return {
    update: ({ tasks, deployments, specialists }) => {
      const next = new Map<string, Counted>();
      for (const deployment of deployments) {
        const specialist = specialists.find(({ id }) => id === deployment.specialistId);
        const task = tasks.find(({ id }) => id === deployment.taskId);
        if (!isInService(deployment.stage) || !specialist || !task) continue;
        const since = provingSince(deployment);
        const before = counted.get(deployment.taskId);
        const same = before?.deployment.id === deployment.id && before.since === since ? before : null;
        next.set(deployment.taskId, {
          task,
          deployment,
          specialist,
          since,
          watch: same?.watch ?? newChangeWatch(specialist, deployment),
          isRaised: same?.isRaised ?? false,
          lately: same?.lately ?? [],
          models: modelsOf(specialist, deployment),
          others: same?.others ?? new Map(),
          answers: same?.answers ?? new Map(),
        });
      }
      counted = next;
    },
    counted: (router) => ({
      route: async (call, signal) => {
        const decision = await router.route(call, signal);
        note(decision);
        return decision;
      },
    }),
    hear: ({ taskId, input, session, agrees }, llm) => {
      const known = counted.get(taskId);
      if (!known || known.isRaised) return;
      const { models, others } = known;
      if (models !== null) {
        const isOther = !models.has(llm.model);
        if (isOther) remember(others, llm.model, now(), MAX_NAMES);
        take(known, { 'llm-renamed': isOther });
      }
      if (agrees !== undefined) take(known, { 'agreement-fell': !agrees }, session);
      const { task } = known;
      const answer = referenceOf(task, llm);
      if (answer.length > MAX_ANSWER) return;
      const key = contentHash(input, 16);
      const before = known.answers.get(key);
      remember(known.answers, key, answer, MAX_ANSWERS);
      if (before === undefined) return;
      const isSame =
        before === answer ||
        compareAnswers(task.kind, before, answer, schemasOf(task, equality)).right === true;
      take(known, { 'llm-answers-changed': !isSame }, key);
    },
    isRaised: () => raised.length > 0,
    write: async (store) => {
      for (let next = raised[0]; next !== undefined; next = raised[0]) {
        if (ACTING.has(next.alarm.kind)) await act(store, next);
        else await store.addEvent(next.event);
        raised = raised.slice(1);
      }
    },
  };
}

/** Takes the specialist out of service, and begins an epoch. Where it has left service meanwhile, the change is told all the same. */
async function act(store: AlarmStore, { id, at, alarm, about, event }: Raised): Promise<void> {
  const reason = String(event.detail.reason);
  const before = about.deployment.history.findLast(({ expects }) => expects !== undefined)?.expects;
  const heard = [...about.others].filter(([, last]) => last >= alarm.since).map(([name]) => name);
  // A name for each answer tells nothing by itself.
  const isTold = heard.length < MAX_NAMES;
  const expects = { ...before, ...(isTold ? {} : { [alarm.kind]: alarm.share }) };
  const events = [
    event,
    taskChanged(about.deployment.taskId, { since: alarm.since, found: at, reason }, false),
  ];
  const moved = await changeDeployment(
    store,
    id,
    (now) => sendBack(now, at, reason, expects, isTold ? heard : []),
    () => events,
  );
  if (moved === null) for (const each of events) await store.addEvent(each);
}

function modelsOf({ proved }: Specialist, { history }: Deployment): ReadonlySet<string> | null {
  if (proved?.models === undefined) return null;
  return new Set([...proved.models, ...history.flatMap(({ models = [] }) => models)]);
}

/** The latest of the other names. */
function named(others: ReadonlyMap<string, number>): string {
  const last = [...others.keys()].at(-1);
  return last === undefined ? '' : `, '${last}' the latest`;
}

/** Sets the latest of at most this many; the one goes that was set longest ago. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value!);
}

function eventOf(alarm: Alarm, { deployment, specialist, lately, others }: Counted, at: number): Event {
  const promised = specialist.evidence.exam.coverage;
  const count = (wanted: Counted['lately'][number]): number =>
    lately.filter((outcome) => outcome === wanted).length;
  const [calls, served, unfamiliar] = [lately.length, count('served'), count('unfamiliar')];
  const since = `${alarm.hits} of ${alarm.calls}`;
  const reasons: Readonly<Record<AlarmKind, string>> = {
    'inputs-unfamiliar': `${unfamiliar} of the last ${calls} calls are unlike those that were learnt from: they go to the LLM. Was a prompt changed? \`understudy learn\` learns the new ones`,
    'llm-renamed': `the LLM behind it has another name than in its proof, in ${since} answers${named(others)}`,
    'llm-answers-changed': `the LLM answers inputs that come again otherwise than before, in ${since} calls`,
    'agreement-fell': `the LLM differs from its unsure answers, which are not used, more often than in its proof: in ${since}`,
    'coverage-fell': `${served} of the last ${calls} calls were served, where the exam promised ${percent(promised.share)} (at least ${percent(promised.low)})`,
  };
  return {
    id: newId('event', at),
    at,
    kind: alarm.kind,
    subject: deployment.id,
    detail: {
      reason: reasons[alarm.kind],
      since: alarm.since,
      hits: alarm.hits,
      of: alarm.calls,
      calls,
      served,
      unfamiliar,
      escalated: count('escalated'),
      promised: { share: promised.share, low: promised.low, high: promised.high },
    },
  };
}
