/**
 * The user's own part of the catalogue: `models.json` in the data folder, which `understudy models add` writes and a
 * person may edit.
 * Does not: hold what comes with Understudy (catalogue.ts).
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { CATALOGUE } from './catalogue.ts';
import type { CatalogueEntry } from './entry.ts';

const fileSchema = z.strictObject({
  name: z.string().min(1),
  inPackages: z.array(z.string()).default([]),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const entrySchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,80}$/, 'small letters, digits, points and hyphens'),
  kind: z.enum(['language', 'encoder']),
  parameters: z.int().nonnegative(),
  architecture: z.string(),
  context: z.int().positive(),
  license: z.string().min(1),
  languages: z.array(z.string()).default([]),
  promptFormat: z.string().nullable().default(null),
  toolFormat: z.string().nullable().default(null),
  quantisation: z.string().nullable().default(null),
  diskBytes: z.int().nonnegative(),
  memory: z.strictObject({ bytes: z.int().nonnegative(), measured: z.boolean() }),
  tools: z.enum(['none', 'limited', 'yes']).default('none'),
  dimensions: z.int().positive().optional(),
  benchmarks: z
    .array(z.strictObject({ name: z.string(), score: z.number(), source: z.string(), date: z.string() }))
    .default([]),
  sources: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('file'), path: z.string().min(1) }),
        z.strictObject({
          kind: z.literal('hub'),
          repository: z.string(),
          revision: z.string().optional(),
          files: z.array(z.string()).optional(),
        }),
      ]),
    )
    .min(1),
  files: z.array(fileSchema).default([]),
});

const ownSchema = z.strictObject({ models: z.array(entrySchema) });

const FILE = 'models.json';

/** @throws UnderstudyError 'bad-config' where the file cannot be read. */
export function ownModels(dataDir: string): readonly CatalogueEntry[] {
  const path = join(dataDir, FILE);
  if (!existsSync(path)) return [];
  try {
    const { models } = ownSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    // zod's optional properties may be undefined, those of an entry are absent.
    return models.map((entry) => ({ ...(entry as CatalogueEntry), origin: 'user' }));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new UnderstudyError('bad-config', `${path} is no catalogue of models: ${why}`, {
      hint: 'Mend it, or delete it and add the models again with `understudy models add`.',
      cause,
    });
  }
}

/** Everything that can be named: what comes with Understudy, then the user's own. */
export function catalogueOf(dataDir: string): readonly CatalogueEntry[] {
  return [...CATALOGUE, ...ownModels(dataDir)];
}

/** @throws UnderstudyError 'bad-input' where the catalogue has a model of this name already. */
export function refuseTaken(dataDir: string, name: string): void {
  if (!catalogueOf(dataDir).some((entry) => entry.name === name)) return;
  throw new UnderstudyError('bad-input', `The catalogue has a model ${name} already.`, {
    hint: 'Give another name, or remove it first with `understudy models remove`.',
    data: { model: name },
  });
}

/**
 * Adds an entry to the user's part of the catalogue.
 * @throws UnderstudyError 'bad-input' where the name is taken or the entry is not one.
 */
export function addOwn(dataDir: string, entry: CatalogueEntry): void {
  refuseTaken(dataDir, entry.name);
  const checked = entrySchema.safeParse(plain(entry));
  if (!checked.success)
    throw new UnderstudyError('bad-input', `This is no model: ${z.prettifyError(checked.error)}`, {
      hint: 'See `understudy models add --help`.',
    });
  write(dataDir, [...ownModels(dataDir).map(plain), checked.data as CatalogueEntry]);
}

/** Takes an entry out of the user's part. @returns Whether it was there. */
export function removeOwn(dataDir: string, name: string): boolean {
  const models = ownModels(dataDir);
  const rest = models.filter((entry) => entry.name !== name);
  if (rest.length === models.length) return false;
  write(dataDir, rest.map(plain));
  return true;
}

/** Changes what an entry of the user's part says of itself. */
export function updateOwn(dataDir: string, name: string, facts: Partial<CatalogueEntry>): void {
  const models = ownModels(dataDir).map(plain);
  write(
    dataDir,
    models.map((entry) => (entry.name === name ? { ...entry, ...facts } : entry)),
  );
}

const plain = ({ origin: _, ...entry }: CatalogueEntry): Omit<CatalogueEntry, 'origin'> => entry;

function write(dataDir: string, models: readonly Omit<CatalogueEntry, 'origin'>[]): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify({ models }, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
