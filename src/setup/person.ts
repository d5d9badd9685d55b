/** Who runs this program, for the audit trail. */
import { userInfo } from 'node:os';
import type { Actor } from '../core/trail.ts';

/** By their name on this machine; 'unknown' where it has none for them (containers). */
export function person(): Actor {
  try {
    return { kind: 'user', name: userInfo().username };
  } catch {
    return { kind: 'user', name: 'unknown' };
  }
}
