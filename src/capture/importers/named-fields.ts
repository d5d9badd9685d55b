/** Fields that the user names, for logs that keep session or time under names of their own. */
import { isObject, type Json } from '../../core/json.ts';
import type { ReadRecord, RecordContext } from './importer.ts';
import { sessionOf } from './sessions.ts';

/** Where session and time stand in a record: names, or paths with dots (`metadata.ticket`). */
export interface NamedFields {
  readonly session?: string;
  readonly time?: string;
}

/** The calls of a record with what stands in the named fields, where anything does, in place of what was found. */
export function withNamedFields(
  read: ReadRecord,
  record: Json,
  fields: NamedFields,
  context: RecordContext,
): ReadRecord {
  if ('skipped' in read || (fields.session === undefined && fields.time === undefined)) return read;
  const session = sessionOf({ session: fieldAt(record, fields.session) ?? null });
  const at = context.time(fieldAt(record, fields.time));
  return {
    ...read,
    calls: read.calls.map((call) => ({
      ...call,
      ...(session === null ? {} : { sessionId: session }),
      ...(at === null ? {} : { at }),
    })),
  };
}

function fieldAt(record: Json, path: string | undefined): Json | undefined {
  if (path === undefined) return undefined;
  let value: Json | undefined = record;
  // A name may hold dots itself.
  if (isObject(record) && Object.hasOwn(record, path)) return record[path];
  for (const name of path.split('.')) {
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}
