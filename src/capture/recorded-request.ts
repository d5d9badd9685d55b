/**
 * A recorded request as a specialist reads it: as it is, since it was redacted when it was recorded. The originals are
 * gone, so an answer keeps the surrogates that it copies; whether each can be put back is told as for a live request
 * (live-redaction.ts), with one difference: short surrogates (an age, a house number) cannot be told from numbers here.
 */
import type { CallRequest } from '../core/call.ts';
import type { RedactedRequest } from '../core/online.ts';
import { surrogatesIn } from './redact/redact.ts';

export function recordedRequest(request: CallRequest): RedactedRequest {
  return {
    request,
    reveal: (answer) => {
      const surrogates = surrogatesIn(answer);
      if (surrogates.length === 0) return answer;
      const said = request.messages
        .map(({ content, toolCalls = [] }) => content + toolCalls.map((call) => call.arguments).join(' '))
        .join('\n');
      return surrogates.every((surrogate) => said.includes(surrogate)) ? answer : null;
    },
  };
}
