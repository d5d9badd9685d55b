/** How specialists serve: their time and threads, how often they are checked, and what ends a stage. */
import { z } from 'zod';

export const serveSchema = z
  .strictObject({
    timeoutMs: z
      .int()
      .positive()
      .default(10_000)
      .describe('Longest wait for a specialist before the LLM is asked.'),
    threads: z
      .int()
      .positive()
      .optional()
      .describe('Threads for small models, which run at a low priority. Default: as many as cores.'),
    auditShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.05)
      .describe(
        'Share of served calls that the LLM answers too, to check, in ordinary times: half of it when all is long quiet, more while a specialist is new and after errors. 0: none.',
      ),
    auditsADay: z
      .int()
      .min(0)
      .default(20)
      .describe(
        'Least number of a specialist’s served calls that are audited a day, or all of them where there are fewer: where calls are few, a share of them takes weeks to show a change.',
      ),
    settleAudits: z
      .int()
      .min(0)
      .default(0)
      .describe(
        'How often a day the LLM may be asked once more where its answer and a specialist’s differ, so that its own slips do not count as errors. Each costs a call with the caller’s key.',
      ),
    canaryShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.25)
      .describe('Share of calls served while a specialist is a canary. With 0 it stays one.'),
    stepAudits: z
      .int()
      .positive()
      .default(30)
      .describe(
        'Least comparisons in a stage before the next, whatever the evidence; of a canary those of answers that it gave.',
      ),
    shadowMargin: z
      .number()
      .gt(1)
      .default(3)
      .describe(
        'A specialist leaves shadow when its error is shown to be below this many times the gate’s epsilon.',
      ),
    canaryMargin: z
      .number()
      .gt(1)
      .default(2)
      .describe('A canary goes live when its error is shown to be below this many times the gate’s epsilon.'),
  })
  .prefault({});
