import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { ObservedCall } from '../core/observe.ts';
import { createAlerts } from './alerts.ts';
import { exporterSettings, traceExporter } from './exporter.ts';
import { gatewayMetrics } from './gateway-metrics.ts';
import { spanOf } from './spans.ts';

const SECRET = 'a word that only the caller said';

function observed(changes: Partial<ObservedCall> = {}): ObservedCall {
  return {
    callId: 'call_1',
    at: 1_000_000.5,
    dialect: 'openai-chat',
    status: 200,
    latencyMs: 20,
    doneAt: 130,
    isKept: true,
    served: { by: 'llm', reason: 'low-confidence', taskId: 'task_1' },
    times: { read: 100, asked: 101, firstByte: 111, answered: 129 },
    request: {
      model: 'gpt-test',
      tools: [],
      params: {},
      stream: true,
      responseFormat: null,
      messages: [
        { role: 'system', content: SECRET },
        { role: 'user', content: SECRET },
      ],
    } as unknown as ObservedCall['request'],
    response: {
      model: 'gpt-test-1',
      finishReason: 'stop',
      message: { role: 'assistant', content: SECRET },
      usage: { promptTokens: 10, completionTokens: 2, cachedTokens: 4 },
    },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ...changes,
  };
}

interface Collector {
  readonly url: string;
  readonly bodies: string[];
  readonly headers: (string | undefined)[];
  statuses: number[];
}

