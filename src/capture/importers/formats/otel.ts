/**
 * OpenTelemetry traces: OTLP as JSON (a batch of spans a record, as the collector's file exporter writes them) or
 * spans one by one (console exporters, Phoenix). Spans of a model's call are calls; the conversation is the session,
 * else the trace. Does not: read the messages themselves (otel-messages.ts).
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import { completionOf, exchange } from '../exchange.ts';
import { between, objectOf, opened } from '../fields.ts';
import {
  type ImportedCall,
  type Importer,
  type ReadRecord,
  type RecordContext,
  singleRecords,
} from '../importer.ts';
import { settingsOf } from '../input-output.ts';
import { sessionOf } from '../sessions.ts';
import { type Attributes, attributesOf, numberAt, textAt } from './otel-attributes.ts';
import { type SpanEvent, type SpanMessages, spanMessages } from './otel-messages.ts';

export const otel: Importer = {
  name: 'opentelemetry',
  looks: '{"resourceSpans": […]} or {"spanId": …, "attributes": …}',
  detect: (record) =>
    isObject(record) &&
    (BATCHES.some((name) => Array.isArray(record[name])) ||
      ((Array.isArray(record.attributes) || isObject(record.attributes)) &&
        ('spanId' in record || 'span_id' in record || isObject(record.context) || 'span_kind' in record))),
  begin: () => singleRecords(read),
};

const BATCHES = [
  'resourceSpans',
  'scopeSpans',
  'instrumentationLibrarySpans',
  'resourceLogs',
  'scopeLogs',
  'resourceMetrics',
  'scopeMetrics',
] as const;
const NO_MODEL = 'not a span of a model';

function read(record: Json, context: RecordContext): ReadRecord {
  if (!isObject(record)) return { skipped: 'no span' };
  if (!BATCHES.some((name) => Array.isArray(record[name]))) return spanCall(record, context);
  const calls: ImportedCall[] = [];
  let why = 'no spans';
  for (const span of spansOf(record)) {
    const read = spanCall(span, context);
    if ('calls' in read) calls.push(...read.calls);
    // Most spans of a batch are others; a model's span that could not be read is worth telling.
    else if (read.skipped !== NO_MODEL || why === 'no spans') why = read.skipped;
  }
  if (calls.length > 0) return { calls };
  return { skipped: 'resourceLogs' in record || 'scopeLogs' in record ? 'logs without their spans' : why };
}

function* spansOf(record: JsonObject): Generator<JsonObject> {
  const lists = ['resourceSpans', 'scopeSpans', 'instrumentationLibrarySpans'] as const;
  for (const name of lists) {
    const list = record[name];
    for (const each of Array.isArray(list) ? list : []) if (isObject(each)) yield* spansOf(each);
  }
  for (const span of Array.isArray(record.spans) ? record.spans : []) if (isObject(span)) yield span;
}

/** Spans around models' calls, which repeat their messages. */
function isOther(attributes: Attributes, span: JsonObject): boolean {
  const operation = textAt(attributes, 'gen_ai.operation.name');
  if (
    operation !== null &&
    !/^(?:chat|text_completion|completion|generate_content|message)s?$/.test(operation)
  )
    return true;
  const kind =
    textAt(attributes, 'openinference.span.kind') ??
    (typeof span.span_kind === 'string' ? span.span_kind : null);
  if (
    kind !== null &&
    kind !== 'LLM' &&
    !/^(?:SPAN_KIND_)?(?:INTERNAL|CLIENT|SERVER|UNSPECIFIED)$/i.test(kind)
  )
    return true;
  if (attributes.has('traceloop.span.kind')) return true;
  const vercel = textAt(attributes, 'ai.operationId');
  return vercel !== null && !/\.do(?:Generate|Stream)$/.test(vercel);
}

