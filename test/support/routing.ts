/** A task with one specialist that always answers 'late', and what a router needs to serve it. */
import type { CallRequest, CallResponse } from '../../src/core/call.ts';
import type { Audit, Deployment, Stage } from '../../src/core/deployment.ts';
import type { Specialist } from '../../src/core/specialist.ts';
import type { Task } from '../../src/core/task.ts';
import type { RouterOptions } from '../../src/route/router.ts';
import type { RoutingPlan } from '../../src/route/routes.ts';

const free = { pieces: ['', ''] };

/** A label task of one call site, whose prompts may be anything. */
export const LATE_TASK: Task = {
  id: 'task_1',
  name: 'a task',
  sites: [{ id: 'site_1', system: null, user: free, toolNames: [], formatHash: '', turn: 'user' }],
  kind: 'label',
  labels: ['late'],
  tools: [],
  responseFormat: null,
  calls: 0,
};

export const LATE_SPECIALIST = {
  id: 'spec_1',
  taskId: 'task_1',
  artefact: { rung: 'lexical', base: null, path: '', sha256: '', trainedMs: 0, figures: {} },
  confidence: { signals: ['p'], weights: [1], bias: 0 },
  evidence: { gate: {} },
} as unknown as Specialist;

const deploymentIn = (stage: Stage): Deployment => ({
  id: 'dep_1',
  taskId: 'task_1',
  specialistId: 'spec_1',
  stage,
  threshold: 0.5,
  history: [],
});

export function planIn(stage: Stage, task = LATE_TASK, specialist = LATE_SPECIALIST): RoutingPlan {
  return { tasks: [task], deployments: [deploymentIn(stage)], specialists: [specialist] };
}

/** The whole traffic goes to `task`, each call is audited, and answers are right where they equal the LLM's text. */
export const routerOptions = (task: Task, onAudit: (audit: Audit) => void): RouterOptions => ({
  runtimes: [
    {
      rungs: ['lexical'],
      predict: async () => ({ answer: 'late', signals: { p: 0.9 }, ms: 0 }),
      close: async () => {},
    },
  ],
  canaryShare: 1,
  auditProbability: () => 1,
  timeoutMs: 10_000,
  maxInFlight: 1,
  assign: () => task,
  right: (_, answer, llm) => answer.kind === 'text' && answer.text === llm.message.content,
  onAudit,
  now: () => 0,
});

export const asking = (content: string): CallRequest => ({
  model: 'm',
  messages: [{ role: 'user', content }],
  tools: [],
  stream: false,
  params: {},
});

/** The LLM's answer. */
export const saying = (content: string): CallResponse => ({
  model: 'm',
  message: { role: 'assistant', content },
  finishReason: 'stop',
  usage: null,
});
