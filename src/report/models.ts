/**
 * Models of the catalogue as text: a table, and a page about one. What is not known is said to be not stated.
 * Does not: choose or fetch.
 */
import { type Page, paint, type TextStyle, table, wrap } from './table.ts';
import { bytes, count } from './words.ts';

/** A model as `understudy models` shows it. */
export interface ModelRow {
  readonly name: string;
  readonly kind: 'language' | 'encoder' | 'classifier';
  readonly parameters: number;
  readonly architecture: string;
  readonly license: string;
  /** What the licence permits; null where it is not known here. */
  readonly terms: {
    readonly name: string;
    readonly commercial: 'yes' | 'limited' | 'no';
    readonly obligations: string;
  } | null;
  readonly context: number;
  readonly languages: readonly string[];
  readonly tools: 'none' | 'limited' | 'yes';
  readonly toolFormat: string | null;
  readonly promptFormat: string | null;
  /** Of the file that is fetched. */
  readonly quantisation: string | null;
  readonly diskBytes: number;
  /** When served, by quantisation. */
  readonly memory: readonly {
    readonly quantisation: string | null;
    readonly bytes: number;
    readonly measured: boolean;
  }[];
  /** Whether what is fetched fits into the memory and onto the disk that are free. */
  readonly fits: boolean;
  readonly here: boolean;
  readonly trained: boolean;
  readonly served: boolean;
  /** Why it cannot be trained or served here; '' where it can. */
  readonly because: string;
  readonly benchmarks: readonly {
    readonly name: string;
    readonly score: number;
    readonly source: string;
    readonly date: string;
  }[];
  /** Where it is fetched from. */
  readonly sources: readonly string[];
  /** Whether its hashes were known beforehand, are pinned since the first download, or not known yet. */
  readonly hashes: 'stated' | 'pinned' | 'at first download';
  readonly own: boolean;
}

/** '135M', '1.7B'. */
export function parametersText(n: number): string {
  if (n <= 0) return '–';
  if (n >= 1e9) return `${Number((n / 1e9).toFixed(1))}B`;
  return `${Math.round(n / 1e6)}M`;
}

const useText = ({ kind, trained, served }: ModelRow): string =>
  kind === 'classifier' ? 'redaction' : trained ? 'train, serve' : served ? 'serve' : '–';

const licenceText = ({ license }: ModelRow): string => license.replace('LicenseRef-', '');

const COMMERCIAL = { yes: 'yes', limited: 'with limits', no: 'no' } as const;

const commercialText = ({ terms }: ModelRow): string =>
  terms === null ? 'not stated' : COMMERCIAL[terms.commercial];

function languagesText({ languages }: ModelRow): string {
  if (languages.includes('mul')) return 'many';
  return languages.length > 3 ? String(languages.length) : languages.join(' ');
}

function contextText(tokens: number): string {
  return tokens >= 1024 ? `${Math.round(tokens / 1024)}k` : String(tokens);
}

/** Narrower terminals do without what `show` tells, too. */
const WIDE = 150;

export function modelsText(rows: readonly ModelRow[], hidden: number, style: Page): string {
  if (rows.length === 0) return 'No model of the catalogue is like that.';
  const cells = rows.map((row) => [
    row.name,
    parametersText(row.parameters),
    licenceText(row),
    style.width < WIDE ? '' : commercialText(row),
    contextText(row.context),
    row.tools === 'none' ? '' : row.tools,
    style.width < WIDE ? '' : languagesText(row),
    bytes(row.diskBytes),
    `${row.fits ? '' : '> '}${bytes(row.memory[0]?.bytes ?? 0)}`,
    useText(row),
    row.here ? paint(style, 'green', 'yes') : '',
  ]);
  const left = (title: string) => ({ title });
  const right = (title: string) => ({ title, align: 'right' as const });
  const lines = [
    table(
      style,
      [
        left('model'),
        right('parameters'),
        left('licence'),
        left('commercial'),
        right('context'),
        left('tools'),
        left('languages'),
        right('download'),
        right('memory'),
        left('here it can'),
        left('on disk'),
      ],
      cells,
    ),
    '',
    `${rows.length} of ${rows.length + hidden}. > does not fit the free memory or disk. Sizes from the hub are estimates until they are asked for.`,
    'understudy models show NAME has scores and sources; models download NAME fetches one; train.base names the one that is used.',
  ];
  return lines.join('\n');
}

export function modelText(row: ModelRow, width: number, style: TextStyle): string {
  const stated = (text: string | null): string => (text === null || text === '' ? 'not stated' : text);
  const facts: [string, string][] = [
    ['kind', row.kind],
    ['parameters', row.parameters > 0 ? count(row.parameters) : 'not stated'],
    ['architecture', row.architecture],
    ['context', `${count(row.context)} tokens`],
    ['licence', row.terms === null ? row.license : `${row.terms.name} (${row.license})`],
    ['commercial use', commercialText(row)],
    ['obligations', stated(row.terms?.obligations ?? null)],
    ['languages', row.languages.includes('mul') ? 'more than a hundred' : stated(row.languages.join(', '))],
    ['tool calls', row.tools === 'none' ? 'not tuned for them' : `${row.tools}; ${stated(row.toolFormat)}`],
    ['chat template', stated(row.promptFormat)],
    ['download', `${bytes(row.diskBytes)}${row.quantisation === null ? '' : `, ${row.quantisation}`}`],
    [
      'memory, served',
      row.memory
        .map(
          ({ quantisation, bytes: size, measured }) =>
            `${quantisation === null ? '' : `${quantisation} `}${bytes(size)}${measured ? ' (measured)' : ''}`,
        )
        .join(', '),
    ],
    ['here', `${useText(row)}${row.because === '' ? '' : `: ${row.because}`}`],
    ['on this machine', row.here ? 'yes' : 'no'],
    ['sources', row.sources.join(', ')],
    [
      'sha256',
      row.hashes === 'at first download' ? 'the hub’s own, taken at the first download and kept' : row.hashes,
    ],
  ];
  const label = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, value]) => {
    const [first = '', ...rest] = wrap(value, Math.max(40, width - label - 6), 0).split('\n');
    return [
      `  ${paint(style, 'dim', name.padEnd(label))}  ${first}`,
      ...rest.map((line) => ' '.repeat(label + 4) + line),
    ].join('\n');
  });
  const scores = row.benchmarks.map(({ name, score, source, date }) => [name, String(score), source, date]);
  return [
    paint(style, 'bold', row.name),
    ...lines,
    '',
    scores.length === 0
      ? '  Published scores: none that could be checked.'
      : table(
          style,
          [
            { title: 'published score' },
            { title: '%', align: 'right' },
            { title: 'source' },
            { title: 'date' },
          ],
          scores,
        ),
  ].join('\n');
}
