/**
 * Retrieved examples of a task in a prompt. They are kept with the artefact, sealed, as other answers are; the index is made
 * when it is first needed.
 * Does not: choose which examples are kept (train/prompted).
 */
import type { CallRequest, Message } from '../../core/call.ts';
import { contentHash } from '../../core/ids.ts';
import type { Json } from '../../core/json.ts';
import type { Artefact } from '../../core/specialist.ts';
import { indexInputs, openIndex } from './input-index.ts';

export interface PromptExample {
  readonly input: string;
  readonly answer: string;
}

export interface ExampleFinder {
  /** The `count` examples most alike by words and fields, the most alike last, next to the question. */
  find(input: string, count: number): readonly PromptExample[];
}

/** Examples as an artefact keeps them. */
export const keepExamples = (examples: readonly PromptExample[]): NonNullable<Artefact['answers']> => ({
  classes: examples.map(({ answer }) => answer),
  plan: { inputs: examples.map(({ input }) => input) } satisfies Json,
});

/** A finder over the kept examples; over none where an artefact keeps none. */
export function exampleFinder(answers: Artefact['answers']): ExampleFinder {
  const { inputs = [] } = (answers?.plan ?? {}) as { readonly inputs?: readonly string[] };
  const key = contentHash(JSON.stringify(inputs));
  const index = openIndex(indexInputs(inputs, key, null), key);
  return {
    find: (input, count) =>
      index.hybrid
        .search(index.query(input, null), count)
        .map(({ at }) => ({ input: inputs[at]!, answer: answers!.classes[at]! }))
        .reverse(),
  };
}

/**
 * The request with examples at the end of its system prompt, since not every chat template takes a second one; the caller's
 * words stay as they are.
 */
export function withExamples(request: CallRequest, examples: readonly PromptExample[]): CallRequest {
  if (examples.length === 0) return request;
  const text = [
    'Earlier inputs of this kind, and the answers that were right:',
    ...examples.map(({ input, answer }) => `Input:\n${input}\n\nAnswer:\n${answer}`),
  ].join('\n\n');
  const [first, ...rest] = request.messages;
  const messages: Message[] =
    first?.role === 'system'
      ? [{ ...first, content: `${first.content}\n\n${text}` }, ...rest]
      : [{ role: 'system', content: text }, ...request.messages];
  return { ...request, messages };
}
