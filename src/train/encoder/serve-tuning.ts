/** The child's side of job.ts: one job to a model's file. */
import { rename } from 'node:fs/promises';
import { deleteCheckpoint } from '../engine/checkpoint.ts';
import type { LoopOptions } from '../engine/loop.ts';
import { serveJob } from '../engine/worker.ts';
import type { ChildJob, TuningJob, TuningRun } from './job.ts';

export type Tune<Recipe, Model> = (
  job: TuningJob<Recipe>,
  options: Pick<LoopOptions, 'checkpoint' | 'onStep'>,
) => Promise<{ readonly model: Model; readonly run: TuningRun }>;

export function serveTuning<Recipe, Model>(
  tune: Tune<Recipe, Model>,
  save: (path: string, model: Model) => Promise<unknown>,
): void {
  serveJob<ChildJob<Recipe>, TuningRun>(async (job, onStep) => {
    const { model, run } = await tune(job, {
      checkpoint: { path: job.checkpointPath, job: job.hash, everyMs: job.checkpointMs },
      onStep,
    });
    // Under its own name only when whole: a killed run leaves nothing that looks finished.
    await save(`${job.path}.part`, model);
    await rename(`${job.path}.part`, job.path);
    deleteCheckpoint(job.checkpointPath);
    return run;
  });
}
