/** Why calls were served by whom, as lists of them offer it to choose from; what each means stands in core/call.ts. */
import type { Served } from '../core/call.ts';

export const REASONS = [
  'confident',
  'low-confidence',
  'invalid-output',
  'unfamiliar-input',
  'no-specialist',
  'stopped',
  'shadow',
  'canary',
  'policy',
  'overload',
  'error',
  'asked-for',
  'audit',
  'too-large',
  'pass-through',
] as const satisfies readonly Served['reason'][];
