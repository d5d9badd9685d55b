/** A specialist with its evidence, and the candidates that it competed with. */
import { z } from '@hono/zod-openapi';
import { list, rateSchema, share, stageSchema, time } from './common.ts';

const riskPointSchema = z.object({
  threshold: z.number(),
  coverage: z.number(),
  served: z.number().int(),
  errors: z.number().int(),
});

export const candidateSchema = z
  .object({
    rung: z.string(),
    base: z.string().nullable(),
    chosen: z.boolean(),
    reason: z.string(),
    estimate: z.number().nullable().describe('Share of calls that it could serve, on the validation split.'),
    minutesNeeded: z.number().nullable(),
  })
  .openapi('Candidate');

const evidenceSchema = z
  .object({
    gate: z.object({
      passed: z.boolean(),
      threshold: z.number().nullable(),
      epsilon: share,
      delta: share,
      served: z.number().int(),
      errors: z.number().int(),
      n: z.number().int(),
      pValue: z.number(),
      effectiveCalls: z.number().nullable().describe('What the served calls are worth as independent ones.'),
      reason: z.string(),
      moreCalls: z.number().int().nullable(),
    }),
    calibration: z.object({
      accuracy: rateSchema,
      curve: list(riskPointSchema),
      bins: list(z.object({ n: z.number().int(), correct: z.number().int(), confidence: z.number() })),
      calibrationError: z.number().nullable(),
      confusions: list(z.object({ expected: z.string(), answered: z.string(), n: z.number().int() }))
        .nullable()
        .describe('Labels that are mixed up, the most frequent first; null below the role of a reviewer.'),
      mistakes: list(z.object({ callId: z.string(), confidence: z.number() })).describe(
        'Held-back calls that were answered wrong, the surest first.',
      ),
    }),
    exam: z.object({
      accuracy: rateSchema,
      coverage: rateSchema,
      servedError: rateSchema,
      unseenError: rateSchema.nullable(),
      curve: list(riskPointSchema),
      fieldScore: z.number().nullable(),
      uses: z.number().int(),
    }),
    selfAgreement: rateSchema.nullable(),
    latencyMs: z.object({ p50: z.number(), p95: z.number() }),
  })
  .openapi('Evidence');

export const specialistSchema = z
  .object({
    id: z.string(),
    version: z.number().int(),
    rung: z.string(),
    base: z.string().nullable(),
    createdAt: time,
    trainedMs: z.number(),
    figures: z.record(z.string(), z.number()),
    stage: stageSchema.nullable(),
    evidence: evidenceSchema,
  })
  .openapi('Specialist');

export type RiskPointView = z.infer<typeof riskPointSchema>;
export type CandidateView = z.infer<typeof candidateSchema>;
export type SpecialistView = z.infer<typeof specialistSchema>;
