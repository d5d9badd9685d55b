/** The program of the process that fine-tunes the encoder: one job from trainer.ts to a model's file. */
import { rename } from 'node:fs/promises';
import { saveLinear } from '../../models/classifier/linear.ts';
import { deleteCheckpoint } from '../engine/checkpoint.ts';
import { serveJob } from '../engine/worker.ts';
import { type TuningJob, type TuningRun, tuneEncoder } from './tune.ts';

export interface ChildJob extends TuningJob {
  readonly path: string;
  readonly checkpointPath: string;
  readonly checkpointMs: number;
}

serveJob<ChildJob, TuningRun>(async (job, onStep) => {
  const { model, run } = await tuneEncoder(job, {
    checkpoint: { path: job.checkpointPath, job: job.hash, everyMs: job.checkpointMs },
    onStep,
  });
  // Under its own name only when whole: a killed run leaves nothing that looks finished.
  await saveLinear(`${job.path}.part`, model);
  await rename(`${job.path}.part`, job.path);
  deleteCheckpoint(job.checkpointPath);
  return run;
});
