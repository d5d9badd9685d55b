/**
 * What a gateway counts, for Prometheus. Labels are what the program itself names (dialects, reasons, tasks, error codes), never
 * what a caller wrote: no model, no user, no key.
 * Does not: serve it (gateway/), or know prices.
 */
import type { CallUse } from '../core/access.ts';
import { ESCALATION_REASONS, type Served } from '../core/call.ts';
import type { ObservedCall, Observer, UpstreamEvent } from '../core/observe.ts';
import { createRegistry, type GaugeValue } from './registry.ts';

export interface MetricsSources {
  readonly version: string;
  /** US dollars; null where the model's price is not known. */
  readonly costOf: (use: CallUse) => number | null;
  /** Calls lost, by reason. */
  readonly lost: () => Readonly<Record<string, number>>;
  readonly inFlight: () => number;
  readonly bodyBytes: () => number;
  /** Bytes of the journal that are not drained yet; null where that is not known. */
  readonly journalBytes: () => number | null;
  /** Free space on the data folder's disk; null where that is not known. */
  readonly diskFreeBytes: () => number | null;
  /** By stage. */
  readonly deployments: () => ReadonlyMap<string, number>;
  /** Whether all of Understudy works. */
  readonly isWell: () => boolean;
}

export interface GatewayMetrics extends Observer {
  /** A specialist's answer was compared with the LLM's. */
  audited(deploymentId: string, correct: boolean): void;
  /** A request was refused, by the error's code. */
  refused(code: string): void;
  /** What happened at one of several upstream servers. */
  upstream(event: UpstreamEvent): void;
  text(): string;
}

/** Seconds. The overhead is below a millisecond where all is well. */
const OVERHEAD = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const LATENCY = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

const ESCALATIONS: ReadonlySet<string> = new Set(ESCALATION_REASONS);

