/**
 * What keeps a GGUF file from being trained, in words: metadata and tensors that are missing or not understood.
 * Does not: know any architecture (architecture.ts).
 */
import { UnderstudyError } from '../../core/errors.ts';
import { formatName } from '../../models/formats/gguf/dequantise.ts';
import type { GgufFile } from '../../models/formats/gguf/read.ts';

/** Keys below the architecture's name that llama.cpp does not compute with (a window, unless the family has them). */
const IDLE_KEYS: readonly string[] = [
  'attention.sliding_window',
  'rope.scaling.original_context_length',
  'rope.scaling.finetuned',
  'tensor_data_layout',
  'vocab_size',
];

/** Reads keys below the architecture's name, and remembers what was wrong and what nobody read. */
export class KeyReader {
  readonly problems: string[] = [];
  private readonly file: GgufFile;
  private readonly prefix: string;
  private readonly known = new Set(IDLE_KEYS);

  constructor(file: GgufFile, architecture: string) {
    this.file = file;
    this.prefix = `${architecture}.`;
  }

  number(key: string, fallback?: number): number {
    const value = this.value(key) ?? fallback;
    if (typeof value === 'number') return value;
    const what = value === undefined ? 'does not tell' : 'has more than one number for';
    this.problems.push(`it ${what} ${this.prefix}${key}`);
    return Number.NaN;
  }

  text(key: string, fallback: string): string {
    return String(this.value(key) ?? fallback);
  }

  refuse(when: boolean, because: string): void {
    if (when) this.problems.push(because);
  }

  /** Keys that may change what the model computes; a zero, false or empty one switches nothing on. */
  unread(): readonly string[] {
    return [...this.file.metadata]
      .filter(([key, value]) => key.startsWith(this.prefix) && !!value)
      .filter(([key]) => !this.known.has(key.slice(this.prefix.length)))
      .map(([key, value]) => `it has ${key} = ${String(value).slice(0, 40)}, which is not understood`);
  }

  private value(key: string): ReturnType<GgufFile['metadata']['get']> {
    this.known.add(key);
    return this.file.metadata.get(this.prefix + key);
  }
}

/**
 * Tensors that are missing, not understood, or of another size than the metadata tell.
 * @param expected Names with sizes as ggml counts (row length first).
 * @param optional May be there as well.
 */
export function tensorProblems(
  file: GgufFile,
  expected: ReadonlyMap<string, readonly number[]>,
  optional: ReadonlyMap<string, readonly number[]>,
): readonly string[] {
  const names = [...file.tensors.keys()];
  const misfits = (name: string): boolean => {
    const dims = expected.get(name) ?? optional.get(name);
    return dims !== undefined && file.tensors.get(name)?.dims.join() !== dims.join();
  };
  return [
    ...listed(
      'it lacks the tensor',
      [...expected.keys()].filter((name) => !file.tensors.has(name)),
    ),
    ...listed(
      'it has a tensor that is not understood:',
      names.filter((name) => !expected.has(name) && !optional.has(name)),
    ),
    ...listed('its metadata tell another size of the tensor', names.filter(misfits)),
  ];
}

/** Tensor formats that cannot be read, each with the first tensor that has it. */
export function formatProblems(file: GgufFile): readonly string[] {
  const unknown = [...file.tensors.values()].filter(({ type }) => formatName(type) === null);
  return [...new Set(unknown.map(({ type }) => type))].map((type) => {
    const [first] = unknown.filter((tensor) => tensor.type === type);
    return `the format ${type} of ggml is not read (${first?.name})`;
  });
}

/** One line for each name, with the blocks' numbers left out. */
function listed(what: string, names: readonly string[]): readonly string[] {
  const short = new Set(names.map((name) => name.replace(/^blk\.\d+\./, 'blk.*.')));
  return [...short].map((name) => `${what} ${name}`);
}

export function unsupported(path: string, problems: readonly string[]): UnderstudyError {
  return new UnderstudyError('unsupported', `${path} cannot be trained: ${problems.join('; ')}.`, {
    hint: 'Choose a base model of the catalogue, or another trainer.',
  });
}
