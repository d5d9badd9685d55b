/**
 * The decisions of a running gateway, compared with what was promised of its specialists: counted in memory beside each call,
 * and told when an alarm is raised, as an event and a line in the log.
 * Does not: judge (deploy/coverage), or move deployments (watching.ts).
 */
import type { Served } from '../core/call.ts';
import { type Deployment, isInService } from '../core/deployment.ts';
import { newId } from '../core/ids.ts';
import type { Router } from '../core/online.ts';
import { percent } from '../core/percent.ts';
import type { Rate, Specialist } from '../core/specialist.ts';
import type { Event, EventStore } from '../core/store.ts';
import {
  type CoverageAlarm,
  type CoverageWatch,
  coverageOf,
  newCoverageWatch,
  watchCoverage,
} from '../deploy/coverage.ts';

export interface CoverageAlarms {
  /** Takes up what is in service, from the plan. */
  update(plan: {
    readonly deployments: readonly Deployment[];
    readonly specialists: readonly Specialist[];
  }): void;
  /** The router, with its decisions counted. */
  counted(router: Router): Router;
  /** Writes down the alarms that were raised meanwhile. @throws as the store; nothing is lost by it. */
  write(store: Pick<EventStore, 'addEvent'>): Promise<void>;
}

interface Counted {
  readonly deployment: Deployment;
  readonly promised: Rate;
  watch: CoverageWatch;
  /** Of the latest calls, the oldest first. */
  readonly lately: NonNullable<ReturnType<typeof coverageOf>>[];
}

/** Calls that an alarm's figures are about. */
const LATELY = 300;

export function coverageAlarms(log: (line: string) => void, now: () => number): CoverageAlarms {
  let counted = new Map<string, Counted>();
  let events: Event[] = [];

  const note = (served: Served): void => {
    const known = served.taskId === undefined ? undefined : counted.get(served.taskId);
    const outcome = coverageOf(served);
    if (!known || outcome === null) return;
    known.lately.push(outcome);
    if (known.lately.length > LATELY) known.lately.shift();
    const { watch, alarm } = watchCoverage(known.watch, served, known.deployment.stage === 'live');
    known.watch = watch;
    if (alarm === null) return;
    const event = eventOf(alarm, known, now());
    events.push(event);
    log(`deployment ${known.deployment.id}: ${event.detail.reason}`);
  };

  return {
    update: ({ deployments, specialists }) => {
      const next = new Map<string, Counted>();
      for (const deployment of deployments) {
        const specialist = specialists.find(({ id }) => id === deployment.specialistId);
        if (!isInService(deployment.stage) || !specialist) continue;
        const promised = specialist.evidence.exam.coverage;
        const before = counted.get(deployment.taskId);
        const same = before?.deployment.id === deployment.id ? before : null;
        next.set(deployment.taskId, {
          ...{ deployment, promised },
          watch: same?.watch ?? newCoverageWatch(promised.low),
          lately: same?.lately ?? [],
        });
      }
      counted = next;
    },
    counted: (router) => ({
      route: async (call, signal) => {
        const decision = await router.route(call, signal);
        note(decision.served);
        return decision;
      },
    }),
    write: async (store) => {
      for (let event = events[0]; event !== undefined; event = events[0]) {
        await store.addEvent(event);
        events = events.slice(1);
      }
    },
  };
}

function eventOf(alarm: CoverageAlarm, { deployment, promised, lately }: Counted, at: number): Event {
  const count = (wanted: Counted['lately'][number]): number =>
    lately.filter((outcome) => outcome === wanted).length;
  const [calls, served, unfamiliar] = [lately.length, count('served'), count('unfamiliar')];
  const reason =
    alarm === 'inputs-unfamiliar'
      ? `${unfamiliar} of the last ${calls} calls are unlike those that were learnt from: they go to the LLM. Was a prompt changed? \`understudy learn\` learns the new ones`
      : `${served} of the last ${calls} calls were served, where the exam promised ${percent(promised.share)} (at least ${percent(promised.low)})`;
  return {
    ...{ id: newId('event', at), at, kind: alarm, subject: deployment.id },
    detail: {
      ...{ reason, calls, served, unfamiliar, escalated: count('escalated') },
      promised: { share: promised.share, low: promised.low, high: promised.high },
    },
  };
}
