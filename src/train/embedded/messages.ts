/** What the trainer and its child process say to each other. */
import type { ErrorCode } from '../../core/errors.ts';
import type { StepReport } from './loop.ts';
import type { Recipe } from './recipe.ts';
import type { TrainingText } from './tokenise.ts';

export interface ToChild {
  readonly job: {
    /** Hash of everything that the result depends on. */
    readonly hash: string;
    readonly basePath: string;
    /** Catalogue name of the base. */
    readonly base: string;
    readonly examples: readonly TrainingText[];
    readonly recipe: Recipe;
    readonly seed: number;
    readonly threads: number;
    readonly adapterPath: string;
    readonly cardPath: string;
    readonly checkpointPath: string;
    readonly checkpointMs?: number;
  };
}

/** Kept beside the adapter: what it is and how it came about. */
export interface TrainingCard {
  readonly job: string;
  readonly base: string;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly sha256: string;
  readonly trainedMs: number;
  readonly figures: Readonly<Record<string, number>>;
}

export type FromChild =
  | { readonly type: 'step'; readonly report: StepReport }
  | { readonly type: 'done'; readonly result: TrainingCard }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string };
