/** The tasks of the made-up day (admin-day.ts): what each is, and when it came into which stage. */
import type { Stage } from '../../src/core/deployment.ts';
import type { Rung } from '../../src/core/specialist.ts';
import type { Task } from '../../src/core/task.ts';

export const HOUR = 3_600_000;
export const HOURS = 36;
/** Share of a live specialist's calls that is audited. */
export const AUDITED = 0.3;
export const LABELS = ['order', 'return', 'payment', 'delivery', 'complaint', 'other'];

export interface TaskPlan {
  readonly id: string;
  readonly name: string;
  readonly kind: Exclude<Task['kind'], 'mixed'>;
  readonly rung: Rung;
  readonly base: string | null;
  /** Share of its answers that are correct. */
  readonly accuracy: number;
  readonly passed: boolean;
  /** When its stages began, in hours from the beginning; the first with the gate's reason. */
  readonly stages: readonly (readonly [Stage, number, string?])[];
  readonly callsAnHour: number;
  readonly latencyMs: number;
}

export const PLANS: readonly TaskPlan[] = [
  {
    id: 'task_triage',
    name: 'Sort the message into a category',
    kind: 'label',
    rung: 'head',
    base: 'all-minilm-l6-v2',
    accuracy: 0.985,
    passed: true,
    callsAnHour: 40,
    latencyMs: 6,
    stages: [
      [
        'shadow',
        6,
        '212 held-back calls at or above the threshold, 1 of them wrong: at most 2 % with 95 % confidence',
      ],
      ['canary', 8],
      ['live', 12],
    ],
  },
  {
    id: 'task_details',
    name: 'Extract the order’s details',
    kind: 'json',
    rung: 'extractor',
    base: 'all-minilm-l6-v2',
    accuracy: 0.975,
    passed: true,
    callsAnHour: 24,
    latencyMs: 21,
    stages: [
      [
        'shadow',
        10,
        '260 held-back calls at or above the threshold, 1 of them wrong: at most 2 % with 95 % confidence',
      ],
      ['canary', 20],
    ],
  },
  {
    id: 'task_action',
    name: 'look_up_order, create_refund, escalate',
    kind: 'tool',
    rung: 'lora',
    base: 'smollm2-135m-instruct-q4_1',
    accuracy: 0.96,
    passed: true,
    callsAnHour: 14,
    latencyMs: 480,
    stages: [
      [
        'shadow',
        26,
        '198 held-back calls at or above the threshold, none of them wrong: at most 2 % with 95 % confidence',
      ],
    ],
  },
  {
    id: 'task_priority',
    name: 'How urgent is it',
    kind: 'label',
    rung: 'lexical',
    base: null,
    accuracy: 0.9,
    passed: true,
    callsAnHour: 16,
    latencyMs: 1,
    stages: [
      [
        'shadow',
        2,
        '170 held-back calls at or above the threshold, none of them wrong: at most 2 % with 95 % confidence',
      ],
      ['canary', 5],
      ['live', 9],
      ['retired', 30],
    ],
  },
  {
    id: 'task_reply',
    name: 'Draft a reply to the customer',
    kind: 'text',
    rung: 'lora',
    base: 'smollm2-135m-instruct-q4_1',
    accuracy: 0.4,
    passed: false,
    callsAnHour: 10,
    latencyMs: 900,
    stages: [],
  },
];
