/** Why calls were served by whom, as lists of them offer it to choose from; what each means stands in core/call.ts. */
import type { Served } from '../core/call.ts';

const ALL: Readonly<Record<Served['reason'], true>> = {
  confident: true,
  'low-confidence': true,
  'invalid-output': true,
  'unfamiliar-input': true,
  'no-specialist': true,
  stopped: true,
  shadow: true,
  canary: true,
  policy: true,
  'session-limit': true,
  overload: true,
  error: true,
  'asked-for': true,
  audit: true,
  'too-large': true,
  'pass-through': true,
};

/** None can be missing: the type has them all. */
export const REASONS = Object.keys(ALL) as [Served['reason'], ...Served['reason'][]];