function spanCall(span: JsonObject, context: RecordContext): ReadRecord {
  const attributes = attributesOf(span.attributes);
  if (isOther(attributes, span)) return { skipped: NO_MODEL };
  const events = (Array.isArray(span.events) ? span.events : []).flatMap((event): SpanEvent[] =>
    isObject(event) && typeof event.name === 'string'
      ? [{ name: event.name, attributes: attributesOf(event.attributes) }]
      : [],
  );
  const found = spanMessages(attributes, events);
  if (found === null) {
    const isModel = [...attributes.keys()].some((name) => /^(?:gen_ai\.|llm\.)/.test(name));
    return { skipped: isModel ? 'a span of a model without messages' : NO_MODEL };
  }
  const at = context.time(...timesOf(span, 'start'));
  const status = isObject(span.status) ? (span.status.code ?? span.status.status_code) : span.status_code;
  const failed = status === 2 || (typeof status === 'string' && /error$/i.test(status));
  const model =
    textAt(attributes, 'gen_ai.request.model', 'gen_ai.response.model', 'llm.model_name', 'ai.model.id') ??
    null;
  const scope = isObject(span.context) ? span.context : {};
  return exchange(
    {
      at,
      sessionId: sessionOf(Object.fromEntries(attributes), {
        trace_id: span.traceId ?? span.trace_id ?? scope.trace_id ?? null,
      }),
      tags: {},
      status: failed && found.answer === null ? 500 : null,
      latencyMs: between(at, context.time(...timesOf(span, 'end'))),
    },
    {
      ...requestSettings(attributes),
      ...(model === null ? {} : { model }),
      ...(found.tools.length > 0 ? { tools: [...found.tools] } : {}),
      messages: [...found.messages],
    },
    failed && found.answer === null ? null : answerOf(found, attributes),
  );
}

function timesOf(span: JsonObject, which: 'start' | 'end'): (Json | undefined)[] {
  const given = span[`${which}Time`];
  // The JavaScript console exporter writes [seconds, nanoseconds].
  const pair =
    Array.isArray(given) && typeof given[0] === 'number' ? given[0] + Number(given[1] ?? 0) / 1e9 : given;
  return [
    span[`${which}TimeUnixNano`],
    span[`${which}_time_unix_nano`],
    span[`${which}_time`],
    pair,
    span.timestamp,
  ];
}

function answerOf(found: SpanMessages, attributes: Attributes): JsonObject | undefined {
  const { answer } = found;
  if (answer === null) return undefined;
  if (Array.isArray(answer.choices)) return answer;
  const all = opened(attributes.get('gen_ai.response.finish_reasons'));
  const reason = found.finishReason ?? (Array.isArray(all) ? all[0] : all);
  const prompt = numberAt(
    attributes,
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.prompt_tokens',
    'llm.token_count.prompt',
    'llm.usage.prompt_tokens',
    'ai.usage.promptTokens',
  );
  const completion = numberAt(
    attributes,
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.completion_tokens',
    'llm.token_count.completion',
    'llm.usage.completion_tokens',
    'ai.usage.completionTokens',
  );
  const cached = numberAt(
    attributes,
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'llm.token_count.prompt_details.cache_read',
  );
  const model = textAt(attributes, 'gen_ai.response.model');
  return completionOf(answer, {
    ...(model === null ? {} : { model }),
    finishReason: typeof reason === 'string' ? reason : null,
    ...(prompt === null && completion === null
      ? {}
      : {
          usage: {
            prompt_tokens: prompt ?? 0,
            completion_tokens: completion ?? 0,
            ...(cached === null ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
          },
        }),
  });
}

/** Settings by their wire names, from `gen_ai.request.*` or OpenInference's text of them. */
function requestSettings(attributes: Attributes): JsonObject {
  const settings: JsonObject = {
    ...settingsOf(objectOf(attributes.get('llm.invocation_parameters')) ?? undefined),
  };
  for (const name of [
    'temperature',
    'top_p',
    'max_tokens',
    'seed',
    'presence_penalty',
    'frequency_penalty',
  ]) {
    const value = numberAt(attributes, `gen_ai.request.${name}`);
    if (value !== null) settings[name] = value;
  }
  const stop = attributes.get('gen_ai.request.stop_sequences');
  if (Array.isArray(stop) && stop.length > 0) settings.stop = stop;
  const { messages: _, tools: __, ...rest } = settings;
  return rest;
}
