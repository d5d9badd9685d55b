/**
 * Whether a specialist's text is an answer that the agent could use: of the task's kind, within its labels,
 * valid under the response format's schema or the tools' parameters.
 */
import { Ajv, type ValidateFunction } from 'ajv';
import { type Answer, parseAnswer } from '../core/answer.ts';
import type { CallRequest } from '../core/call.ts';
import { isObject, type Json } from '../core/json.ts';
import type { Task } from '../core/task.ts';

/** Checks one answer text in the light of the request it answers; null where it must not be used. */
export type AnswerCheck = (text: string, request: CallRequest) => Answer | null;

/** Some agents write today's choices into their schemas: these many are kept, the rest is compiled again. */
const MOST_SCHEMAS = 64;

/**
 * A check for one task. Schemas are compiled once each and kept; a schema that cannot be compiled lets nothing
 * through, since what cannot be checked must not be served.
 */
export function answerCheck(task: Task): AnswerCheck {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const compiled = new Map<string, ValidateFunction | null>();
  const labels = new Set(task.labels);
  const valid = (schema: Json | undefined, value: Json): boolean => {
    if (!isObject(schema)) return true;
    const key = JSON.stringify(schema);
    let validate = compiled.get(key);
    if (validate === undefined) {
      try {
        validate = ajv.compile(schema);
      } catch {
        validate = null;
      }
      // Else Ajv keeps every schema it has seen, and refuses the next one of the same $id.
      ajv.removeSchema(schema);
      for (const oldest of compiled.keys()) {
        if (compiled.size < MOST_SCHEMAS) break;
        compiled.delete(oldest);
      }
      compiled.set(key, validate);
    }
    return validate !== null && validate(value) === true;
  };
  return (text, request) => {
    const answer = parseAnswer(task.kind, text);
    if (answer === null) return null;
    switch (answer.kind) {
      case 'text':
        return task.kind !== 'label' || labels.has(answer.text) ? answer : null;
      case 'json':
        return valid(schemaOf(request), answer.value) ? answer : null;
      case 'tool': {
        const right = answer.uses.every((use) => {
          const tool = request.tools.find((candidate) => candidate.name === use.name);
          return tool !== undefined && isObject(use.arguments) && valid(tool.parameters, use.arguments);
        });
        return right ? answer : null;
      }
    }
  };
}

/** The schema that the request asks its answer to follow, in OpenAI's place for it. */
function schemaOf(request: CallRequest): Json | undefined {
  const wrapper = request.responseFormat?.json_schema;
  return isObject(wrapper) ? wrapper.schema : undefined;
}
