/** The names of what can be exported, light enough for the command line to know. */

export const DATASET_FORMATS = ['openai', 'sharegpt', 'parquet'] as const;
export type DatasetFormat = (typeof DATASET_FORMATS)[number];

/** full: the request as the agent sent it. distilled: what varies in it, which is what specialists see. */
export const PROMPTS = ['full', 'distilled'] as const;
export type PromptForm = (typeof PROMPTS)[number];

/** merged: base and adapter in one GGUF file, as Understudy serves it. */
export const ADAPTER_FORMATS = ['gguf', 'peft', 'merged'] as const;
export type AdapterFormat = (typeof ADAPTER_FORMATS)[number];
