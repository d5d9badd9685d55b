/**
 * What the admin API answers with, as zod schemas: the OpenAPI document, the handlers' types and the dashboard's types
 * are made from them. Times are epoch milliseconds, shares are in [0, 1], money is in US dollars.
 * Does not: hold payloads; those are in payload-schemas.ts, behind a role of their own.
 */
import { z } from '@hono/zod-openapi';
import { PERMISSIONS, ROLES } from '../core/access.ts';
import { callSiteSchema, taskDecisionSchema } from './decision-schemas.ts';

const share = z.number().min(0).max(1);
const time = z.number().int().describe('Epoch milliseconds.');
const list = <T extends z.ZodType>(item: T) => z.array(item).readonly();

const roleSchema = z.enum(ROLES);
const stageSchema = z.enum(['proposed', 'shadow', 'canary', 'live', 'suspended', 'retired']);
const kindSchema = z.enum(['label', 'json', 'tool', 'text', 'mixed']);

export const errorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string().describe('What happened.'),
      hint: z.string().describe('What to do about it.'),
      data: z.record(z.string(), z.unknown()),
    }),
  })
  .openapi('Error');

const rateSchema = z
  .object({
    hits: z.number(),
    n: z.number(),
    share: z.number(),
    low: z.number(),
    high: z.number(),
    effectiveN: z.number().optional(),
  })
  .describe('A share with its 95 % interval.')
  .openapi('Rate');

const errorShareSchema = z
  .object({
    share: share.nullable().describe('Null where nothing has been audited.'),
    low: share.nullable(),
    high: share.nullable(),
    audits: z.number().int(),
    errors: z.number().int(),
    bound: share.nullable().describe('What the proof promises; null where nothing serves.'),
  })
  .describe(
    'Errors among served calls, as audits of canaries and live specialists show them, and the 95 % interval.',
  )
  .openapi('ErrorShare');

const quantilesSchema = z.object({ p50: z.number(), p95: z.number(), calls: z.number().int() });

export const sessionSchema = z
  .object({
    name: z.string().describe('As it goes on record.'),
    role: roleSchema,
    permissions: list(z.enum(PERMISSIONS)).describe('What the role may do.'),
    version: z.string(),
    upstream: z.string(),
    gateway: z.string(),
  })
  .openapi('Session');

export const upstreamsSchema = z
  .object({
    at: time.nullable().describe('When they were so, at most half a minute ago; null where nothing tells.'),
    upstreams: list(
      z.object({
        name: z.string(),
        for: z.enum(['openai', 'anthropic']).describe('Whose calls it takes.'),
        state: z
          .enum(['closed', 'open', 'half-open'])
          .describe('open: passed over while another can be asked; half-open: one call finds out.'),
        since: time.describe('The last change of state.'),
        failures: z.number().int().describe('In a row.'),
        inFlight: z.number().int(),
        waitsUntil: time.nullable().describe('Until when it last asked a caller to be left alone.'),
      }),
    ).describe('Empty where no gateway runs, or it has one plain server for each API.'),
  })
  .openapi('Upstreams');

export const attentionSchema = z
  .object({
    id: z.string(),
    severity: z.enum(['act', 'look', 'know']),
    title: z.string(),
    detail: z.string(),
    advice: z.string().describe('What a person can do.'),
    taskId: z.string().nullable(),
    at: time.nullable(),
  })
  .openapi('Attention');

const pointSchema = z.object({
  at: time,
  calls: z.number().int(),
  served: z.number().int(),
  escalated: z.number().int(),
  spent: z.number(),
  saved: z.number().describe('Before the machine and learning.'),
  specialistP50: z.number().nullable(),
  llmP50: z.number().nullable(),
  audits: z.number().int(),
  auditErrors: z.number().int(),
});

