/** The program of the process that fine-tunes an extractor: one job from trainer.ts to a model's file. */
import { rename } from 'node:fs/promises';
import { saveExtractor } from '../../models/extractor/model.ts';
import { deleteCheckpoint } from '../engine/checkpoint.ts';
import { serveJob } from '../engine/worker.ts';
import { type ExtractorRun, type ExtractorTuning, tuneExtractor } from './tune.ts';

export interface ChildJob extends ExtractorTuning {
  readonly path: string;
  readonly checkpointPath: string;
  readonly checkpointMs: number;
}

serveJob<ChildJob, ExtractorRun>(async (job, onStep) => {
  const { model, run } = await tuneExtractor(job, {
    checkpoint: { path: job.checkpointPath, job: job.hash, everyMs: job.checkpointMs },
    onStep,
  });
  // Under its own name only when whole: a killed run leaves nothing that looks finished.
  await saveExtractor(`${job.path}.part`, model);
  await rename(`${job.path}.part`, job.path);
  deleteCheckpoint(job.checkpointPath);
  return run;
});
