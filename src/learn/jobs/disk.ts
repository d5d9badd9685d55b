/** How much a folder holds. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the files at or below `dir`; 0 where it is missing. What goes meanwhile counts as gone. */
export async function bytesBelow(dir: string): Promise<number> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(path);
    else if (entry.isFile())
      bytes += await stat(path).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return bytes;
}