export const overviewSchema = z
  .object({
    range: z.object({ since: time, until: time, bucketMs: z.number().int() }),
    calls: z.number().int().describe('Calls of agents; answers to audits are not among them.'),
    served: z.number().int(),
    escalated: z.number().int().describe('Recognised calls that were handed to the LLM after all.'),
    money: z.object({
      spent: z.number().describe('At the provider, audits included.'),
      avoided: z.number().describe('What the served calls would have cost.'),
      audits: z.number(),
      machine: z.number().describe('This machine and its energy; 0 for a range that has ended.'),
      learning: z.number().describe('Processor time and dollars of learning; 0 for a range that has ended.'),
      others: z
        .number()
        .describe(
          'Paid to others by the request: a judge, models at providers; 0 for a range that has ended.',
        ),
      saved: z.number().describe('Net: what was avoided, less audits, machine, learning and others.'),
      unpriced: list(z.string()).describe('Models without a price: their calls count as $0.'),
      basis: z.string(),
    }),
    servedError: errorShareSchema.describe('Of all that was served in the range.'),
    servingError: errorShareSchema.describe('Of what the specialists that serve now have served in it.'),
    withdrawn: z.number().int().describe('Specialists that were taken out of service in the range.'),
    latency: z.object({
      specialist: quantilesSchema.nullable(),
      llm: quantilesSchema.nullable(),
      escalated: quantilesSchema.nullable(),
    }),
    series: list(pointSchema),
    attention: list(attentionSchema),
    stages: z.record(z.string(), z.number().int()).describe('Tasks by the stage of what serves them.'),
  })
  .openapi('Overview');

export const taskRowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: kindSchema,
    calls: z.number().int().describe('In the range.'),
    allCalls: z.number().int().describe('That it was found in.'),
    served: z.number().int(),
    escalated: z.number().int(),
    saved: z.number(),
    rung: z.string().nullable(),
    stage: stageSchema.nullable(),
    promised: share.nullable().describe('Coverage that the exam showed.'),
    coverage: share.nullable().describe('Of the latest calls that a live specialist decided on.'),
    servedError: errorShareSchema,
    isStopped: z.boolean().describe('A person has stopped it: its calls go to the LLM.'),
    isExcluded: z.boolean().describe('A person has excluded it: it is neither learnt nor served.'),
    why: z.string().describe('Why it stands where it does, in a sentence.'),
    spark: list(z.object({ at: time, calls: z.number().int(), served: z.number().int() })),
  })
  .openapi('TaskRow');

export const taskListSchema = z
  .object({ range: overviewSchema.shape.range, tasks: list(taskRowSchema) })
  .openapi('TaskList');

const riskPointSchema = z.object({
  threshold: z.number(),
  coverage: z.number(),
  served: z.number().int(),
  errors: z.number().int(),
});

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

const candidateSchema = z
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

const specialistSchema = z
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

export const taskSchema = z
  .object({
    task: taskRowSchema,
    labels: list(z.string()).nullable().describe('Callers’ words: null below the role of a reviewer.'),
    sites: z.number().int().describe('Call sites whose calls belong to it.'),
    callSites: list(callSiteSchema),
    excluded: z
      .object({ at: time, by: z.string(), reason: z.string() })
      .nullable()
      .describe('A person wants it neither learnt nor served.'),
    decisions: list(taskDecisionSchema).describe('What people have said about it, the newest first.'),
    specialist: specialistSchema.nullable().describe('The one in service, else the newest.'),
    versions: list(
      z.object({
        id: z.string(),
        version: z.number().int(),
        rung: z.string(),
        createdAt: time,
        passed: z.boolean(),
        coverage: z.number(),
        servedError: rateSchema,
        stage: stageSchema.nullable(),
      }),
    ),
    candidates: list(candidateSchema).describe('As the newest learning run saw them.'),
    reasons: list(z.object({ reason: z.string(), calls: z.number().int() })).describe('Of its latest calls.'),
    mistakes: list(
      z.object({ callId: z.string(), at: time, stage: stageSchema, confidence: z.number() }),
    ).describe('Audited calls whose answers differed, the most confident first.'),
    deployment: deploymentSchema.nullable(),
    proposal: deploymentSchema.nullable().describe('What waits for a person’s approval.'),
    stopped: z
      .object({ at: time, by: z.string(), reason: z.string() })
      .nullable()
      .describe('Who has stopped it: all its calls go to the LLM.'),
  })
  .openapi('Task');

