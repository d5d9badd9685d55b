/** What becomes of segments of the journal that cannot be drained. */
import { z } from 'zod';

export const journalSchema = z
  .strictObject({
    quarantineMaxBytes: z
      .int()
      .nonnegative()
      .default(256 * 1024 * 1024)
      .describe(
        'Space for segments of the journal that could not be drained; over it, the oldest are removed and counted.',
      ),
    quarantineMaxDays: z
      .number()
      .nonnegative()
      .default(30)
      .describe('Days after which such a segment is removed.'),
  })
  .prefault({});
