/** How long a training goes and how fast: the part of a recipe that the loop reads. */

export interface Schedule {
  /** Peak learning rate of AdamW. */
  readonly learningRate: number;
  /** How the rate falls after the warm-up. */
  readonly schedule: 'cosine' | 'linear' | 'constant';
  /** Share of the steps in which the rate rises from zero. */
  readonly warmup: number;
  /** Decoupled weight decay of AdamW. */
  readonly weightDecay: number;
  /** Largest norm of the whole gradient. */
  readonly clip: number;
  /** Examples per step. */
  readonly batch: number;
  /** Passes over the examples; fractions are allowed. */
  readonly epochs: number;
}

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
