/**
 * A data folder that holds a made-up day and a half of a shop's agents, for the tests of the admin API and of the dashboard:
 * five tasks in five stages, their calls with texts, evidence, audits and events. Drawn from a seed, so always the same.
 * Everything goes through the sealer and the store's interfaces, as it would from a gateway and a learning run.
 */
import { createSealer } from '../../src/capture/sealer.ts';
import { dayOf } from '../../src/capture/vault.ts';
import type { Call } from '../../src/core/call.ts';
import { configSchema } from '../../src/core/config.ts';
import type { Audit } from '../../src/core/deployment.ts';
import { contentHash, newId } from '../../src/core/ids.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { Event } from '../../src/core/store.ts';
import { openStorage } from '../../src/setup/data-folder.ts';
import { AUDITED, HOUR, HOURS, PLANS } from './admin-day-plans.ts';
import {
  callOf,
  decide,
  deploymentOf,
  jobsOf,
  specialistOf,
  taskOf,
  verdictsOf,
  withCounts,
} from './admin-day-records.ts';

export interface AdminDay {
  /** Epoch milliseconds, included. */
  readonly since: number;
  readonly until: number;
  /** Calls of agents. */
  readonly calls: number;
  /** Calls that a specialist served, and among them those that were audited. */
  readonly served: readonly string[];
  readonly differed: readonly string[];
}

/** @param until Epoch milliseconds: the end of the day. @param scale Calls, times this. Default: 1. */
export async function makeAdminDay(
  dataDir: string,
  until: number,
  env: NodeJS.ProcessEnv,
  scale = 1,
): Promise<AdminDay> {
  const storage = await openStorage({ ...configSchema.parse({}), dataDir }, { env });
  const { store, vault } = storage;
  const random = seededRandom(7);
  const since = until - HOURS * HOUR;
  for (let hour = 0; hour <= HOURS; hour++) await vault.prepare(dayOf(since + hour * HOUR));
  const sealer = createSealer({ sealing: vault, redact: (text) => text });
  const served: string[] = [];
  const differed: string[] = [];
  const events: Event[] = [];
  let calls = 0;
  try {
    await store.putTasks(PLANS.map((plan) => taskOf(plan, scale)));
    for (const plan of PLANS) {
      const at = (hours: number): number => since + hours * HOUR;
      const specialist = specialistOf(plan, at(plan.stages[0]?.[1] ?? 6), random);
      await store.addSpecialist(specialist);
      await store.addVerdicts(plan.id, at(6), verdictsOf(plan, specialist));
      const deployment = deploymentOf(plan, specialist, at);
      const audits: Audit[] = [];
      const batch: Call[] = [];
      const total = Math.round(plan.callsAnHour * HOURS * scale);
      for (let i = 0; i < total; i++) {
        const when = Math.floor(since + ((i + random.next()) / total) * HOURS * HOUR);
        const id = newId('call', when);
        const stage = deployment?.history.findLast((change) => change.at <= when)?.stage ?? null;
        const decided = decide(plan, stage, specialist, random);
        batch.push(callOf(plan, id, when, i, decided, random));
        calls++;
        if (decided.by !== 'llm') served.push(id);
        if (!deployment || stage === null) continue;
        const isCompared =
          stage === 'shadow' || (decided.by !== 'llm' && (stage === 'canary' || random.next() < AUDITED));
        if (!isCompared) continue;
        const isCorrect = !(plan.stages.some(([name]) => name === 'retired') && when > at(25)
          ? random.next() < 0.3
          : random.next() < 0.004);
        audits.push({
          callId: id,
          deploymentId: deployment.id,
          at: when,
          stage,
          correct: isCorrect,
          confidence: 0.9 + 0.1 * random.next(),
          probability: stage === 'live' ? AUDITED : 1,
          session: contentHash(`session ${id}`, 16),
          input: contentHash(`input ${id}`, 16),
        });
        if (decided.by === 'llm') continue;
        if (!isCorrect) differed.push(id);
        batch.push({
          ...callOf(
            plan,
            newId('call', when),
            when,
            i + (isCorrect ? 0 : 1),
            { by: 'llm', reason: 'audit', taskId: plan.id },
            random,
          ),
          request: batch.at(-1)!.request,
        });
      }
      const sealed = batch.map((call) => sealer.prepare(call).seal());
      for (let from = 0; from < sealed.length; from += 500) {
        const some = sealed.slice(from, from + 500);
        await store.addCalls(
          some.map(({ call }) => call),
          some.flatMap(({ parts }) => parts),
        );
      }
      if (!deployment) continue;
      await store.addAudits(audits);
      const counted = withCounts(deployment, audits);
      await store.putDeployment(counted, null);
      for (const [i, change] of counted.history.entries())
        events.push({
          id: newId('event', change.at),
          at: change.at,
          subject: deployment.id,
          kind: i === 0 ? 'specialist-deployed' : 'deployment-moved',
          detail: { from: counted.history[i - 1]?.stage ?? 'none', to: change.stage, reason: change.reason },
        });
    }
    const details = (await store.deployments()).find(({ taskId }) => taskId === 'task_details');
    events.push({
      id: newId('event', until - HOUR),
      at: until - HOUR,
      kind: 'coverage-fell',
      subject: details?.id ?? '',
      detail: {
        reason: '171 of the last 300 calls were served, where the exam promised 78 % (at least 73 %)',
      },
    });
    for (const job of jobsOf(since, until)) await store.addJob(job);
    for (const event of events.sort((a, b) => a.at - b.at)) await store.addEvent(event);
  } finally {
    await storage.close();
  }
  return { since, until, calls, served, differed };
}

/** A run that has ended, and one that is under way. */
