/**
 * Which fields of a site's structured answers take few values, as those of a catalogue do: such values are the
 * application's words. A field whose values hardly ever come again holds names, numbers or addresses, and none of it is.
 * Values and inputs are told by digests, so nothing that a caller said is held here.
 * Does not: redact, or decide what a word may be (vocabulary.ts).
 */
import type { CallResponse } from '../core/call.ts';
import { isObject, type Json } from '../core/json.ts';

export interface FieldValues {
  /**
   * Notes a value of a field. Gives whether it is one of few that come again and again: that many inputs had it, and
   * nearly all that the field had so far has come more than once.
   * @param value @param input Digests.
   */
  isOfFew(path: string, value: string, input: string): boolean;
}

interface Field {
  calls: number;
  /** Calls whose value had come with another input before. */
  again: number;
  readonly inputs: Map<string, Set<string>>;
}

/** So many different inputs must have a value. */
const MIN_INPUTS = 5;
/** Before so many calls nothing is said of a field. */
const MIN_CALLS = 50;
/** Share of a field's calls whose value had come before: with 40 values and 400 calls it is 0.9. */
const MIN_AGAIN = 0.8;
/** Bounds on what is remembered. */
const MAX_FIELDS = 100;
const MAX_VALUES = 500;

/** Of one site; bounded in memory. */
export function fieldValues(): FieldValues {
  const fields = new Map<string, Field>();
  return {
    isOfFew(path, value, input) {
      let field = fields.get(path);
      if (field === undefined) {
        if (fields.size >= MAX_FIELDS) return false;
        field = { calls: 0, again: 0, inputs: new Map() };
        fields.set(path, field);
      }
      let inputs = field.inputs.get(value);
      if (inputs === undefined) {
        // A field of so many values is one of many, unless these were early ones that no longer come.
        if (field.inputs.size >= MAX_VALUES) {
          field.inputs.clear();
          field.calls = 0;
          field.again = 0;
        }
        inputs = new Set();
        field.inputs.set(value, inputs);
      }
      // The same input again says nothing new.
      if (inputs.has(input)) return false;
      field.calls++;
      if (inputs.size > 0) field.again++;
      if (inputs.size < MIN_INPUTS) inputs.add(input);
      return inputs.size >= MIN_INPUTS && field.calls >= MIN_CALLS && field.again >= MIN_AGAIN * field.calls;
    },
  };
}

/** Longer answers, and more fields of one, are not looked through: this is on a call's path. */
const MAX_CHARACTERS = 4096;
const MAX_STRINGS = 50;
const MAX_DEPTH = 8;

/** The strings in a JSON answer or in the arguments of tool calls, each with the path of its field. */
export function stringFields(response: CallResponse | null): { path: string; value: string }[] {
  const { content = '', toolCalls = [] } = response?.message ?? {};
  const found: { path: string; value: string }[] = [];
  const add = (path: string, value: Json, depth: number): void => {
    if (found.length >= MAX_STRINGS || depth > MAX_DEPTH) return;
    if (typeof value === 'string') found.push({ path, value });
    else if (Array.isArray(value)) for (const item of value) add(`${path}[]`, item, depth + 1);
    else if (isObject(value)) {
      for (const [name, item] of Object.entries(value)) add(`${path}.${name}`, item, depth + 1);
    }
  };
  const read = (path: string, text: string): void => {
    if (text.length > MAX_CHARACTERS || !/^\s*[{[]/.test(text)) return;
    try {
      add(path, JSON.parse(text) as Json, 0);
    } catch {
      // Not JSON: it has no fields.
    }
  };
  read('', content);
  for (const { name, arguments: args } of toolCalls) read(name, args);
  return found;
}
