/** What is or was in service, and its audits in their order. */
import { z } from '@hono/zod-openapi';
import { list, share, stageSchema, time } from './common.ts';

const numbersSchema = z.object({
  comparisons: z.number().int(),
  errors: z.number().int(),
  recent: z.object({ comparisons: z.number().int(), errors: z.number().int() }),
  margin: z.number(),
  evidence: z.number(),
});

export const deploymentSchema = z
  .object({
    id: z.string(),
    taskId: z.string(),
    taskName: z.string(),
    specialistId: z.string(),
    version: z.number().int().nullable(),
    rung: z.string().nullable(),
    stage: stageSchema,
    threshold: z.number(),
    bound: share.nullable(),
    delta: share.nullable(),
    history: list(
      z.object({ stage: stageSchema, at: time, reason: z.string(), numbers: numbersSchema.optional() }),
    ),
    outlook: z
      .object({
        margin: z.number(),
        comparisons: z.number().int(),
        errors: z.number().int(),
        servedError: z.number().nullable(),
        moreComparisons: z.number().int().nullable(),
      })
      .nullable()
      .describe('Null where it is out of service.'),
  })
  .openapi('Deployment');

export const deploymentListSchema = z
  .object({ deployments: list(deploymentSchema) })
  .openapi('DeploymentList');

export const auditListSchema = z
  .object({
    deploymentId: z.string(),
    bound: share,
    delta: share,
    audits: z.number().int(),
    errors: z.number().int(),
    points: list(
      z.object({
        n: z.number().int(),
        at: time,
        stage: stageSchema,
        errors: z.number().int().describe('So far.'),
        evidence: z.number().describe('Against the bound (e-value); it is broken at 1 / delta.'),
      }),
    ).describe('In their order; thinned out where there are many, never an error.'),
    changes: list(z.object({ n: z.number().int(), stage: stageSchema })),
  })
  .openapi('AuditList');

export type DeploymentView = z.infer<typeof deploymentSchema>;
export type DeploymentList = z.infer<typeof deploymentListSchema>;
export type AuditList = z.infer<typeof auditListSchema>;
