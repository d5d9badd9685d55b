/** Counts in what providers send. */
import type { Json } from '../core/json.ts';

/** A count of tokens; 0 for what is none. */
export function tokenCount(raw: Json | undefined): number {
  return typeof raw === 'number' && Number.isFinite(raw) && raw > 0 ? raw : 0;
}
