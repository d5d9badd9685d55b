/** What a gateway tells the outside, joined: metrics always, traces and alerts where they are configured. */
import type { CallUse } from '../core/access.ts';
import type { Config } from '../core/config.ts';
import type { ObservedCall, Observer, UpstreamEvent } from '../core/observe.ts';
import { type Alerts, createAlerts } from '../telemetry/alerts.ts';
import { exporterSettings, traceExporter } from '../telemetry/exporter.ts';
import { type GatewayMetrics, gatewayMetrics, type MetricsSources } from '../telemetry/gateway-metrics.ts';
import { spanOf } from '../telemetry/spans.ts';

export interface Telemetry {
  readonly observer: Observer;
  readonly metrics: GatewayMetrics;
  readonly alerts: Alerts;
  /** What happens at several upstream servers. */
  readonly upstream: (event: UpstreamEvent) => void;
  close(): Promise<void>;
}

export function openTelemetry(options: {
  /** As it is at the time. */
  readonly config: () => Pick<Config, 'telemetry' | 'alerts'>;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly costOf: (use: CallUse) => number | null;
  readonly sources: Omit<MetricsSources, 'version' | 'costOf'>;
  readonly log: (line: string) => void;
  readonly now: () => number;
}): Telemetry {
  const { config, env, version, costOf, sources, log, now } = options;
  const metrics = gatewayMetrics({ ...sources, version, costOf });
  const alerts = createAlerts({ settings: () => config().alerts, now, log });
  const settings = exporterSettings(env, version);
  const exporter = settings && traceExporter(settings, log);
  const call = (observed: ObservedCall): void => {
    metrics.call(observed);
    const span = exporter && spanOf(observed, config().telemetry);
    if (span) exporter?.add(span);
  };
  return {
    metrics,
    alerts,
    observer: { call, passed: metrics.passed },
    upstream: (event) => {
      metrics.upstream(event);
      if (event.kind !== 'circuit') return;
      const { upstream: subject, state, failures } = event;
      log(`upstream-${state} ${JSON.stringify({ upstream: subject, failures })}`);
      if (state !== 'open') return;
      const message = `The upstream ${subject} failed ${failures} times in a row; calls go to others, where there are any.`;
      alerts.raise({ kind: 'upstream-down', subject, message, at: now() });
    },
    close: async () => {
      await Promise.all([exporter?.close(), alerts.close()]);
    },
  };
}
