/**
 * How the model of the rung `tagger` is kept in a file: numbers alone, no word of a caller.
 * Does not: know what they mean (model.ts).
 */
import { writeFile } from 'node:fs/promises';
import { encodeArrays, readArrays } from '../formats/arrays.ts';
import type { MetValues, TaggerHead, TaggerModel } from './model.ts';

const MAGIC = 'understudy-tagger 3\n';

interface Header {
  readonly options: number;
  /** How many; null where nothing is copied. */
  readonly tags: number | null;
}

export async function saveTagger(path: string, { options, tags, presence }: TaggerModel): Promise<void> {
  const arraysOf = (
    name: string,
    { rows, idf, linear }: TaggerHead,
  ): [string, Float32Array | Uint32Array][] => [
    [`${name}.hashes`, Uint32Array.from(rows.keys())],
    [`${name}.idf`, idf],
    [`${name}.weights`, linear.weights],
    [`${name}.bias`, linear.bias],
  ];
  const metOf = ({ known, keys }: MetValues, tag: number): [string, Uint32Array][] => [
    [`known.${tag}`, Uint32Array.from(known.keys())],
    [`known.${tag}.times`, Uint32Array.from(known.values())],
    [`keys.${tag}`, Uint32Array.from(keys)],
  ];
  const arrays = [
    ...options.flatMap(
      (head, i): [string, Float32Array | Uint32Array][] =>
        [
          ...arraysOf(`options.${i}`, head),
          ...(head.matches ? ([[`options.${i}.matches`, head.matches]] as const) : []),
        ] as [string, Float32Array | Uint32Array][],
    ),
    ...(tags === null
      ? []
      : [
          ...arraysOf('units', tags.units),
          ['spans', tags.spans] as const,
          ['usual', tags.usual] as const,
          ...tags.met.flatMap(metOf),
        ]),
    ['presence', presence] as const,
  ];
  const header: Header = { options: options.length, tags: tags?.met.length ?? null };
  await writeFile(path, encodeArrays(MAGIC, header, Object.fromEntries(arrays)), { mode: 0o600 });
}

/** @throws UnderstudyError 'not-found', 'corrupt'. */
export async function loadTagger(path: string): Promise<TaggerModel> {
  const { header, floats, ints, has } = await readArrays<Header>(path, MAGIC, 'a tagger');
  const headOf = (name: string): TaggerHead => ({
    rows: new Map(Array.from(ints(`${name}.hashes`), (hash, row) => [hash, row])),
    idf: floats(`${name}.idf`),
    linear: { weights: floats(`${name}.weights`), bias: floats(`${name}.bias`) },
  });
  return {
    presence: floats('presence'),
    options: Array.from({ length: header.options }, (_, i) => ({
      ...headOf(`options.${i}`),
      matches: has(`options.${i}.matches`) ? floats(`options.${i}.matches`) : null,
    })),
    tags:
      header.tags === null
        ? null
        : {
            units: headOf('units'),
            spans: floats('spans'),
            usual: floats('usual'),
            met: Array.from({ length: header.tags }, (_, tag): MetValues => {
              const times = ints(`known.${tag}.times`);
              return {
                known: new Map(Array.from(ints(`known.${tag}`), (key, i) => [key, times[i]!])),
                keys: new Set(ints(`keys.${tag}`)),
              };
            }),
          },
  };
}
