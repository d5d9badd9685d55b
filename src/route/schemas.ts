/**
 * JSON Schemas as agents send them, made into checks: draft-07 (and the drafts 4 and 6 as far as they are the same),
 * 2019-09 and 2020-12. The `$schema` that is named decides; without one the dialect in which the schema compiles does.
 * A schema that cannot be compiled, or whose check might take long, gives no check.
 * Does not: keep what it made (check.ts).
 */
import { Ajv, type Options } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Json, JsonObject } from '../core/json.ts';
import { isLinear } from './patterns.ts';

export type SchemaCheck = (value: Json) => boolean;

/** Compiling takes up to 3 ms for each kilobyte, on the thread that all calls share. */
const MAX_SCHEMA_LENGTH = 64 * 1024;

/**
 * Most patterns mean the same with the flag `u`, which Unicode classes need. Others escape what `u` forbids to escape
 * (`\-`, `\_`): JavaScript reads them without it. @throws SyntaxError, which Ajv passes on.
 */
function patternOf(pattern: string): RegExp {
  if (!isLinear(pattern)) throw new SyntaxError('The pattern might take long.');
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return new RegExp(pattern);
  }
}

const OPTIONS: Options = {
  strict: false,
  validateFormats: false,
  // Else `constructor` is in every object.
  ownProperties: true,
  // Nobody reads its warnings, and they quote the schema.
  logger: false,
  // Compiled once and often used once: a fifth of the time without the optimiser, and nobody reads messages.
  messages: false,
  code: { optimize: false, regExp: Object.assign(patternOf, { code: 'patternOf' }) },
};

type Dialect = 'draft-07' | '2019-09' | '2020-12';

/** Made when first needed: each compiles its meta-schema. */
export function schemaCompiler(): (schema: JsonObject, text: string) => SchemaCheck | null {
  const known = new Map<Dialect, Ajv | Ajv2019 | Ajv2020>();
  const ajvOf = (dialect: Dialect): Ajv | Ajv2019 | Ajv2020 => {
    let ajv = known.get(dialect);
    if (!ajv) {
      ajv =
        dialect === '2020-12'
          ? new Ajv2020(OPTIONS)
          : dialect === '2019-09'
            ? new Ajv2019(OPTIONS)
            : new Ajv(OPTIONS);
      known.set(dialect, ajv);
    }
    return ajv;
  };
  const compileAs = (dialect: Dialect, schema: JsonObject): SchemaCheck | null => {
    const ajv = ajvOf(dialect);
    try {
      const validate = ajv.compile(schema);
      // An asynchronous check rejects instead of saying false.
      return '$async' in validate ? null : (value) => isTrue(() => validate(value));
    } catch {
      return null;
    } finally {
      // Else Ajv keeps every schema it has seen, and refuses the next one of the same $id.
      ajv.removeSchema(schema);
    }
  };
  return (schema, text) => {
    if (text.length > MAX_SCHEMA_LENGTH) return null;
    const { $schema, ...rest } = schema;
    // Ajv fails on it when it forgets the schema, and would keep it.
    if (rest.$id !== undefined && typeof rest.$id !== 'string') return null;
    for (const dialect of dialectsOf($schema)) {
      const check = compileAs(dialect, rest);
      if (check !== null) return check;
    }
    return null;
  };
}

/** A schema that refers to itself without end overflows the stack: then nothing is valid. */
function isTrue(check: () => unknown): boolean {
  try {
    return check() === true;
  } catch {
    return false;
  }
}

/** The dialects to try, best first. */
function dialectsOf($schema: Json | undefined): readonly Dialect[] {
  const name = typeof $schema === 'string' ? $schema : '';
  if (/draft-0[467]\b/.test(name)) return ['draft-07'];
  if (name.includes('2019-09')) return ['2019-09'];
  if (name.includes('2020-12')) return ['2020-12'];
  // The newest draft knows all keywords but the tuples of the older ones (`items` as a list), which it refuses.
  return ['2020-12', 'draft-07'];
}
