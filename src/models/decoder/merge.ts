/**
 * A copy of a base model with an adapter worked into its weights: W + alpha/rank · B A, in Q8_0 where the base is
 * quantised. llama.cpp computes an adapter beside the base in four small operations for each of its matrices, whatever the rank,
 * which takes a quarter of the time of a small model (dev/LOG.md); of a merged copy it knows nothing.
 * Copies lie in a folder of their own, the most recently used few; processes share one by its pages in memory.
 * Does not: serve.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { contentHash } from '../../core/ids.ts';
import { type GgufFile, type GgufTensor, openGguf } from '../formats/gguf/read.ts';
import { type CopiedTensor, copySteps, Q8_0, servedAs } from './requantise.ts';

/** Larger bases are served with the adapter beside them: each copy takes as much memory and disk as they do. */
const MAX_BASE_BYTES = 400e6;
const MAX_COPIES = 6;
/** A copy that nobody has written to for so long was given up, in milliseconds. */
const STALE_MS = 60_000;
const POLL_MS = 100;

const F32 = 0;
/** F32, F16, BF16: kept in float32. */
const UNQUANTISED: readonly number[] = [F32, 1, 30];

export interface MergeOptions {
  /** Told of each tensor that is done. */
  readonly further?: () => void;
  /** Copies are in merged/ in it. Default: the base's folder. */
  readonly copiesDir?: string;
}

/**
 * The merged copy's path; null where base and adapter are not merged: too large, no room, or an adapter that is not understood.
 */
export async function mergedCopy(
  basePath: string,
  adapterPath: string,
  { further = () => undefined, copiesDir = dirname(basePath) }: MergeOptions = {},
): Promise<string | null> {
  if (statSync(basePath).size > MAX_BASE_BYTES) return null;
  const dir = join(copiesDir, 'merged');
  const { size, mtimeMs } = statSync(adapterPath);
  const copy = join(dir, `${contentHash(`${basePath}\n${adapterPath}\n${size}\n${mtimeMs}`, 24)}.gguf`);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // One process makes it, the others wait.
    while (!existsSync(copy)) {
      const part = `${copy}.part`;
      if (claim(part)) {
        if (!(await merge(basePath, adapterPath, part, further))) {
          rmSync(part, { force: true });
          return null;
        }
        renameSync(part, copy);
      } else await pause(POLL_MS);
      further();
    }
    const now = new Date();
    utimesSync(copy, now, now);
    forget(dir, copy);
    return copy;
  } catch {
    // A folder that cannot be written to, a disk that is full: the adapter is served beside its base.
    return null;
  }
}

/** Whether this process is to write the file. */
function claim(part: string): boolean {
  try {
    closeSync(openSync(part, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const { mtimeMs = Date.now() } = statSync(part, { throwIfNoEntry: false }) ?? {};
    if (Date.now() - mtimeMs > STALE_MS) rmSync(part, { force: true });
    return false;
  }
}

/** Deletes copies but the most recently used, and this one. */
function forget(dir: string, used: string): void {
  const copies = readdirSync(dir)
    .filter((name) => name.endsWith('.gguf'))
    .map((name) => join(dir, name))
    .filter((path) => path !== used)
    .map((path) => ({ path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((a, b) => b.at - a.at);
  // What another process reads stays readable to it where the system lets it go at all.
  for (const { path } of copies.slice(MAX_COPIES - 1)) rmSync(path, { force: true });
}

async function merge(
  basePath: string,
  adapterPath: string,
  part: string,
  further: () => void,
): Promise<boolean> {
  const { bavail, bsize } = statfsSync(dirname(part));
  if (bavail * bsize < 3 * statSync(basePath).size) return false;
  const base = openGguf(basePath);
  const adapter = openGguf(adapterPath);
  try {
    const changes = changesOf(base, adapter);
    if (changes === null) return false;
    const copied = (tensor: GgufTensor): CopiedTensor => {
      const change = changes.get(tensor.name);
      if (change === undefined) return servedAs(base, tensor);
      return {
        type: UNQUANTISED.includes(tensor.type) ? F32 : Q8_0,
        weights: () => added(base.tensor(tensor.name), tensor.dims[0]!, change),
      };
    };
    for (const _ of copySteps(base, basePath, part, copied)) {
      further();
      await turn();
    }
    return true;
  } finally {
    base.close();
    adapter.close();
  }
}

interface Change {
  /** [rank, in] */
  readonly a: () => Float32Array;
  /** [out, rank] */
  readonly b: () => Float32Array;
  readonly rank: number;
  readonly scale: number;
}

/** By the base's tensors; null where the adapter has something else than matrices that fit them. */
function changesOf(base: GgufFile, adapter: GgufFile): ReadonlyMap<string, Change> | null {
  const alpha = Number(adapter.metadata.get('adapter.lora.alpha'));
  const changes = new Map<string, Change>();
  for (const [name, { dims }] of adapter.tensors) {
    const [, target = '', kind] = /^(.+)\.lora_([ab])$/.exec(name) ?? [];
    const weight = base.tensors.get(target);
    if (weight === undefined || weight.dims.length !== 2 || !Number.isFinite(alpha)) return null;
    if (kind === 'b') continue;
    const [width, rank] = dims;
    const other = adapter.tensors.get(`${target}.lora_b`)?.dims;
    const [inputs, outputs] = weight.dims;
    const quantised = !UNQUANTISED.includes(weight.type);
    if (width !== inputs || other?.[0] !== rank || other?.[1] !== outputs || rank === undefined) return null;
    if (quantised && inputs! % 32 !== 0) return null;
    changes.set(target, {
      a: () => adapter.tensor(name),
      b: () => adapter.tensor(`${target}.lora_b`),
      rank,
      scale: alpha / rank,
    });
  }
  return 2 * changes.size === adapter.tensors.size ? changes : null;
}

/** W + scale · B A, in place. @param width Inputs: the length of a row of W. */
function added(weights: Float32Array, width: number, { a, b, rank, scale }: Change): Float32Array {
  const [down, up] = [a(), b()];
  for (let row = 0; row < weights.length / width; row++) {
    const start = row * width;
    for (let r = 0; r < rank; r++) {
      const factor = scale * up[row * rank + r]!;
      const from = r * width;
      for (let i = 0; i < width; i++) weights[start + i]! += factor * down[from + i]!;
    }
  }
  return weights;
}
