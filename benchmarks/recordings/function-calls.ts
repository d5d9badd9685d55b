/**
 * The tool calls that recorded models made to the questions of the Berkeley Function Calling Leaderboard, however each
 * writes them: JSON, or calls in Python's notation. Does not: judge them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type Json, type JsonObject, parseJson } from '../../src/core/json.ts';
import type { RecordedCall } from '../parts/leaderboard.ts';

const PREFIX = 'gorilla_openfunctions_v1_test_';

/** The models whose outputs are there. */
export const recordedModels = (dataDir: string): string[] =>
  readdirSync(join(dataDir, 'bfcl-v1/outputs')).sort();

/** A model's calls by question; null where what it wrote is no call. */
export function callsOf(
  dataDir: string,
  model: string,
  kinds: readonly string[],
): Map<string, RecordedCall[] | null> {
  const out = new Map<string, RecordedCall[] | null>();
  for (const kind of kinds) {
    const text = readFileSync(
      join(dataDir, 'bfcl-v1/outputs', model, `${PREFIX}${kind}_result.json`),
      'utf8',
    );
    for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
      const { id, result } = JSON.parse(line) as JsonObject;
      out.set(String(id), readCalls(result ?? null));
    }
  }
  return out;
}

function readCalls(result: Json): RecordedCall[] | null {
  if (Array.isArray(result)) return fromEntries(result);
  if (typeof result !== 'string') return null;
  const value = parseJson(result);
  if (isObject(value) && Array.isArray(value.tool_calls))
    return value.tool_calls.map((call) => {
      const { name, arguments: given } = isObject(call) ? call : {};
      return made(String(name), given ?? {});
    });
  return pythonCalls(result);
}

/** As the function calling API gave them: name and arguments as JSON text. */
const fromEntries = (result: readonly Json[]): RecordedCall[] =>
  result
    .filter(isObject)
    .flatMap((call) =>
      Object.entries(call).map(([name, args]) =>
        made(name, typeof args === 'string' ? (parseJson(args) ?? args) : args),
      ),
    );

/** The API allows no dots in names. */
const made = (name: string, args: Json): RecordedCall => ({
  name: name.replaceAll('.', '_'),
  arguments: args,
});

/** Reads `[name(key=literal, …), …]`, or one such call alone; null where it is something else. */
function pythonCalls(text: string): RecordedCall[] | null {
  let rest = text.trim();
  const takes = (pattern: RegExp): string | null => {
    const found = pattern.exec(rest)?.[0] ?? null;
    if (found !== null) rest = rest.slice(found.length).trimStart();
    return found;
  };
  const need = (pattern: RegExp): string => {
    const found = takes(pattern);
    if (found === null) throw new SyntaxError(`No ${pattern} in ${rest}`);
    return found;
  };
  const listUntil = <T>(end: RegExp, item: () => T): T[] => {
    const items: T[] = [];
    while (takes(end) === null) {
      items.push(item());
      if (takes(/^,/) === null) {
        need(end);
        break;
      }
    }
    return items;
  };
  const literal = (): Json => {
    if (takes(/^\[/)) return listUntil(/^\]/, literal);
    if (takes(/^\(/)) return listUntil(/^\)/, literal);
    if (takes(/^\{/))
      return Object.fromEntries(
        listUntil(/^\}/, () => {
          const key = String(literal());
          need(/^:/);
          return [key, literal()];
        }),
      );
    const word = takes(/^(True|False|None|true|false|null)\b/);
    if (word !== null) return /^[tT]/.test(word) ? true : /^[fF]/.test(word) ? false : null;
    const number = takes(/^-?\d+(\.\d*)?([eE][+-]?\d+)?/);
    if (number !== null) return Number(number);
    const quoted = need(/^("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/s);
    return quoted
      .slice(1, -1)
      .replace(/\\(.)/gs, (_, mark: string) => (mark === 'n' ? '\n' : mark === 't' ? '\t' : mark));
  };
  const call = (): RecordedCall => {
    const name = need(/^[A-Za-z_][\w.]*/);
    need(/^\(/);
    const args = listUntil(/^\)/, (): [string, Json][] => {
      const key = takes(/^[A-Za-z_]\w*\s*=/);
      if (key !== null) return [[key.slice(0, -1).trim(), literal()]];
      const value = literal();
      if (!isObject(value)) throw new SyntaxError('An argument without a name.');
      return Object.entries(value);
    });
    return made(name, Object.fromEntries(args.flat()));
  };
  try {
    const calls = takes(/^\[/) ? listUntil(/^\]/, call) : [call()];
    return rest === '' && calls.length > 0 ? calls : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
