/**
 * From examples to tokens, by llama.cpp's own tokenizer on the base model's file: the same one that serves, so
 * that both sides agree by construction.
 */
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { UnderstudyError } from '../../core/errors.ts';
import { answerKeysOf, withoutKeys } from '../../models/answer-keys.ts';
import { END_OF_ANSWER, promptPieces } from '../../models/prompt.ts';
import { balanced, type Sample } from './batch.ts';

export interface Tokenizer {
  /** Never yields a control token, whatever the text says. */
  text(text: string): number[];
  /** The one token of a control token's name. @throws UnderstudyError 'unsupported' where the model has none. */
  special(name: string): number;
  close(): Promise<void>;
}

/** Loads the vocabulary of a GGUF file, without its weights. */
export async function openTokenizer(path: string): Promise<Tokenizer> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
  });
  const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
  return {
    text: (text) => model.tokenize(text, false).map(Number),
    special: (name) => {
      const tokens = model.tokenize(name, true);
      if (tokens.length !== 1) {
        throw new UnderstudyError('unsupported', `The base model has no control token ${name}.`, {
          hint: 'Choose a base model that was trained on ChatML prompts.',
        });
      }
      return Number(tokens[0]);
    },
    close: async () => {
      await model.dispose();
      await llama.dispose();
    },
  };
}

export interface TrainingText {
  readonly input: string;
  readonly answer: string;
  readonly weight: number;
}

/** What is learnt of a task's examples: answers without the keys that all of them have, which the artefact keeps. */
export function trainingTexts(examples: readonly TrainingText[]): {
  readonly texts: readonly TrainingText[];
  readonly answerKeys: readonly string[] | null;
} {
  const answerKeys = answerKeysOf(examples.map(({ answer }) => answer));
  const texts = examples.map(({ input, answer, weight }) => ({
    input,
    answer: (answerKeys && withoutKeys(answerKeys, answer)) ?? answer,
    weight,
  }));
  return { texts, answerKeys };
}

/**
 * The sample of one example: the prompt, then the answer and its end, which are learnt. A prompt that is too long
 * loses the beginning of its first text piece (the input) and keeps its frame.
 * @returns null where the completion and the frame alone exceed `maxTokens`.
 */
export function tokeniseExample(
  tokenizer: Tokenizer,
  example: TrainingText,
  maxTokens: number,
): Omit<Sample, 'weight'> | null {
  const pieces = promptPieces(example.input).map((piece) =>
    'special' in piece ? [tokenizer.special(piece.special)] : tokenizer.text(piece.text),
  );
  const completion = [...tokenizer.text(example.answer), tokenizer.special(END_OF_ANSWER)];
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
  options: { readonly maxTokens: number; readonly weightPower: number; readonly balance: number },
): { readonly samples: readonly Sample[]; readonly skipped: number } {
  const samples: Sample[] = [];
  for (const example of examples) {
    const sample = tokeniseExample(tokenizer, example, options.maxTokens);
    if (sample) samples.push({ ...sample, weight: example.weight ** options.weightPower });
  }
  const mean = samples.reduce((sum, sample) => sum + sample.weight, 0) / samples.length;
  return {
    samples: balanced(
      samples.map((sample) => ({ ...sample, weight: sample.weight / mean })),
      options.balance,
    ),
    skipped: examples.length - samples.length,
  };
}
