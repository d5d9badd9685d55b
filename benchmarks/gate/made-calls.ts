/**
 * Made-up recorded calls of one task, the dataset that learning makes of them, and whether a specialist with known errors
 * passes the gate on it: for simulations of what is counted.
 */
import type { Call } from '../../src/core/call.ts';
import type { Dataset, Example } from '../../src/core/dataset.ts';
import type { Task } from '../../src/core/task.ts';
import { buildDataset } from '../../src/curate/dataset.ts';
import { earlierSessions } from '../../src/evaluate/evaluate.ts';
import { testThresholds } from '../../src/evaluate/gate.ts';
import type { ScoredAnswer } from '../../src/evaluate/gate-order.ts';
import { rateOf } from '../../src/stats/statistics.ts';

export const [EPSILON, DELTA] = [0.02, 0.05] as const;

const TASK: Task = {
  id: 'task_1',
  name: 'a task',
  kind: 'label',
  labels: ['yes', 'no'],
  tools: [],
  responseFormat: null,
  sites: [
    {
      id: 'site_1',
      system: null,
      user: { pieces: ['', ''] },
      toolNames: [],
      formatHash: '',
      turn: 'user',
    },
  ],
  calls: 0,
};

/** A call in a session of its own, which the LLM answered. @param n Its place in the traffic. */
export function madeCall(n: number, input: string, answer: string, over: Partial<Call> = {}): Call {
  const id = `call_${n}`;
  return {
    id,
    at: 1e12 + n * 60_000,
    sessionId: id,
    origin: '',
    tags: {},
    request: {
      model: 'm',
      tools: [],
      stream: false,
      params: {},
      messages: [{ role: 'user', content: input }],
    },
    response: {
      model: 'm',
      finishReason: 'stop',
      usage: null,
      message: { role: 'assistant', content: answer },
    },
    status: 200,
    latencyMs: 1,
    served: { by: 'llm', reason: 'no-specialist' },
    ...over,
  };
}

export const datasetOf = (calls: readonly Call[]): Dataset => buildDataset(TASK, calls, { seed: 1 });

type IsWrong = (example: Pick<Example, 'input' | 'answer'>) => boolean;

/** Whether a specialist that is equally sure of all its answers passes the gate. */
export function passes(dataset: Dataset, isWrong: IsWrong): boolean {
  const scored = (examples: readonly Example[]): ScoredAnswer[] =>
    examples.map((example) => ({
      confidence: 0.9,
      correct: !isWrong(example),
      session: example.sessionId,
    }));
  const { validation, calibration } = dataset.splits;
  const run = { epsilon: EPSILON, delta: DELTA, earlierSessions: earlierSessions(dataset) };
  return testThresholds(scored(validation), scored(calibration), run).chosen !== null;
}

/** Share of the calibration split that it gets wrong. */
export const wrongShare = ({ splits: { calibration } }: Dataset, isWrong: IsWrong): number =>
  calibration.filter(isWrong).length / calibration.length;

/** How often it happens in the runs. */
export function shareOfRuns(runs: number, happens: (run: number) => boolean): ReturnType<typeof rateOf> {
  let hits = 0;
  for (let run = 0; run < runs; run++) if (happens(run)) hits++;
  return rateOf(hits, runs);
}