export function gatewayMetrics(sources: MetricsSources): GatewayMetrics {
  const registry = createRegistry();
  const requests = registry.counter('understudy_requests_total', 'Requests that were answered.', [
    'dialect',
    'served_by',
    'reason',
    'status',
  ]);
  const escalations = registry.counter(
    'understudy_escalations_total',
    'Calls of a task with a specialist that were handed to the LLM.',
    ['task', 'reason'],
  );
  const overhead = registry.histogram(
    'understudy_overhead_seconds',
    'Time that Understudy adds to a call that the LLM answers: before it is asked, and after its answer.',
    OVERHEAD,
  );
  const latency = registry.histogram(
    'understudy_call_seconds',
    'Time of a call, from its arrival to its record.',
    LATENCY,
    ['served_by'],
  );
  const firstByte = registry.histogram(
    'understudy_upstream_first_byte_seconds',
    'Time from asking the LLM to the first byte of its answer.',
    LATENCY,
  );
  const tokens = registry.counter('understudy_tokens_total', 'Tokens of calls, as far as they are told.', [
    'served_by',
    'kind',
  ]);
  const spent = registry.counter(
    'understudy_llm_usd_total',
    'Dollars for calls that the LLM answered, audits left out.',
  );
  const audits = registry.counter(
    'understudy_audit_usd_total',
    'Dollars for asking the LLM as well, for audits.',
  );
  const saved = registry.counter(
    'understudy_saved_usd_total',
    'Dollars that the LLM would have cost for calls that specialists answered; audits are not taken off.',
  );
  const comparisons = registry.counter(
    'understudy_audits_total',
    'Comparisons of a specialist with the LLM.',
    ['deployment', 'correct'],
  );
  const refusals = registry.counter('understudy_refused_total', 'Requests that were not let in.', ['code']);
  const attempts = registry.counter(
    'understudy_upstream_attempts_total',
    'Calls sent to each of several upstream servers, by what came of them.',
    ['upstream', 'outcome'],
  );
  const again = registry.counter(
    'understudy_upstream_retries_total',
    'Calls that were sent once more: to the same server, or on to this one.',
    ['upstream', 'kind'],
  );
  const circuits = registry.counter(
    'understudy_upstream_circuit_total',
    'How often an upstream server came to be passed over, and back.',
    ['upstream', 'state'],
  );
  const one = (value: number | null): GaugeValue[] => (value === null ? [] : [[[], value]]);
  const { lost, deployments, version } = sources;
  registry.counted('understudy_lost_total', 'What was not recorded, by reason.', ['reason'], () =>
    Object.entries(lost()).map(([reason, count]) => [[reason], count]),
  );
  registry.gauge('understudy_deployments', 'Deployments by stage.', ['stage'], () =>
    [...deployments()].map(([stage, count]) => [[stage], count]),
  );
  registry.gauge('understudy_in_flight_requests', 'Requests under way.', [], () => one(sources.inFlight()));
  registry.gauge('understudy_body_bytes', 'Memory that bodies of calls under way hold.', [], () =>
    one(sources.bodyBytes()),
  );
  registry.gauge('understudy_journal_bytes', 'Recorded calls that are not in the store yet.', [], () =>
    one(sources.journalBytes()),
  );
  registry.gauge('understudy_disk_free_bytes', 'Free space where the data folder is.', [], () =>
    one(sources.diskFreeBytes()),
  );
  registry.gauge(
    'understudy_well',
    '1 where store, journal, disk, keys and models work; calls pass in any case.',
    [],
    () => one(sources.isWell() ? 1 : 0),
  );
  registry.gauge('process_resident_memory_bytes', 'Memory of the gateway’s process.', [], () =>
    one(process.memoryUsage.rss()),
  );
  registry.counted('process_cpu_seconds_total', 'Processor time of the gateway’s process.', [], () => {
    const { user, system } = process.cpuUsage();
    return one((user + system) / 1e6);
  });
  registry.gauge('understudy_build_info', 'The version that runs.', ['version'], () => [[[version], 1]]);

  const count = ({ served, response, request }: ObservedCall): void => {
    const usage = response?.usage;
    if (!usage) return;
    const by = servedBy(served);
    tokens.add(usage.promptTokens, by, 'prompt');
    tokens.add(usage.completionTokens, by, 'completion');
    tokens.add(usage.cachedTokens, by, 'cached');
    const model = request?.model ?? response?.model;
    const dollars = model === undefined ? null : sources.costOf({ ...usage, model, byLlm: true });
    if (dollars === null) return;
    if (by === 'specialist') saved.add(dollars);
    else if (by === 'audit') audits.add(dollars);
    else spent.add(dollars);
  };

  return {
    call: (call) => {
      const { served, status, times, doneAt, latencyMs } = call;
      const by = servedBy(served);
      requests.add(1, call.dialect, by, served.reason, `${Math.floor(status / 100)}xx`);
      latency.observe(latencyMs / 1000, by);
      if (served.taskId !== undefined && ESCALATIONS.has(served.reason))
        escalations.add(1, served.taskId, served.reason);
      if (times !== null && times.answered > 0 && by === 'llm') {
        overhead.observe((times.asked - times.read + doneAt - times.answered) / 1000);
        firstByte.observe((times.firstByte - times.asked) / 1000);
      }
      count(call);
    },
    passed: (status) => requests.add(1, 'none', 'llm', 'pass-through', `${Math.floor(status / 100)}xx`),
    audited: (deploymentId, correct) => comparisons.add(1, deploymentId, String(correct)),
    refused: (code) => refusals.add(1, code),
    upstream: (event) => {
      if (event.kind === 'attempt') attempts.add(1, event.upstream, event.outcome);
      else if (event.kind === 'again') again.add(1, event.upstream, event.isSame ? 'same' : 'other');
      else circuits.add(1, event.upstream, event.state);
    },
    text: registry.text,
  };
}

/** Which of a few: specialists have ids that come and go. */
function servedBy({ by, reason }: Served): 'llm' | 'specialist' | 'audit' {
  if (reason === 'audit') return 'audit';
  return by === 'llm' ? 'llm' : 'specialist';
}
