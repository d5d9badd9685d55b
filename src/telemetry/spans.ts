/**
 * A call as a span of OpenTelemetry, by the conventions for generative AI (semantic-conventions-genai 0.1.0), in OTLP's JSON.
 * Payloads are in it only where that is asked for.
 * Does not: send it (exporter.ts).
 */
import { randomBytes } from 'node:crypto';
import type { ObservedCall } from '../core/observe.ts';

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code: number; readonly message?: string };
}

type Value =
  | { readonly stringValue: string }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly boolValue: boolean }
  | { readonly arrayValue: { readonly values: readonly Value[] } };

export interface Attribute {
  readonly key: string;
  readonly value: Value;
}

const CLIENT = 3;
const STATUS_ERROR = 2;
const STATUS_UNSET = 0;

/** Null where the caller's trace says that it is not sampled. */
export function spanOf(call: ObservedCall, options: { readonly payloads: boolean }): Span | null {
  const parent = parentOf(call.traceparent);
  if (parent !== null && !parent.isSampled) return null;
  const { request, response, served, status, times } = call;
  const model = request?.model ?? response?.model ?? '';
  const attributes: Attribute[] = [];
  const add = (key: string, value: string | number | boolean | null | undefined): void => {
    if (value === null || value === undefined || value === '') return;
    attributes.push({ key, value: attributeValue(value) });
  };
  add('gen_ai.operation.name', 'chat');
  add('gen_ai.provider.name', providerOf(call));
  add('gen_ai.request.model', model);
  add('gen_ai.request.stream', request?.stream);
  add('gen_ai.response.model', response?.model);
  if (response?.finishReason) {
    attributes.push({
      key: 'gen_ai.response.finish_reasons',
      value: { arrayValue: { values: [{ stringValue: response.finishReason }] } },
    });
  }
  if (times !== null && times.firstByte > 0) {
    attributes.push({
      key: 'gen_ai.response.time_to_first_chunk',
      value: { doubleValue: (times.firstByte - times.asked) / 1000 },
    });
  }
  add('gen_ai.usage.input_tokens', response?.usage?.promptTokens);
  add('gen_ai.usage.output_tokens', response?.usage?.completionTokens);
  add('gen_ai.usage.cache_read.input_tokens', response?.usage?.cachedTokens);
  add('http.response.status_code', status);
  add('understudy.call_id', call.callId);
  add('understudy.served_by', served.by);
  add('understudy.reason', served.reason);
  add('understudy.task', served.taskId);
  if (served.confidence !== undefined)
    attributes.push({ key: 'understudy.confidence', value: { doubleValue: served.confidence } });
  if (options.payloads && call.isKept && request !== null) {
    const system = request.messages.filter(({ role }) => role === 'system');
    add('gen_ai.system_instructions', system.length > 0 ? JSON.stringify(system) : null);
    add('gen_ai.input.messages', JSON.stringify(request.messages.filter(({ role }) => role !== 'system')));
    add('gen_ai.tool.definitions', request.tools.length > 0 ? JSON.stringify(request.tools) : null);
    add('gen_ai.output.messages', response === null ? null : JSON.stringify([response.message]));
  }
  const isError = status >= 400;
  if (isError) add('error.type', String(status));
  return {
    traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    ...(parent === null ? {} : { parentSpanId: parent.spanId }),
    name: model === '' ? 'chat' : `chat ${model}`,
    kind: CLIENT,
    startTimeUnixNano: nanoseconds(call.at),
    endTimeUnixNano: nanoseconds(call.at + call.latencyMs),
    attributes,
    status: isError ? { code: STATUS_ERROR, message: String(status) } : { code: STATUS_UNSET },
  };
}

/** What the client's header of W3C Trace Context says (section 3.2.2); null where it says nothing valid. */
function parentOf(header: string): { traceId: string; spanId: string; isSampled: boolean } | null {
  const match = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-|$)/.exec(header);
  const [, traceId = '', spanId = '', flags = ''] = match ?? [];
  if (match === null || header.startsWith('ff') || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

function providerOf({ served, dialect }: ObservedCall): string {
  if (served.by !== 'llm') return 'understudy';
  return dialect.startsWith('anthropic') ? 'anthropic' : 'openai';
}

function attributeValue(value: string | number | boolean): Value {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return { intValue: String(Math.round(value)) };
}

/** 64-bit integers are strings in OTLP's JSON. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}
