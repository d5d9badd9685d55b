/** Access as a gateway without keys has it. */
import { type AccessOptions, createAccess, type KeyedAccess } from '../../src/access/access.ts';

/** @param options.isRead Whether the keys (there are none) have been read. Default: true. */
export function openAccess({
  isRead = true,
  ...options
}: Partial<AccessOptions> & { readonly isRead?: boolean } = {}): KeyedAccess {
  const access = createAccess({
    keys: 'auto',
    hosts: [],
    origins: [],
    costOf: () => null,
    now: Date.now,
    ...options,
  });
  if (isRead) access.update([]);
  return access;
}
