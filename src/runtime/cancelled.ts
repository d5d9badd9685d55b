/** The error of a request to a model that its caller gave up. */
import { UnderstudyError } from '../core/errors.ts';

/** Status 499: the client closed the request. */
export function requestCancelled(cause?: unknown): UnderstudyError {
  return new UnderstudyError('cancelled', 'The request to the model was cancelled.', {
    hint: 'Send it again.',
    status: 499,
    cause,
  });
}
