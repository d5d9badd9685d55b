/**
 * Runs extractors in this process: what the model says of an input comes from a model process, the answer is composed here.
 * Does not: load the encoder (runtime/encoder), or know how answers are composed (models/extractor).
 */
import type { OutputKind } from '../core/answer.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Encoder, Runtime } from '../core/runtime.ts';
import type { Artefact, Rung } from '../core/specialist.ts';
import { composeAnswer } from '../models/extractor/compose.ts';
import type { Extraction } from '../models/extractor/groups.ts';
import { unitsOf } from '../models/extractor/units.ts';

export const EXTRACTOR_RUNGS: readonly Rung[] = ['extractor'];

/** @param options.encoder null: nothing can be run. Not closed with the runtime. */
export function extractorRuntime({ encoder }: { readonly encoder: Encoder | null }): Runtime {
  return {
    rungs: encoder?.readBy ? EXTRACTOR_RUNGS : [],
    predict: async (artefact, input, { signal } = {}) => {
      const start = performance.now();
      if (!encoder?.readBy || encoder.name !== artefact.base)
        throw new UnderstudyError('unavailable', `This specialist needs the encoder ${artefact.base}.`, {
          hint: 'Run `understudy doctor` to see how to get its weights.',
        });
      const { kind, ...extraction } = extractionOf(artefact);
      const reading = await encoder.readBy(artefact, input, signal);
      if (signal?.aborted)
        throw new UnderstudyError('cancelled', 'The prediction was cancelled.', { hint: 'Nothing to do.' });
      return {
        ...composeAnswer(kind, extraction, unitsOf(input), reading),
        ms: performance.now() - start,
      };
    },
    close: async () => {},
  };
}

/** The forms and the plan, which the artefact keeps. @throws UnderstudyError 'corrupt'. */
export function extractionOf({ answers }: Artefact): Extraction & { readonly kind: OutputKind } {
  if (!answers)
    throw new UnderstudyError('corrupt', 'The specialist has lost the forms of its answers.', {
      hint: 'Train it again with `understudy learn`.',
    });
  const { kind, ...plan } = answers.plan as unknown as Extraction['plan'] & { readonly kind: OutputKind };
  return { kind, plan, forms: answers.classes };
}
