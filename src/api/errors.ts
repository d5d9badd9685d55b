/** Errors as the API answers with them: code, message, hint and facts, with the status. */
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { ApiError } from './schemas/common.ts';

/** What is not foreseen is told in the log, not to the caller. */
export function errorResponse(error: unknown, log: (line: string) => void): Response {
  const known = error instanceof UnderstudyError ? error : unforeseen(error, log);
  const body: ApiError = {
    error: { code: known.code, message: known.message, hint: known.hint, data: { ...known.data } },
  };
  return Response.json(body, { status: known.status, headers: { 'cache-control': 'no-store' } });
}

function unforeseen(error: unknown, log: (line: string) => void): UnderstudyError {
  log(`admin: ${messageOf(error)}`);
  return new UnderstudyError('internal', 'The server could not answer.', {
    hint: 'This was not foreseen; the log of `understudy start` has more.',
  });
}