export const callRowSchema = z
  .object({
    id: z.string(),
    at: time,
    taskId: z.string().nullable(),
    taskName: z.string().nullable(),
    servedBy: z.enum(['llm', 'specialist']),
    specialistId: z.string().nullable(),
    reason: z.string(),
    confidence: z.number().nullable(),
    model: z.string().nullable().describe('That the agent asked for; null where its day was erased.'),
    status: z.number().int(),
    stream: z.boolean(),
    latencyMs: z.number(),
    promptTokens: z.number().int(),
    completionTokens: z.number().int(),
    cachedTokens: z.number().int(),
  })
  .openapi('CallRow');

export const callListSchema = z
  .object({
    calls: list(callRowSchema),
    next: z.string().nullable().describe('Give it as `cursor` for the next page; null on the last one.'),
  })
  .openapi('CallList');

export const callSchema = z
  .object({
    call: callRowSchema,
    audit: z.enum(['agreed', 'differed']).nullable().describe('Null where it was not compared.'),
    feedback: z.number().int(),
    openings: list(z.object({ at: time, by: z.string() })).describe('Who opened its payload, newest first.'),
  })
  .openapi('Call');

export const explanationSchema = z
  .object({
    callId: z.string(),
    at: time,
    summary: z.string(),
    served: z.object({ by: z.string(), reason: z.string() }),
    task: z
      .object({ id: z.string(), name: z.string(), kind: kindSchema, sites: z.number().int() })
      .nullable(),
    deployment: z
      .object({
        id: z.string(),
        stage: stageSchema.describe('When the call came.'),
        specialistId: z.string(),
        version: z.number().int().nullable(),
        rung: z.string().nullable(),
      })
      .nullable(),
    steps: list(
      z.object({
        step: z.string(),
        outcome: z.enum(['passed', 'decided', 'not-reached']),
        detail: z.string(),
      }),
    ).describe('What the router asks, in its order; one of them decided.'),
    confidence: z
      .object({
        value: z.number(),
        threshold: z.number().nullable(),
        signals: list(z.object({ signal: z.string(), weight: z.number() })).describe(
          'What the confidence is made of, and how much each counts in its log odds.',
        ),
      })
      .nullable(),
    candidates: list(candidateSchema),
    wouldChange: list(z.string()).describe('What would have changed the decision.'),
    audit: z.enum(['agreed', 'differed']).nullable(),
  })
  .openapi('Explanation');

export const eventSchema = z
  .object({
    id: z.string(),
    at: time,
    kind: z.string(),
    subject: z.string(),
    text: z.string().describe('What happened, in a sentence.'),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('Event');

export const eventListSchema = z
  .object({ events: list(eventSchema), next: z.string().nullable() })
  .openapi('EventList');

export type Session = z.infer<typeof sessionSchema>;
export type Overview = z.infer<typeof overviewSchema>;
export type Attention = z.infer<typeof attentionSchema>;
export type ErrorShare = z.infer<typeof errorShareSchema>;
export type TaskRow = z.infer<typeof taskRowSchema>;
export type TaskList = z.infer<typeof taskListSchema>;
export type TaskDetail = z.infer<typeof taskSchema>;
export type SpecialistView = z.infer<typeof specialistSchema>;
export type CandidateView = z.infer<typeof candidateSchema>;
export type RiskPointView = z.infer<typeof riskPointSchema>;
export type DeploymentView = z.infer<typeof deploymentSchema>;
export type DeploymentList = z.infer<typeof deploymentListSchema>;
export type AuditList = z.infer<typeof auditListSchema>;
export type CallRow = z.infer<typeof callRowSchema>;
export type CallList = z.infer<typeof callListSchema>;
export type CallDetail = z.infer<typeof callSchema>;
export type Explanation = z.infer<typeof explanationSchema>;
export type EventView = z.infer<typeof eventSchema>;
export type EventList = z.infer<typeof eventListSchema>;
export type ApiError = z.infer<typeof errorSchema>;
