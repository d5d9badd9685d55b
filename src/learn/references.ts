/**
 * What answers are compared with: the recorded ones, or the LLM's majority where it can be asked again. Joins
 * evaluate/ask-again with the captured calls for pipeline.ts and proof.ts.
 */
import type { CallRequest } from '../core/call.ts';
import { compareAnswers, schemasOf } from '../core/compare.ts';
import type { Dataset, SplitName } from '../core/dataset.ts';
import { progressOf } from '../core/progress.ts';
import { referenceOf } from '../core/reference.ts';
import type { Rate } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { withReferences } from '../evaluate/ask-again.ts';
import type { Repeats } from '../evaluate/slips.ts';
import type { LearnContext } from './trial.ts';

/** The dataset with references in the splits `names`; as it is where nobody can be asked. */
export async function referencesFor(
  task: Task,
  dataset: Dataset,
  names: readonly SplitName[],
  requests: ReadonlyMap<string, CallRequest>,
  { askAgain, config, onProgress, signal }: LearnContext,
): Promise<{
  dataset: Dataset;
  selfAgreement: Rate | null;
  repeats?: ReadonlyMap<string, Repeats>;
  asked: number;
}> {
  // Two free texts are hardly ever the same, so there is no majority to be had.
  // Nor is the LLM's majority the reference where the truth is known.
  if (!askAgain || task.kind === 'text' || config.gate.truth === 'complete')
    return { dataset, selfAgreement: null, asked: 0 };
  const total = names.reduce((sum, name) => sum + dataset.splits[name].length, 0);
  return withReferences(dataset, names, {
    ask: async ({ callId }) => {
      signal?.throwIfAborted();
      const request = requests.get(callId);
      const response = request ? await askAgain(request) : null;
      return response && referenceOf(task, response);
    },
    same: (a, b) => compareAnswers(task.kind, a, b, schemasOf(task, config.equality)).right === true,
    onDone: progressOf(onProgress, 'ask the LLM again', total, task.name),
  });
}
