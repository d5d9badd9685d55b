/**
 * For tests of robustness: bodies that are nearly right and in any place wrong, all that is done with a call on its way, and
 * values that count how often they are read.
 */
import fc from 'fast-check';
import { signatureOf } from '../../src/callsite/signature.ts';
import { answerOf, targetOf } from '../../src/core/answer.ts';
import type { CallRequest, CallResponse } from '../../src/core/call.ts';
import { whyNoAnswer } from '../../src/core/ending.ts';
import type { Json } from '../../src/core/json.ts';
import { policyReason } from '../../src/core/policy.ts';
import { referenceOf } from '../../src/core/reference.ts';
import { misfit } from '../../src/route/misfit.ts';
import type { Dialect } from '../../src/wire/dialect.ts';
import { requestToJson } from '../../src/wire/openai-chat-request.ts';

/** Names that every object has. */
export const OBJECT_KEYS = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];
export const anything = fc.json({ maxDepth: 3 }).map((text) => JSON.parse(text) as Json);
export const word = fc.oneof(
  fc.constantFrom(...OBJECT_KEYS, 'a', '', 'stop', 'assistant', 'function'),
  fc.string(),
);
/** A field as it should be, or anything at all. */
const orAnything = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: anything });
/** An object with any of these fields. */
export const some = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  fc.record(Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, orAnything(value)])), {
    requiredKeys: [],
    noNullPrototype: true,
  });
export const list = (item: fc.Arbitrary<unknown>) => fc.array(orAnything(item), { maxLength: 4 });

/** All that is done with a call on its way, before a task is known. */
export function handle(dialect: Dialect, request: CallRequest | null, response: CallResponse | null): void {
  if (request) {
    signatureOf(request);
    policyReason(request);
    JSON.stringify(requestToJson(request));
  }
  if (!response) return;
  const answer = answerOf(response);
  targetOf(answer);
  for (const kind of ['label', 'json', 'tool', 'text'] as const)
    referenceOf({ kind, labels: ['a'] }, response);
  if (!request) return;
  whyNoAnswer(request, response);
  misfit(request, answer);
  const reply = { id: 'x', at: 0, request, response };
  dialect.renderResponse(reply);
  dialect.renderStream(reply);
}

/** The value, which counts every reading of a property anywhere in it. */
export function counted(value: Json): { readonly value: Json; readonly reads: () => number } {
  let reads = 0;
  const wrap = (inner: Json): Json =>
    typeof inner !== 'object' || inner === null
      ? inner
      : (new Proxy(inner, {
          get: (target, key) => {
            reads++;
            const found = Reflect.get(target, key) as Json;
            return typeof key === 'string' && Object.hasOwn(target, key) ? wrap(found) : found;
          },
        }) as Json);
  return { value: wrap(value), reads: () => reads };
}
