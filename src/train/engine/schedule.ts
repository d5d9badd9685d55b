/** How long a training goes and how fast: the part of a recipe that the loop reads. */

import { z } from 'zod';

/** The keys that every recipe has, with defaults where one fits all; a recipe says `batch` and `epochs` itself. */
export const scheduleKeys = {
  learningRate: z.number().positive().default(1e-3).describe('Peak learning rate of AdamW.'),
  schedule: z
    .enum(['cosine', 'linear', 'constant'])
    .default('cosine')
    .describe('How the rate falls after the warm-up.'),
  warmup: z
    .number()
    .min(0)
    .max(1)
    .default(0.06)
    .describe('Share of the steps in which the rate rises from zero.'),
  weightDecay: z.number().min(0).default(0).describe('Decoupled weight decay of AdamW.'),
  clip: z.number().positive().default(1).describe('Largest norm of the whole gradient.'),
  batch: z.int().positive().describe('Examples per step.'),
  epochs: z.number().positive().describe('Passes over the examples; fractions are allowed.'),
};

export type Schedule = Readonly<z.output<z.ZodObject<typeof scheduleKeys>>>;

/** Steps that `examples` make under the schedule. */
export function stepCount(examples: number, schedule: Pick<Schedule, 'batch' | 'epochs'>): number {
  return Math.max(1, Math.round((examples / schedule.batch) * schedule.epochs));
}

/** The learning rate at a step (from 0) of `steps`: a linear rise, then its fall to zero. */
export function learningRate(schedule: Schedule, step: number, steps: number): number {
  const warmup = Math.max(1, Math.round(schedule.warmup * steps));
  if (step < warmup) return (schedule.learningRate * (step + 1)) / warmup;
  const done = (step - warmup) / Math.max(1, steps - warmup);
  switch (schedule.schedule) {
    case 'constant':
      return schedule.learningRate;
    case 'linear':
      return schedule.learningRate * (1 - done);
    case 'cosine':
      return schedule.learningRate * 0.5 * (1 + Math.cos(Math.PI * done));
  }
}
