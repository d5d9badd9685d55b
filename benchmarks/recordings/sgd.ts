/**
 * The dialogues of the Schema-Guided Dialogue set as calls of an agent, a recording for each service: at each turn it has
 * the service's methods as tools, and calls one or speaks. Annotated dialogue, not recorded traffic of an LLM.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';

/** Services with at least 300 calls of their methods. */
export const SGD_SERVICES = [
  'Restaurants_1',
  'Events_1',
  'Flights_1',
  'Hotels_2',
  'Movies_1',
  'Media_1',
  'Banks_1',
  'Homes_1',
  'Buses_1',
  'RentalCars_1',
  'Services_1',
] as const;

/** The lines of a chat request/response file with the calls of one service's agent, dialogue by dialogue. */
export function sgdCalls(dataDir: string, service: string): JsonObject[] {
  const schemas = JSON.parse(readFileSync(join(dataDir, 'sgd/schemas.json'), 'utf8')) as JsonObject;
  const schema = schemas[service];
  if (!isObject(schema)) throw new Error(`There is no service ${service}.`);
  const tools = toolsOf(schema);
  const system = {
    role: 'system',
    content: `You are the assistant of this service: ${String(schema.description)}. Ask for what you need to know, tell what you find, and use the tools. Today is Friday, 2019-03-01.`,
  };
  return readFileSync(join(dataDir, 'sgd/dialogues.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Dialogue)
    .filter((dialogue) => dialogue.service === service)
    .flatMap((dialogue) => callsOf(dialogue, system, tools));
}

interface Dialogue {
  readonly service: string;
  readonly id: string;
  readonly turns: readonly (readonly Json[])[];
}

function callsOf({ id, turns }: Dialogue, system: JsonObject, tools: readonly JsonObject[]): JsonObject[] {
  const messages: JsonObject[] = [system];
  const lines: JsonObject[] = [];
  const answer = (message: JsonObject): void => {
    const request = { model: 'annotated', messages: [...messages], tools: [...tools] };
    lines.push({ session_id: id, request, response: completion(message) });
    messages.push(message);
  };
  for (const [i, [who, said = null, args = null, result = null]] of turns.entries()) {
    if (who === 'user') messages.push({ role: 'user', content: String(said) });
    else if (who === 'assistant') answer({ role: 'assistant', content: String(said) });
    else {
      const called = { name: String(said), arguments: JSON.stringify(args) };
      answer({
        role: 'assistant',
        content: null,
        tool_calls: [{ id: `call_${i}`, type: 'function', function: called }],
      });
      messages.push({ role: 'tool', tool_call_id: `call_${i}`, content: JSON.stringify(result) });
    }
  }
  return lines;
}

function completion(message: JsonObject): JsonObject {
  const finish = message.tool_calls === undefined ? 'stop' : 'tool_calls';
  return {
    object: 'chat.completion',
    model: 'annotated',
    choices: [{ index: 0, message, finish_reason: finish }],
  };
}

function toolsOf({ intents = [], slots = [] }: JsonObject): readonly JsonObject[] {
  const list = (value: Json): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
  const slotOf = new Map(list(slots).map((slot) => [String(slot.name), slot]));
  return list(intents).map(({ name = '', description = '', required_slots, optional_slots }) => {
    const required = Array.isArray(required_slots) ? required_slots.map(String) : [];
    const optional = isObject(optional_slots) ? Object.keys(optional_slots) : [];
    const properties = Object.fromEntries(
      [...required, ...optional].map((slot) => [
        slot,
        { type: 'string', description: slotOf.get(slot)?.description ?? '' },
      ]),
    );
    const parameters = { type: 'object', properties, required };
    return { type: 'function', function: { name, description, parameters } };
  });
}
