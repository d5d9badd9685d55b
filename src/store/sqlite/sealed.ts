/** Rows whose content is sealed: written and read with the store's cipher. */

import type { Cipher } from '../../core/cipher.ts';
import { UnderstudyError } from '../../core/errors.ts';

/** What a sealed row is bound to: it cannot be moved to another one. */
export function aboutRow(table: string, id: string): string {
  return `${table} ${id}`;
}

export interface SealedRows {
  write(table: string, id: string, value: unknown): Uint8Array;
  /** @throws UnderstudyError 'bad-config' for another master key, 'corrupt' for what is not sealed. */
  read<T>(table: string, id: string, sealed: unknown): T;
}

export function sealedRows(cipher: Cipher): SealedRows {
  return {
    write: (table, id, value) => cipher.seal(JSON.stringify(value), aboutRow(table, id)),
    read: (table, id, sealed) => {
      if (sealed instanceof Uint8Array) return JSON.parse(cipher.open(sealed, aboutRow(table, id)));
      throw new UnderstudyError('corrupt', `The row ${id} of ${table} is not sealed.`, {
        hint: 'Restore the store from a backup.',
      });
    },
  };
}
