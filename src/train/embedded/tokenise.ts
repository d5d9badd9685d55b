/**
 * From examples to tokens, by llama.cpp's own tokenizer on the base model's file: the same one that serves, so
 * that both sides agree by construction.
 */
import type { Example } from '../../core/dataset.ts';
import { answerKeysOf, withoutKeys } from '../../models/decoder/answer-keys.ts';
import {
  type ChatTemplate,
  chatTemplateOf,
  type PromptPiece,
  promptPieces,
} from '../../models/decoder/chat-template.ts';
import { openLlama } from '../../models/decoder/llama-engine.ts';
import { controlToken, pieceTokens } from '../../models/decoder/llama-tokenizer.ts';
import type { Sample } from './batch.ts';

export interface Tokenizer {
  /** How the model's prompts are framed. */
  readonly template: ChatTemplate;
  tokens(piece: PromptPiece): number[];
  close(): Promise<void>;
}

/**
 * Loads the vocabulary of a GGUF file, without its weights.
 * @throws UnderstudyError 'unsupported' where it has the control tokens of no chat template.
 */
export async function openTokenizer(path: string): Promise<Tokenizer> {
  const llama = await openLlama();
  const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
  const close = async (): Promise<void> => {
    await model.dispose();
    await llama.dispose();
  };
  try {
    return {
      template: chatTemplateOf((name) => controlToken(model, name) !== null),
      tokens: (piece) => pieceTokens(model, piece).map(Number),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface TrainingText {
  readonly input: string;
  readonly answer: string;
  readonly weight: number;
  /** That this is the example's answer. Default: 1. */
  readonly probability?: number;
}

/**
 * What is learnt of a task's examples: answers without the keys that all of them have, which the artefact keeps. An
 * example with soft targets is one text for each of its answers: the cross-entropy with soft targets, as
 * loss = Σ probability(answer) · loss(answer).
 */
export function trainingTexts(examples: readonly Pick<Example, 'input' | 'answer' | 'weight' | 'soft'>[]): {
  readonly texts: readonly TrainingText[];
  readonly answerKeys: readonly string[] | null;
} {
  const answerKeys = answerKeysOf(examples.map(({ answer }) => answer));
  const texts = examples.flatMap(({ input, answer, weight, soft = [] }) => {
    const own = { input, answer: (answerKeys && withoutKeys(answerKeys, answer)) ?? answer, weight };
    if (soft.length === 0) return [own];
    const left = 1 - soft.reduce((sum, { probability }) => sum + probability, 0);
    return [{ ...own, probability: left }, ...soft.map((other) => ({ input, weight, ...other }))];
  });
  return { texts, answerKeys };
}

/**
 * The sample of one example: the prompt, then the answer and its end, which are learnt. A prompt that is too long
 * loses the beginning of its first text piece (the input) and keeps its template.
 * @returns null where the completion and the template alone exceed `maxTokens`.
 */
export function tokeniseExample(
  tokenizer: Tokenizer,
  example: TrainingText,
  maxTokens: number,
): Omit<Sample, 'weight'> | null {
  const { template } = tokenizer;
  const pieces = promptPieces(template, example.input).map((piece) => tokenizer.tokens(piece));
  const completion = [{ text: example.answer }, { special: template.end }].flatMap((piece) =>
    tokenizer.tokens(piece),
  );
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0) + completion.length;
  const excess = Math.max(0, length - maxTokens);
  const input = pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest), []);
  if (excess > 0 && excess >= input.length) return null;
  const prompt = pieces.flatMap((piece) => (piece === input ? piece.slice(excess) : piece));
  return { ids: [...prompt, ...completion], completion: prompt.length };
}

/** Samples of an epoch, with weights of mean 1; `skipped` counts the examples whose completion does not fit. */
export function tokeniseExamples(
  tokenizer: Tokenizer,
  examples: readonly TrainingText[],
  options: { readonly maxTokens: number; readonly weightPower: number },
): { readonly samples: readonly Sample[]; readonly skipped: number } {
  const samples: Sample[] = [];
  for (const example of examples) {
    const sample = tokeniseExample(tokenizer, example, options.maxTokens);
    const { weight, probability = 1 } = example;
    if (!sample) continue;
    samples.push({ ...sample, weight: weight ** options.weightPower * probability });
  }
  const mean = samples.reduce((sum, sample) => sum + sample.weight, 0) / samples.length;
  return {
    samples: samples.map((sample) => ({ ...sample, weight: sample.weight / mean })),
    skipped: examples.length - samples.length,
  };
}
