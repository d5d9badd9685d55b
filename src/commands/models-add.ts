/**
 * `understudy models add`: a model of one's own into the catalogue's user part, from a file or from the hub.
 * Does not: fetch weights.
 */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UnderstudyError } from '../core/errors.ts';
import { describeEncoder, describeGguf } from '../models/weights/describe.ts';
import { hashFile } from '../models/weights/download.ts';
import type { CatalogueEntry, HubSource } from '../models/weights/entry.ts';
import { checkRepository, ENCODER_FILES, quantisationOf } from '../models/weights/hub.ts';
import { planFetch } from '../models/weights/hub-fetch.ts';
import { addOwn, refuseTaken } from '../models/weights/own.ts';
import { estimatedMemory } from '../models/weights/quantisation.ts';
import type { CommonOptions, Terminal } from './context.ts';

export interface AddFlags extends CommonOptions {
  readonly file?: string;
  readonly hub?: string;
  readonly hubFile?: string;
  readonly quantisation?: string;
  readonly revision?: string;
  readonly licence?: string;
  readonly encoder?: boolean;
}

/** @throws UnderstudyError 'bad-input'; as describeGguf, planFetch and addOwn. */
export async function addOwnModel(
  name: string,
  flags: AddFlags,
  dataDir: string,
  terminal: Terminal,
): Promise<CatalogueEntry> {
  if ((flags.file === undefined) === (flags.hub === undefined))
    throw new UnderstudyError('bad-input', 'Say where the model is: --file or --hub, and one of them.', {
      hint: 'For example `understudy models add mine --file ./model.gguf --licence Apache-2.0`.',
      status: 400,
    });
  refuseTaken(dataDir, name);
  const entry =
    flags.file === undefined
      ? await hubEntry(name, flags.hub ?? '', flags, terminal)
      : await fileEntry(name, resolve(terminal.cwd, flags.file), flags, terminal);
  addOwn(dataDir, entry);
  return entry;
}

const common = (name: string, { licence, encoder }: AddFlags) =>
  ({
    name,
    kind: encoder ? 'encoder' : 'language',
    license: licence ?? 'LicenseRef-Unknown',
    languages: [],
    toolFormat: null,
    tools: 'none',
    benchmarks: [],
    origin: 'user',
  }) as const;

async function fileEntry(
  name: string,
  path: string,
  flags: AddFlags,
  terminal: Terminal,
): Promise<CatalogueEntry> {
  if (!existsSync(path))
    throw new UnderstudyError('not-found', `There is no ${path}.`, { hint: 'Check the path.', status: 404 });
  const names = flags.encoder ? ENCODER_FILES : [''];
  const files = [];
  for (const each of names) {
    const at = each === '' ? path : join(path, each);
    if (!statSync(at, { throwIfNoEntry: false })?.isFile())
      throw new UnderstudyError('bad-input', `${at} is no file.`, {
        hint: flags.encoder
          ? `An encoder is a folder with ${ENCODER_FILES.join(', ')}.`
          : 'A language model is a GGUF file; give --encoder for the folder of an encoder.',
        status: 400,
      });
    const bytes = statSync(at).size;
    const { sha256 } = await hashFile(at, bytes, terminal.signal);
    files.push({
      name: each === '' ? path.slice(path.lastIndexOf('/') + 1) : each,
      inPackages: [],
      bytes,
      sha256,
    });
  }
  const diskBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const described = flags.encoder
    ? { parameters: 0, promptFormat: null, quantisation: null, diskBytes, ...describeEncoder(path) }
    : describeGguf(path);
  return {
    ...common(name, flags),
    ...described,
    memory: { bytes: Math.round(1.1 * diskBytes + 250e6), measured: false },
    sources: [{ kind: 'file', path }],
    files,
  };
}

/** Asks the hub whether it has such files, and how large they are; what else is in them is seen when they are here. */
async function hubEntry(
  name: string,
  repository: string,
  flags: AddFlags,
  terminal: Terminal,
): Promise<CatalogueEntry> {
  checkRepository(repository);
  const { revision, hubFile } = flags;
  const source: HubSource = {
    kind: 'hub',
    repository,
    ...(revision === undefined ? {} : { revision }),
    ...(hubFile === undefined ? {} : { files: [hubFile] }),
  };
  const quantisation = flags.encoder
    ? null
    : hubFile === undefined
      ? (flags.quantisation ?? 'Q4_K_M').toUpperCase()
      : quantisationOf(hubFile);
  const base = {
    ...common(name, flags),
    architecture: flags.encoder ? 'bert' : 'unknown',
    context: flags.encoder ? 512 : 1024,
    parameters: 0,
    promptFormat: null,
    quantisation,
    sources: [source],
    files: [],
  };
  const { bytes } = await planFetch(
    { ...base, diskBytes: 0, memory: { bytes: 0, measured: false } },
    source,
    {
      env: terminal.env,
      signal: terminal.signal,
    },
  );
  return {
    ...base,
    diskBytes: bytes,
    memory: { bytes: Math.round(estimatedMemory(0, null) + 1.1 * bytes), measured: false },
  };
}
