/**
 * Langfuse's observations: rows of its blob storage export (snake_case, input and output as text), of the API and of
 * the export from its tables (camelCase), and traces with their observations within. Generations are calls.
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import { exchange } from '../exchange.ts';
import { between, numberOf, objectOf, opened, tagsOf, textOf } from '../fields.ts';
import {
  type ImportedCall,
  type Importer,
  type ReadRecord,
  type RecordContext,
  singleRecords,
} from '../importer.ts';
import { answerOf, bodyOf, settingsOf } from '../input-output.ts';
import { toolCall } from '../messages.ts';
import { sessionOf } from '../sessions.ts';

/** Other kinds of observations, which no model answered. */
const OTHER_TYPES = /^(?:span|event|agent|tool|chain|retriever|evaluator|embedding|guardrail)$/i;

export const langfuse: Importer = {
  name: 'langfuse',
  looks: '{"type": "GENERATION", "traceId": …, "startTime": …, "input": …, "output": …}',
  detect: (record) =>
    isObject(record) &&
    (Array.isArray(record.observations)
      ? 'id' in record
      : ('traceId' in record || 'trace_id' in record) &&
        ('startTime' in record || 'start_time' in record) &&
        (typeof record.type === 'string' || 'input' in record || 'output' in record) &&
        !('call_type' in record || 'run_type' in record || 'attributes' in record || 'messages' in record)),
  begin: () => singleRecords(read),
};

function read(record: Json, context: RecordContext): ReadRecord {
  if (!isObject(record)) return { skipped: 'no observation' };
  if (!Array.isArray(record.observations)) return observation(record, {}, context);
  // A trace: its generations, in its session.
  const calls: ImportedCall[] = [];
  let why = 'a trace without generations';
  for (const each of record.observations) {
    const read = isObject(each) ? observation(each, record, context) : { skipped: why };
    if ('calls' in read) calls.push(...read.calls);
    else if (read.skipped !== NO_GENERATION) why = read.skipped;
  }
  return calls.length > 0 ? { calls } : { skipped: why };
}

const NO_GENERATION = 'not a generation';

function observation(record: JsonObject, trace: JsonObject, context: RecordContext): ReadRecord {
  const type = textOf(record, ['type', 'observation_type', 'observationType']);
  if (type !== null && OTHER_TYPES.test(type)) return { skipped: NO_GENERATION };
  const body = bodyOf(record.input);
  if (body === null) return { skipped: 'input holds no messages' };
  const model = textOf(record, [
    'model',
    'provided_model_name',
    'providedModelName',
    'modelName',
    'internalModel',
  ]);
  const metadata = objectOf(record.metadata) ?? {};
  const tools = toolsOf(record.tool_definitions ?? record.toolDefinitions);
  const usage = usageOf(record);
  const answer = answerOf(outputOf(record), {
    ...(model === null ? {} : { model }),
    ...(usage === null ? {} : { usage }),
  });
  const at = context.time(record.startTime, record.start_time);
  const failed = record.level === 'ERROR';
  return exchange(
    {
      at,
      sessionId: sessionOf(record, trace, metadata, objectOf(trace.metadata) ?? undefined, {
        trace_id: trace.id ?? null,
      }),
      tags: tagsOf(metadata),
      status: failed && answer === undefined ? 500 : null,
      latencyMs: between(at, context.time(record.endTime, record.end_time)),
    },
    {
      ...(tools.length > 0 ? { tools } : {}),
      ...settingsOf(record.modelParameters ?? record.model_parameters),
      ...body,
      ...(model === null ? {} : { model }),
    },
    failed && answer === undefined ? null : answer,
  );
}

/** The output, with the calls that newer exports hold beside it; {content} alone is a message. */
function outputOf(record: JsonObject): Json | undefined {
  const { output } = record;
  const given = opened(output);
  const calls = opened(record.tool_calls ?? record.toolCalls);
  const list = (Array.isArray(calls) ? calls : []).map((call) => opened(call) ?? null).filter(isObject);
  const fields = isObject(given) ? Object.keys(given) : [];
  const isMessage = fields.includes('content') && fields.every((name) => MESSAGE_FIELDS.has(name));
  if (isMessage && isObject(given)) {
    const own = Array.isArray(given.tool_calls) && given.tool_calls.length > 0;
    return {
      ...given,
      role: 'assistant',
      ...(own || list.length === 0 ? {} : { tool_calls: list.map(toolCall) }),
    };
  }
  const isText = given === undefined || given === null || typeof given === 'string';
  if (list.length === 0 || !isText) return output;
  return { role: 'assistant', content: given ?? '', tool_calls: list.map(toolCall) };
}

const MESSAGE_FIELDS = new Set([
  'role',
  'content',
  'tool_calls',
  'function_call',
  'refusal',
  'annotations',
  'audio',
  'name',
  'id',
]);

/** Definitions of tools: a list, or an object by name, each whole or as JSON text. */
function toolsOf(value: Json | undefined): Json[] {
  const whole = objectOf(value);
  const list = Array.isArray(value)
    ? value.map((each) => objectOf(each))
    : Object.entries(whole ?? {}).map(([name, each]): JsonObject => ({ name, ...objectOf(each) }));
  return list.flatMap((each): Json[] => {
    if (each === null) return [];
    if (isObject(each.function)) return [{ type: 'function', function: each.function }];
    const { type: _, ...definition } = each;
    return typeof definition.name === 'string' ? [{ type: 'function', function: definition }] : [];
  });
}

function usageOf(record: JsonObject): JsonObject | null {
  const usage = objectOf(record.usageDetails ?? record.usage_details) ?? objectOf(record.usage) ?? {};
  const input =
    numberOf(usage, ['input', 'prompt_tokens', 'promptTokens']) ??
    numberOf(record, ['promptTokens', 'inputTokens']);
  const output =
    numberOf(usage, ['output', 'completion_tokens', 'completionTokens']) ??
    numberOf(record, ['completionTokens', 'outputTokens']);
  if (input === null && output === null) return null;
  const cached = numberOf(usage, ['input_cached_tokens', 'cache_read_input_tokens', 'input_cache_read']);
  return {
    prompt_tokens: (input ?? 0) + (cached ?? 0),
    completion_tokens: output ?? 0,
    ...(cached === null ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
  };
}