async function collector(t: TestContext): Promise<Collector> {
  const found: Collector = { url: '', bodies: [], headers: [], statuses: [] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      found.bodies.push(Buffer.concat(chunks).toString());
      found.headers.push(request.headers.authorization);
      response.writeHead(found.statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  return Object.assign(found, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

describe('a span', () => {
  it('follows the conventions for generative AI, and continues the caller’s trace', () => {
    const span = spanOf(observed(), { payloads: false });
    assert.equal(span?.name, 'chat gpt-test');
    assert.equal(span?.traceId, '0af7651916cd43dd8448eb211c80319c');
    assert.equal(span?.parentSpanId, 'b7ad6b7169203331');
    assert.equal(span?.startTimeUnixNano, '1000000500000');
    assert.equal(span?.endTimeUnixNano, '1000020500000');
    const values = Object.fromEntries(
      (span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]),
    );
    assert.deepEqual(values, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-test',
      'gen_ai.request.stream': true,
      'gen_ai.response.model': 'gpt-test-1',
      'gen_ai.response.finish_reasons': { values: [{ stringValue: 'stop' }] },
      'gen_ai.response.time_to_first_chunk': 0.01,
      'gen_ai.usage.input_tokens': '10',
      'gen_ai.usage.output_tokens': '2',
      'gen_ai.usage.cache_read.input_tokens': '4',
      'http.response.status_code': '200',
      'understudy.call_id': 'call_1',
      'understudy.served_by': 'llm',
      'understudy.reason': 'low-confidence',
      'understudy.task': 'task_1',
    });
  });

  it('holds no payload unless that is asked for', () => {
    assert.ok(!JSON.stringify(spanOf(observed(), { payloads: false })).includes(SECRET));
    assert.ok(JSON.stringify(spanOf(observed(), { payloads: true })).includes(SECRET));
  });

  it('is left out where the caller’s trace is not sampled, and begins a trace where there is none', () => {
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    assert.equal(spanOf(observed({ traceparent: parent }), { payloads: false }), null);
    for (const traceparent of ['', 'garbage', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`]) {
      const span = spanOf(observed({ traceparent }), { payloads: false });
      assert.match(span?.traceId ?? '', /^[\da-f]{32}$/);
      assert.equal(span?.parentSpanId, undefined);
    }
  });
});

describe('the exporter', () => {
  it('is off unless an endpoint is set', () => {
    assert.equal(exporterSettings({}, '1'), null);
    assert.equal(
      exporterSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_SDK_DISABLED: 'true' }, '1'),
      null,
    );
    const set = exporterSettings(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x,b=c',
      },
      '1',
    );
    assert.deepEqual(
      [set?.url, set?.headers],
      ['http://c:4318/v1/traces', { authorization: 'Bearer x', b: 'c' }],
    );
  });

  it('sends all spans in OTLP’s JSON, with its headers', async (t) => {
    const { url, bodies, headers } = await collector(t);
    const settings = exporterSettings(
      { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x' },
      '1.2.3',
    );
    const exporter = traceExporter(settings!, () => {});
    for (let i = 0; i < 700; i++) exporter.add(spanOf(observed(), { payloads: false })!);
    await exporter.close();
    const spans = bodies.flatMap((body) => {
      const [{ resource, scopeSpans }] = JSON.parse(body).resourceSpans;
      assert.equal(resource.attributes[0].value.stringValue, 'understudy');
      return scopeSpans[0].spans;
    });
    assert.equal(spans.length, 700);
    assert.deepEqual([...new Set(headers)], ['Bearer x']);
    assert.deepEqual(exporter.counts, { sent: 700, dropped: 0 });
  });

  it('drops what is over its memory or is not taken, counts it, and says so once', async (t) => {
    const { url } = await collector(t);
    const lines: string[] = [];
    const settings = exporterSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, '1');
    const exporter = traceExporter({ ...settings!, url: 'http://127.0.0.1:9/v1/traces' }, (line) =>
      lines.push(line),
    );
    for (let i = 0; i < 5000; i++) exporter.add(spanOf(observed(), { payloads: false })!);
    await exporter.close();
    assert.deepEqual(exporter.counts, { sent: 0, dropped: 5000 });
    assert.equal(lines.length, 1);
  });
});

describe('metrics of a gateway', () => {
  const metrics = () =>
    gatewayMetrics({
      version: '1',
      costOf: ({ promptTokens }) => promptTokens,
      lost: () => ({ 'not-recorded': 3 }),
      inFlight: () => 1,
      bodyBytes: () => 2,
      journalBytes: () => null,
      diskFreeBytes: () => 5,
      deployments: () => new Map([['live', 1]]),
      isWell: () => true,
    });

  it('count calls, escalations, overhead, and dollars spent and saved', () => {
    const counted = metrics();
    counted.call(observed());
    counted.call(observed({ served: { by: 'spec_9', reason: 'confident', taskId: 'task_1' }, times: null }));
    counted.call(observed({ served: { by: 'llm', reason: 'audit', taskId: 'task_1' }, times: null }));
    counted.audited('depl_1', false);
    const text = counted.text();
    for (const line of [
      'understudy_requests_total{dialect="openai-chat",served_by="llm",reason="low-confidence",status="2xx"} 1',
      'understudy_requests_total{dialect="openai-chat",served_by="specialist",reason="confident",status="2xx"} 1',
      'understudy_escalations_total{task="task_1",reason="low-confidence"} 1',
      'understudy_overhead_seconds_bucket{le="0.0025"} 1',
      'understudy_overhead_seconds_count 1',
      'understudy_saved_usd_total 10',
      'understudy_llm_usd_total 10',
      'understudy_audit_usd_total 10',
      'understudy_audits_total{deployment="depl_1",correct="false"} 1',
      'understudy_lost_total{reason="not-recorded"} 3',
      'understudy_deployments{stage="live"} 1',
    ])
      assert.ok(text.includes(`${line}\n`), `${line}\n${text}`);
  });

  it('hold nothing that a caller wrote', () => {
    const counted = metrics();
    counted.call(observed());
    const text = counted.text();
    for (const written of [SECRET, 'gpt-test', 'call_1', '0af7651916cd43dd8448eb211c80319c'])
      assert.ok(!text.includes(written), written);
  });
});

describe('alerts', () => {
  const alert = { kind: 'disk-low', subject: 'disk', message: 'a < b & c', at: 0 };

  it('are posted as JSON, and to Slack as a text', async (t) => {
    const { url, bodies } = await collector(t);
    const webhooks = [
      { url, format: 'json' as const },
      { url, format: 'slack' as const },
    ];
    const alerts = createAlerts({
      settings: () => ({ webhooks, perHour: 5 }),
      now: () => 0,
      log: () => {},
    });
    alerts.raise(alert);
    await alerts.close();
    assert.deepEqual(
      bodies.map((body) => JSON.parse(body)).sort((a, b) => Object.keys(a).length - Object.keys(b).length),
      [
        { text: 'Understudy: a &lt; b &amp; c' },
        {
          source: 'understudy',
          kind: 'disk-low',
          subject: 'disk',
          message: 'a < b & c',
          held: 0,
          at: '1970-01-01T00:00:00.000Z',
        },
      ],
    );
  });

  it('carry links that a person can follow, which are not logged', async (t) => {
    const { url, bodies } = await collector(t);
    const webhooks = [
      { url, format: 'json' as const },
      { url, format: 'slack' as const },
    ];
    const lines: string[] = [];
    const settings = () => ({ webhooks, perHour: 5 });
    const alerts = createAlerts({ settings, now: () => 0, log: (line) => lines.push(line) });
    const links = [{ action: 'approve', label: 'Approve', url: 'https://u.example/decide?a=1&b=2' }];
    alerts.raise({ ...alert, links });
    await alerts.close();
    const told = bodies.map((body) => JSON.parse(body));
    assert.deepEqual(told.find((body) => body.links)?.links, { approve: 'https://u.example/decide?a=1&b=2' });
    const slack = told.find((body) => body.text);
    assert.equal(slack?.unfurl_links, false);
    assert.ok(slack?.text.endsWith('\n<https://u.example/decide?a=1&amp;b=2|Approve>'));
    assert.deepEqual(lines, []);
  });

  it('are tried again where the webhook is out of order, and not where it says no', async (t) => {
    const found = await collector(t);
    const waits: number[] = [];
    const options = {
      perHour: 5,
      now: () => 0,
      log: () => {},
      wait: async (ms: number) => void waits.push(ms),
    };
    const webhooks = [{ url: found.url, format: 'json' as const }];
    found.statuses = [500, 429, 200];
    const alerts = createAlerts({ settings: () => ({ webhooks, perHour: 5 }), ...options });
    alerts.raise(alert);
    while (alerts.counts.sent + alerts.counts.failed < 1)
      await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(waits, [2000, 4000]);
    found.statuses = [404];
    alerts.raise(alert);
    await alerts.close();
    assert.deepEqual(alerts.counts, { sent: 1, failed: 1, held: 0 });
    assert.equal(found.bodies.length, 4);
  });

  it('are at most so many an hour; the next one says how many were held back', async (t) => {
    const { url, bodies } = await collector(t);
    const clock = { now: 0 };
    const webhooks = [{ url, format: 'json' as const }];
    const alerts = createAlerts({
      settings: () => ({ webhooks, perHour: 2 }),
      now: () => clock.now,
      log: () => {},
    });
    for (let i = 0; i < 7; i++) alerts.raise(alert);
    clock.now = 3600_000;
    alerts.raise(alert);
    await alerts.close();
    assert.deepEqual(bodies.map((body) => JSON.parse(body).held).sort(), [0, 0, 5]);
  });

  it('wait an hour at most and are no more than so many, however far the clock is set back', async (t) => {
    const { url } = await collector(t);
    const clock = { now: 40 * 24 * 3600_000 };
    const waits: number[] = [];
    const alerts = createAlerts({
      settings: () => ({ webhooks: [{ url, format: 'json' }], perHour: 2 }),
      now: () => clock.now,
      log: () => {},
      after: (ms) => {
        waits.push(ms);
        return () => {};
      },
    });
    alerts.raise(alert);
    alerts.raise(alert);
    clock.now = 0;
    alerts.raise(alert);
    assert.deepEqual([waits, alerts.counts.held], [[3600_000], 1]);
    clock.now = 3600_000;
    alerts.raise(alert);
    await alerts.close();
    assert.deepEqual([alerts.counts.sent, alerts.counts.held], [3, 1]);
  });

  it('say how many of those held back had links, and where to decide, with the next one or by themselves', async (t) => {
    for (const isNext of [true, false]) {
      const { url, bodies } = await collector(t);
      const clock = { now: 0 };
      const timers: { readonly ms: number; readonly then: () => void }[] = [];
      const lines: string[] = [];
      const alerts = createAlerts({
        settings: () => ({
          webhooks: [
            { url, format: 'slack' },
            { url, format: 'json' },
          ],
          perHour: 1,
        }),
        now: () => clock.now,
        log: (line) => lines.push(line),
        after: (ms, then) => {
          const timer = { ms, then };
          timers.push(timer);
          return () => void timers.splice(timers.indexOf(timer), 1);
        },
      });
      const links = [{ action: 'approve', label: 'Approve', url: 'https://u.example/decide' }];
      alerts.raise(alert);
      clock.now = 1000;
      alerts.raise({ ...alert, links });
      alerts.raise(alert);
      assert.deepEqual(
        timers.map(({ ms }) => ms),
        [3600_000 - 1000],
      );
      assert.match(lines.join('\n'), /^alerts: more than 1 within an hour[^\n]*$/);
      clock.now = 3600_000;
      if (isNext) alerts.raise(alert);
      else timers[0]!.then();
      await alerts.close();
      assert.equal(timers.length, 0);
      const told = bodies
        .map((body) => JSON.parse(body))
        .filter(({ text, held }) => held === 2 || /held/.test(text));
      assert.equal(told.length, 2);
      const slack = told.find(({ text }) => text);
      assert.match(
        slack.text,
        /2 (?:more|alerts) were held back, 1 of them with links to decide: `understudy status`/,
      );
      assert.equal(slack.text.match(/held back/g).length, 1);
      const json = told.find(({ held }) => held);
      assert.deepEqual([json.kind, json.heldDecisions], [isNext ? 'disk-low' : 'alerts-held', 1]);
    }
  });
});
