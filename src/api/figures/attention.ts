/** What needs a person now, and what one may want to know, the most urgent first. From the record alone. */
import { isInService } from '../../core/deployment.ts';
import type { ListedEvent } from '../../core/figures.ts';
import type { GatewayUpstream } from '../../core/observe.ts';
import type { JournalState } from '../../core/status-report.ts';
import type { Attention } from '../schemas/overview.ts';
import type { TaskRecord } from './tasks.ts';

export interface AttentionInput {
  readonly records: readonly TaskRecord[];
  /** Alarms of the range, newest first. */
  readonly alarms: readonly ListedEvent[];
  readonly lost: Readonly<Record<string, number>>;
  readonly journal: JournalState;
  readonly unpriced: readonly string[];
  readonly upstreams: readonly GatewayUpstream[];
}

const ORDER: readonly Attention['severity'][] = ['act', 'look', 'know'];
const RELEARN = 'Learn it anew with `understudy learn`, or leave its calls with the LLM.';

export function attentionOf(input: AttentionInput): Attention[] {
  const { records, alarms, lost, journal, unpriced, upstreams } = input;
  const found: Attention[] = records.flatMap((record) => [
    ...taskItems(record),
    ...alarmItems(record, alarms),
  ]);
  const lostCalls = Object.entries(lost).filter(([, count]) => count > 0);
  if (lostCalls.length > 0)
    found.push({
      id: 'lost',
      severity: 'look',
      taskId: null,
      at: null,
      title: `${lostCalls.reduce((sum, [, count]) => sum + count, 0)} answered calls are not on record`,
      detail: lostCalls.map(([reason, count]) => `${reason}: ${count}`).join(', '),
      advice: 'Agents got their answers. `understudy doctor` looks at the data folder.',
    });
  if (journal.quarantine.segments > 0)
    found.push({
      id: 'quarantine',
      severity: 'look',
      taskId: null,
      at: null,
      title: `${journal.quarantine.segments} segments of the journal could not be read`,
      detail: 'They were set aside whole; what could be read of them is in the store.',
      advice: '`understudy doctor` says where they are.',
    });
  for (const { name, state, since, failures } of upstreams) {
    if (state === 'closed') continue;
    found.push({
      id: `upstream-${name}`,
      severity: 'look',
      taskId: null,
      at: since,
      title: `The upstream ${name} is passed over`,
      detail: `It failed ${failures} times in a row; calls go to others, where there are any.`,
      advice: 'One call is let through now and then to see whether it is back. Look at its provider.',
    });
  }
  if (unpriced.length > 0)
    found.push({
      id: 'unpriced',
      severity: 'know',
      taskId: null,
      at: null,
      title: 'Some models have no price',
      detail: `Calls to ${unpriced.slice(0, 3).join(', ')}${unpriced.length > 3 ? ', …' : ''} count as $0.`,
      advice: 'Give their prices in the configuration, under `prices`.',
    });
  return found.sort(
    (a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || (b.at ?? 0) - (a.at ?? 0),
  );
}

function taskItems(record: TaskRecord): Attention[] {
  const { task, proposal, stopped } = record;
  // Nobody has to do anything about what is left alone.
  if (task.excluded) return [];
  const waiting: Attention[] =
    proposal === null
      ? []
      : [
          {
            id: `proposed-${proposal.id}`,
            severity: 'act',
            taskId: task.id,
            at: proposal.history.at(-1)?.at ?? null,
            title: `${task.name} waits for approval`,
            detail: proposal.history.at(-1)?.reason ?? '',
            advice: 'Approve or reject it on its page, or by `understudy approve`.',
          },
        ];
  if (stopped === null) return [...waiting, ...deploymentItems(record)];
  return [
    ...waiting,
    {
      id: `stopped-${task.id}`,
      severity: 'look',
      taskId: task.id,
      at: stopped.at,
      title: `${task.name} is stopped`,
      detail: `By ${stopped.by}${stopped.reason === '' ? '' : `: ${stopped.reason}`}. Its calls go to the LLM.`,
      advice: 'Let it go on from its page, or by `understudy resume`.',
    },
  ];
}

function deploymentItems({ task, deployment, specialist }: TaskRecord): Attention[] {
  const last = deployment?.history.at(-1);
  const about = { taskId: task.id, at: last?.at ?? null };
  if (deployment?.stage === 'suspended')
    return [
      {
        ...about,
        id: `suspended-${deployment.id}`,
        severity: 'act',
        title: `${task.name} is suspended`,
        detail: `${last?.reason}. Its calls go to the LLM.`,
        advice: RELEARN,
      },
    ];
  if (deployment?.stage === 'retired' && specialist?.id === deployment.specialistId)
    return [
      {
        ...about,
        id: `retired-${deployment.id}`,
        severity: 'act',
        title: `${task.name} was withdrawn`,
        detail: `${last?.reason}. Its calls go to the LLM.`,
        advice: RELEARN,
      },
    ];
  const refused = deployment === null && specialist !== null && !specialist.evidence.gate.passed;
  if (refused) {
    const more = specialist.evidence.gate.moreCalls;
    return [
      {
        ...about,
        id: `refused-${task.id}`,
        severity: 'know',
        title: `${task.name} did not pass the gate`,
        detail: specialist.evidence.gate.reason,
        advice:
          more === null
            ? 'More calls alone would not help; corrections and clearer labels may.'
            : `About ${more} more calls would do at this quality.`,
      },
    ];
  }
  return [];
}

/** The newest alarm of each kind on a deployment that still serves. */
function alarmItems({ task, deployment }: TaskRecord, alarms: readonly ListedEvent[]): Attention[] {
  if (deployment === null || !isInService(deployment.stage)) return [];
  const titles: Readonly<Record<string, string>> = {
    'coverage-fell': `${task.name} serves less than was promised`,
    'inputs-unfamiliar': `${task.name} gets calls that it did not learn from`,
    'llm-renamed': `the LLM behind ${task.name} has another name`,
    'llm-answers-changed': `the LLM behind ${task.name} answers otherwise than before`,
    'agreement-fell': `${task.name} agrees less with the LLM where it is unsure`,
  };
  return Object.entries(titles).flatMap(([kind, title]) => {
    const alarm = alarms.find((each) => each.kind === kind && each.subject === deployment.id);
    if (!alarm) return [];
    return [
      {
        id: alarm.id,
        severity: 'look' as const,
        taskId: task.id,
        at: alarm.at,
        title,
        detail: String(alarm.detail.reason ?? ''),
        advice: 'Nothing wrong is served: such calls go to the LLM. `understudy learn` learns the new ones.',
      },
    ];
  });
}
