/**
 * `POST <base>/feedback`: what a caller says of a call or a session, answered here and never forwarded. It is in the journal
 * before it is answered.
 * Does not: say what feedback is (core/feedback.ts), or keep it (capture/).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { UnderstudyError } from '../core/errors.ts';
import { parseFeedback } from '../core/feedback.ts';
import { newId } from '../core/ids.ts';
import type { GatewayContext } from './exchange.ts';

/** With or without the version path: the base URLs of clients differ in it. */
const PATHS: ReadonlySet<string> = new Set(['/v1/feedback', '/feedback']);

/** @param path Without its query. */
export function isFeedback(path: string): boolean {
  return PATHS.has(path);
}

/**
 * Answers with the feedback's id. @throws UnderstudyError 'bad-input' (400, 405, 413) for what is none; 'unavailable' (503)
 * where it could not be written down, or not soon enough.
 */
export async function takeFeedback(
  { readBody, recorder, now }: Pick<GatewayContext, 'readBody' | 'recorder' | 'now'>,
  request: IncomingMessage,
  response: ServerResponse,
  cors: readonly string[],
): Promise<void> {
  if (request.method !== 'POST') {
    request.resume();
    throw new UnderstudyError('bad-input', `Feedback is given with POST, not ${request.method}.`, {
      hint: 'docs/feedback.md has examples.',
      status: 405,
    });
  }
  const at = now();
  const body = await readBody(request);
  try {
    const feedback = parseFeedback(Buffer.from(body.bytes).toString('utf8'));
    // With an id that the caller knows, it can be sent again after any failure.
    const id = feedback.id ?? newId('feedback', at);
    if (!(await recorder.recordFeedback({ ...feedback, id }, at))) {
      throw new UnderstudyError('unavailable', 'The feedback is not known to be recorded.', {
        hint: 'Send it again, with an `id` of your own, so that it counts once.',
        status: 503,
      });
    }
    const text = JSON.stringify({ id });
    const length = String(Buffer.byteLength(text));
    response.writeHead(200, ['content-type', 'application/json', 'content-length', length, ...cors]);
    response.end(text);
  } finally {
    body.release();
  }
}
