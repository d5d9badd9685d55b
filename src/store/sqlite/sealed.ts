/** Rows whose content is sealed: written and read with the store's cipher. */

import type { Cipher } from '../../core/cipher.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { Row } from './database.ts';

/** What a sealed row is bound to: it cannot be moved to another one. */
export function aboutRow(table: string, id: string): string {
  return `${table} ${id}`;
}

export interface SealedRows {
  write(table: string, id: string, value: unknown): Uint8Array;
  /** @throws UnderstudyError 'bad-config' for another master key, 'corrupt' for what is not sealed. */
  read<T>(table: string, id: string, sealed: unknown): T;
  /** Reads rows of a table that have the columns `id` and `sealed`. @throws as read. */
  reader<T>(table: string): (row: Row) => T;
}

export function sealedRows(cipher: Cipher): SealedRows {
  const read = <T>(table: string, id: string, sealed: unknown): T => {
    if (sealed instanceof Uint8Array) return JSON.parse(cipher.open(sealed, aboutRow(table, id))) as T;
    throw new UnderstudyError('corrupt', `The row ${id} of ${table} is not sealed.`, {
      hint: 'Restore the store from a backup.',
    });
  };
  return {
    read,
    reader:
      <T>(table: string) =>
      (row) =>
        read<T>(table, String(row.id), row.sealed),
    write: (table, id, value) => cipher.seal(JSON.stringify(value), aboutRow(table, id)),
  };
}
