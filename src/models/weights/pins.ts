/**
 * What was fetched from the hub, and with which hashes: written at the first download of a model whose hash nobody
 * stated beforehand, and strict from then on (trust on first use). Another content is then refused, whoever sends it.
 * Does not: compute hashes (download.ts).
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const pinSchema = z.strictObject({
  /** Where it came from: 'huggingface.co/OWNER/NAME', or a folder. */
  from: z.string(),
  /** The hub's commit; null for a folder. */
  commit: z.string().nullable(),
  /** When, ISO 8601. */
  at: z.string(),
  files: z
    .array(z.strictObject({ name: z.string(), bytes: z.int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .min(1),
});

export type Pin = z.infer<typeof pinSchema>;

const FILE = 'pinned.json';

/** The pin of a model in its folder below `weights/`; null where it has none that can be read. */
export function readPin(home: string): Pin | null {
  const path = join(home, FILE);
  if (!existsSync(path)) return null;
  try {
    return pinSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

export function writePin(home: string, pin: Pin): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = join(home, FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(pin, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
