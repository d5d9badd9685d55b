/** The chat template of a GGUF file, by the control tokens of its vocabulary. Does not: load a model. */
import type { GgufFile } from '../formats/gguf/read.ts';
import { type ChatTemplate, chatTemplateOf } from './chat-template.ts';

/** llama.cpp's type of control tokens. */
const CONTROL = 3;

/** @throws UnderstudyError 'unsupported' where no template fits. */
export function chatTemplateOfGguf({ metadata }: Pick<GgufFile, 'metadata'>): ChatTemplate {
  const list = (name: string): readonly unknown[] => {
    const value = metadata.get(`tokenizer.ggml.${name}`);
    return Array.isArray(value) ? value : [];
  };
  const types = list('token_type');
  const control = new Set(list('tokens').filter((_, token) => types[token] === CONTROL));
  return chatTemplateOf((name) => control.has(name));
}
