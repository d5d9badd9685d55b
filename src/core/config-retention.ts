/** The part of the configuration that says how long calls are kept. */
import { z } from 'zod';

export const retentionSchema = z
  .strictObject({
    maxDays: z
      .number()
      .positive()
      .optional()
      .describe('Days for which calls are kept; older days are erased with their keys. Default: no limit.'),
    maxGb: z
      .number()
      .positive()
      .optional()
      .describe(
        'Sealed payload that the store may hold, in GB; over it, the oldest days are erased. Default: any.',
      ),
  })
  .prefault({});
