/** Entries of the catalogue as rows that can be shown, and which of them are asked for. Does not: print. */
import { InvalidArgumentError } from 'commander';
import { useOf } from '../models/weights/abilities.ts';
import type { CatalogueEntry } from '../models/weights/entry.ts';
import { licenceTerms } from '../models/weights/licences.ts';
import { readPin } from '../models/weights/pins.ts';
import { estimatedMemory, SHOWN_QUANTISATIONS } from '../models/weights/quantisation.ts';
import { areHere, homeOf } from '../models/weights/weights.ts';
import type { ModelRow } from '../report/models.ts';

export interface Around {
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Of the machine, and what is free of it. */
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly freeDiskBytes: number;
}

export interface ModelFilters {
  readonly licence?: readonly string[];
  readonly commercial?: boolean;
  /** Parameters at most. */
  readonly size?: number;
  readonly fits?: boolean;
  readonly tools?: boolean;
  readonly language?: string;
  readonly trained?: boolean;
  readonly here?: boolean;
  readonly kind?: string;
}

export function rowOf(entry: CatalogueEntry, around: Around): ModelRow {
  const home = homeOf(entry, around.dataDir);
  const here = areHere(entry, around.dataDir, around.env);
  const { name, kind, parameters, architecture, license, context, languages, tools } = entry;
  const { toolFormat, promptFormat, quantisation, diskBytes, benchmarks } = entry;
  return {
    name,
    kind,
    parameters,
    architecture,
    license,
    context,
    languages,
    tools,
    toolFormat,
    promptFormat,
    quantisation,
    diskBytes,
    benchmarks,
    here,
    terms: licenceTerms(license),
    memory: memoryOf(entry),
    fits: entry.memory.bytes <= around.freeMemoryBytes && (here || diskBytes <= around.freeDiskBytes),
    ...useOf(entry, around.memoryBytes),
    sources: entry.sources.map((source) => {
      if (source.kind === 'file') return source.path;
      if (source.kind === 'hub') return `hub: ${source.repository}`;
      return `pip: ${source.packages.map((each) => each.name).join(', ')}`;
    }),
    hashes: entry.files.length > 0 ? 'stated' : readPin(home) === null ? 'at first download' : 'pinned',
    own: entry.origin === 'user',
  };
}

function memoryOf({ kind, parameters, quantisation, memory }: CatalogueEntry): ModelRow['memory'] {
  const own = { quantisation, ...memory };
  if (kind !== 'language' || parameters === 0) return [own];
  const others = SHOWN_QUANTISATIONS.filter((each) => each !== quantisation);
  return [
    own,
    ...others.map((each) => ({
      quantisation: each,
      bytes: estimatedMemory(parameters, each),
      measured: false,
    })),
  ];
}

export function isAskedFor(row: ModelRow, filters: ModelFilters): boolean {
  const { licence, commercial, size, fits, tools, language, trained, here, kind } = filters;
  const has = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase());
  return (
    (licence === undefined || licence.some((part) => has(row.license, part))) &&
    (!commercial || row.terms?.commercial === 'yes') &&
    (size === undefined || row.parameters <= size) &&
    (!fits || row.fits) &&
    (!tools || row.tools !== 'none') &&
    (language === undefined ||
      row.languages.includes('mul') ||
      row.languages.includes(language.toLowerCase())) &&
    (!trained || row.trained) &&
    (!here || row.here) &&
    (kind === undefined || row.kind === kind)
  );
}

/** '1B', '500M', '1.5b' or a bare number of parameters. */
export function sizeOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([bm]?)$/i.exec(text.trim()) ?? [];
  const factor = unit === '' ? 1 : unit.toLowerCase() === 'b' ? 1e9 : 1e6;
  if (number === '') throw new InvalidArgumentError('A number of parameters, like 1B or 500M.');
  return Number(number) * factor;
}
