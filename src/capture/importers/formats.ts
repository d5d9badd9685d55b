/** The formats that can be imported. Each record is read by the first that knows it; adding one is a line here. */
import type { Json } from '../../core/json.ts';
import { helicone } from './formats/helicone.ts';
import { langfuse } from './formats/langfuse.ts';
import { langsmith } from './formats/langsmith.ts';
import { litellm } from './formats/litellm.ts';
import { openaiBatch } from './formats/openai-batch.ts';
import { openaiChatLog } from './formats/openai-chat.ts';
import { openaiFineTuning } from './formats/openai-fine-tuning.ts';
import { openaiPreference } from './formats/openai-preference.ts';
import { openaiStored } from './formats/openai-stored.ts';
import { otel } from './formats/otel.ts';
import { sharegpt } from './formats/sharegpt.ts';
import type { Importer } from './importer.ts';

/** The narrower a format's marks, the earlier it is asked. */
export const IMPORTERS: readonly Importer[] = [
  openaiBatch,
  litellm,
  langsmith,
  helicone,
  openaiChatLog,
  openaiFineTuning,
  sharegpt,
  openaiPreference,
  openaiStored,
  langfuse,
  otel,
];

/** The importer whose format the record is of; null for no known one. */
export function importerOf(record: Json): Importer | null {
  return IMPORTERS.find(({ detect }) => detect(record)) ?? null;
}
