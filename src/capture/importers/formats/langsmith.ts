/**
 * LangSmith's runs, from its bulk export (after Parquet), its SDK or its API. Runs of type `llm` are calls; their
 * messages are OpenAI's or LangChain's, their answers completions, messages or generations.
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import { exchange } from '../exchange.ts';
import { between, numberOf, objectOf, tagsOf, textOf } from '../fields.ts';
import { type Importer, type ReadRecord, type RecordContext, singleRecords } from '../importer.ts';
import { answerIn, bodyOf, settingsOf } from '../input-output.ts';
import { sessionOf } from '../sessions.ts';

export const langsmith: Importer = {
  name: 'langsmith',
  looks: '{"run_type": "llm", "inputs": {…}, "outputs": {…}, "start_time": …}',
  detect: (record) => isObject(record) && typeof record.run_type === 'string' && 'inputs' in record,
  begin: () => singleRecords(read),
};

function read(record: Json, context: RecordContext): ReadRecord {
  if (!isObject(record)) return { skipped: 'no run' };
  if (typeof record.run_type !== 'string' || record.run_type.toLowerCase() !== 'llm') {
    return { skipped: 'not a run of a model' };
  }
  const body = bodyOf(objectOf(record.inputs) ?? undefined);
  if (body === null) return { skipped: 'inputs hold no messages' };
  const extra = objectOf(record.extra) ?? {};
  const settings = objectOf(extra.invocation_params) ?? {};
  const metadata = objectOf(extra.metadata) ?? {};
  const model =
    textOf(body, ['model']) ??
    textOf(settings, ['model', 'model_name', 'deployment_name']) ??
    textOf(metadata, ['ls_model_name']);
  const usage = usageOf(record);
  const answer = answerIn(record.outputs, {
    ...(model === null ? {} : { model }),
    ...(usage === null ? {} : { usage }),
  });
  const at = context.time(record.start_time, record.startTime);
  const failed = typeof record.error === 'string' && record.error !== '';
  return exchange(
    {
      at,
      // A run's own `session_id` is its project, which holds all that was ever traced.
      sessionId: sessionOf(metadata, objectOf(record.metadata) ?? undefined, {
        thread_id: record.thread_id ?? null,
        trace_id: record.trace_id ?? null,
      }),
      tags: tagsOf(metadata),
      status: failed ? 500 : null,
      latencyMs: between(at, context.time(record.end_time, record.endTime)),
    },
    { ...settingsOf(settings), ...body, ...(model === null ? {} : { model }) },
    failed ? null : answer,
  );
}

function usageOf(record: JsonObject): JsonObject | null {
  const input = numberOf(record, ['prompt_tokens']);
  const output = numberOf(record, ['completion_tokens']);
  if (input === null && output === null) return null;
  return { prompt_tokens: input ?? 0, completion_tokens: output ?? 0 };
}
