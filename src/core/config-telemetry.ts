/** The parts of the configuration about what is told to the outside: traces, alerts. */
import { z } from 'zod';

export const telemetrySchema = z
  .strictObject({
    payloads: z
      .boolean()
      .default(false)
      .describe(
        'Whether traces hold what agents and models said, as it was sent, personal data included. Traces are sent only where OTEL_EXPORTER_OTLP_ENDPOINT is set; see observing.md.',
      ),
  })
  .prefault({});

export const alertsSchema = z
  .strictObject({
    webhooks: z
      .array(
        z.strictObject({
          url: z
            .url({ protocol: /^https?$/ })
            .describe('Where alerts are posted; best filled in from the environment.'),
          format: z
            .enum(['json', 'slack'])
            .default('json')
            .describe('slack: for an incoming webhook of Slack.'),
        }),
      )
      .default([])
      .describe(
        'Who is told when something needs a person: a rollback, lost calls, a full disk. See observing.md.',
      ),
    perHour: z
      .int()
      .positive()
      .default(20)
      .describe('Alerts an hour and webhook; what comes on top is counted in the next one.'),
  })
  .prefault({});
