/** Errors as the API answers with them: code, message, hint and facts, with the status. */
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { ApiError } from './schemas/common.ts';

/**
 * What is not foreseen is told in the log, not to the caller.
 * @param request The one that is answered: where its body was not read to its end, the connection can take no other request.
 */
export function errorResponse(error: unknown, log: (line: string) => void, request?: Request): Response {
  const known = error instanceof UnderstudyError ? error : unforeseen(error, log);
  const body: ApiError = {
    error: { code: known.code, message: known.message, hint: known.hint, data: { ...known.data } },
  };
  // A body that is being read, or was in part, counts as unread: nobody tells which.
  const connection = request && request.body !== null ? { connection: 'close' } : {};
  const headers = { 'cache-control': 'no-store', ...connection };
  return Response.json(body, { status: known.status, headers });
}

function unforeseen(error: unknown, log: (line: string) => void): UnderstudyError {
  log(`admin: ${messageOf(error)}`);
  return new UnderstudyError('internal', 'The server could not answer.', {
    hint: 'This was not foreseen; the log of `understudy start` has more.',
  });
}
