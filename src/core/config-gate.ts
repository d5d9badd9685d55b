/** What has to be proved of a specialist before it serves. */
import { z } from 'zod';

export const gateSchema = z
  .strictObject({
    epsilon: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.02)
      .describe('Largest error share among the calls a specialist serves.'),
    delta: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.05)
      .describe(
        'Chance that a bound given by the gate does not hold, over all tries of what deltaFor names.',
      ),
    deltaFor: z
      .enum(['task', 'all-tasks'])
      .default('task')
      .describe(
        'What delta is spent over: the tries of each task by itself, or those of all tasks together, so that with chance 1 − delta no specialist at all breaks its bound.',
      ),
    truth: z
      .enum(['partial', 'complete'])
      .default('partial')
      .describe(
        'Whether every output is looked at by somebody who corrects each wrong one (feedback.md). Only then (complete) held-back calls are judged by corrections; else by the LLM’s answers, and the truth is reported beside it.',
      ),
  })
  .prefault({});
