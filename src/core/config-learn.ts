/** The configuration's section `learn`: when a running gateway learns by itself, and what that may take. */
import { z } from 'zod';

export const learnSchema = z
  .strictObject({
    mode: z
      .enum(['off', 'observe', 'propose', 'auto'])
      .default('propose')
      .describe(
        'What `understudy start` does by itself. off: it does not learn. observe: it learns and proves, and deploys nothing. propose: what passes waits for `understudy approve`. auto: what passes comes into service, from shadow on. `understudy learn` is a person’s word, and deploys in any mode.',
      ),
    newCalls: z
      .int()
      .positive()
      .default(300)
      .describe('Least new calls of a task, or of no task yet, for which it learns.'),
    growth: z
      .number()
      .positive()
      .default(0.5)
      .describe(
        'It learns a task again only when its new calls are at least this share of those that it learnt from, twice it while a specialist serves: each try at the gate takes its part of gate.delta, so tries get rarer as calls add up.',
      ),
    newFeedback: z
      .int()
      .positive()
      .default(50)
      .describe(
        'Feedback on a task’s calls, since it was last learnt, for which it is learnt again; twice as much with each try within a week.',
      ),
    alarmCalls: z
      .int()
      .positive()
      .default(100)
      .describe(
        'New calls after an alarm (inputs unlike those learnt from, coverage below what was promised); twice as many with each try within a week.',
      ),
    rollbackCalls: z
      .int()
      .positive()
      .default(200)
      .describe('New calls after a rollback; twice as many after the second within 30 days, and so on.'),
    retryMinutes: z
      .number()
      .positive()
      .default(60)
      .describe(
        'Least wait before a task is learnt again, and after a run that failed. It doubles with each try within a week, with each rollback, and with each failure in a row, up to a week.',
      ),
    window: z
      .union([z.literal('off'), z.string().regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/)])
      .default('01:00-05:00')
      .describe('Hours of the night (local time) in which half as many new calls are enough; off: none.'),
    everySeconds: z
      .number()
      .positive()
      .default(30)
      .describe('How often it is looked whether something is due.'),
    askAgain: z
      .boolean()
      .default(false)
      .describe(
        'Ask the LLM again for held-back calls, as `learn --ask-again` does, with OPENAI_API_KEY of the environment.',
      ),
    budget: z
      .strictObject({
        cpuMinutesADay: z
          .number()
          .positive()
          .default(240)
          .describe('Processor time a day, over all cores. A run that uses it up resumes the next day.'),
        dollarsADay: z
          .number()
          .min(0)
          .default(1)
          .describe(
            'Money a day for asking again, hosted training and answers of `prompted` models to held-back calls, by the estimate before a run. A judge has a budget of its own.',
          ),
        diskGb: z
          .number()
          .positive()
          .default(20)
          .describe(
            'What trainings may leave in the data folder, in GB; at least 1 GB stays free in any case.',
          ),
        hostedDollarsPerMillionTokens: z
          .number()
          .min(0)
          .default(5)
          .describe('What the fine-tuning provider of train.hosted takes for a million tokens in training.'),
      })
      .prefault({}),
  })
  .prefault({});

export type LearnSettings = z.infer<typeof learnSchema>;
