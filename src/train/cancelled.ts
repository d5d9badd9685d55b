/** The error of a training that was cancelled. */
import { UnderstudyError } from '../core/errors.ts';

export const RESUME_HINT = 'Start it again to resume from the last checkpoint.';

export function trainingCancelled(hint = RESUME_HINT): UnderstudyError {
  return new UnderstudyError('cancelled', 'The training was cancelled.', { hint });
}
