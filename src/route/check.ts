/**
 * Whether a specialist's text is an answer that the agent could use: of the task's kind, within its labels,
 * valid under the response format's schema or the tools' parameters.
 */
import { type Answer, parseAnswer } from '../core/answer.ts';
import type { CallRequest } from '../core/call.ts';
import { isKnownToFit, tokenLimit } from '../core/demands.ts';
import { schemaOfFormat } from '../core/format.ts';
import { contentHash } from '../core/ids.ts';
import { isObject, type Json } from '../core/json.ts';
import { indexOfLabel, labelOf } from '../core/label.ts';
import type { Task } from '../core/task.ts';
import { type SchemaCheck, schemaCompiler } from './schemas.ts';

/** Checks one answer text in the light of the request it answers; null where it must not be used. */
export type AnswerCheck = (text: string, request: CallRequest) => Answer | null;

/** Some agents write today's choices into their schemas: these many are kept, the rest is compiled again. */
const MAX_SCHEMAS = 64;

/**
 * Why no answer of the task could be served, in words for its report; null where some can. What each request brings along
 * is checked when it comes.
 */
export function whyUncheckable({ kind, responseFormat, tools }: Task): string | null {
  const compile = schemaCompiler();
  const canCheck = (schema: Json | undefined): boolean =>
    !isObject(schema) || compile(schema, JSON.stringify(schema)) !== null;
  const what =
    kind === 'json' && !canCheck(schemaOfFormat(responseFormat ?? undefined))
      ? 'Its response format has a schema'
      : kind === 'tool' && tools.length > 0 && !tools.some(({ parameters }) => canCheck(parameters))
        ? 'Its tools have schemas'
        : null;
  return what && `${what} that answers cannot be checked against, and what is not checked is not served.`;
}

/**
 * A check for one task. Schemas are compiled once each and kept; a schema that cannot be compiled lets nothing
 * through, since what cannot be checked must not be served.
 */
export function answerCheck(task: Task): AnswerCheck {
  const compile = schemaCompiler();
  const compiled = new Map<string, SchemaCheck | null>();
  const valid = (schema: Json | undefined, value: Json): boolean => {
    // `false` allows nothing; what is no schema at all says nothing.
    if (!isObject(schema)) return schema !== false;
    const text = JSON.stringify(schema);
    // Not the text: schemas are large.
    const key = contentHash(text, 32);
    let check = compiled.get(key);
    if (check === undefined) {
      check = compile(schema, text);
      for (const oldest of compiled.keys()) {
        if (compiled.size < MAX_SCHEMAS) break;
        compiled.delete(oldest);
      }
      compiled.set(key, check);
    }
    return check?.(value) === true;
  };
  return (text, request) => {
    const answer = parseAnswer(task.kind, text);
    if (answer === null) return null;
    switch (answer.kind) {
      case 'text':
        return task.kind === 'label'
          ? checkedLabel(task, answer.text, request)
          : fitted(task, answer.text, request);
      case 'json':
        return valid(schemaOfFormat(request.responseFormat), answer.value) ? answer : null;
      case 'tool': {
        const tools = new Map(request.tools.map((tool) => [tool.name, tool.parameters]));
        const right = answer.uses.every(
          (use) =>
            tools.has(use.name) && isObject(use.arguments) && valid(tools.get(use.name), use.arguments),
        );
        return right ? answer : null;
      }
    }
  };
}

/** The label in the task's spelling, if it is one. */
function checkedLabel(task: Task, text: string, request: CallRequest): Answer | null {
  const label = labelOf(task.labels, text);
  if (indexOfLabel(task.labels, label) < 0) return null;
  return fitted(task, label, request);
}

/** The text as an answer, which fits the request's limit where the LLM has given it under as narrow a one. */
function fitted(task: Task, text: string, request: CallRequest): Answer {
  const limit = tokenLimit(request);
  const fits = limit !== null && isKnownToFit(task, text, limit);
  return { kind: 'text', text, ...(fits ? { fits } : {}) };
}
