/**
 * The state of a training on disk, so that a killed run resumes where it was: parameters, moments, step.
 * The order of the examples follows from seed and step, so there is no random state to keep, and no example is
 * ever written here.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { z } from 'zod';
import type { AdamState } from './adamw.ts';

const headerSchema = z.object({
  /** Hash of everything that the run depends on. */
  job: z.string(),
  /** Steps done. */
  step: z.int(),
  /** How often the run began anew at a lower rate. */
  retries: z.int(),
  /** One per step. */
  losses: z.array(z.number()),
  tokens: z.number(),
  /** Time spent before this process. */
  elapsedMs: z.number(),
  parameters: z.int(),
});

export type Position = Omit<z.output<typeof headerSchema>, 'job' | 'parameters'>;

/** Replaces the checkpoint at `path` as a whole: a kill at any moment leaves the old one or the new one. */
export function writeCheckpoint(path: string, job: string, position: Position, state: AdamState): void {
  const header = new TextEncoder().encode(
    JSON.stringify({ job, ...position, parameters: state.parameters.length }),
  );
  const file = openSync(`${path}.part`, 'w', 0o600);
  try {
    writeAll(file, new Uint8Array(Uint32Array.of(header.length).buffer));
    writeAll(file, header);
    for (const array of [state.parameters, state.first, state.second])
      writeAll(file, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.part`, path);
}

/** Fills `state` and returns the position; null (and `state` untouched) where there is none of this job. */
export function readCheckpoint(path: string, job: string, state: AdamState): Position | null {
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  try {
    const length = bytes.readUInt32LE(0);
    const header = headerSchema.parse(JSON.parse(bytes.toString('utf8', 4, 4 + length)));
    const size = state.parameters.byteLength;
    const start = 4 + length;
    if (header.job !== job || header.parameters !== state.parameters.length) return null;
    if (bytes.length !== start + 3 * size) return null;
    [state.parameters, state.first, state.second].forEach((array, i) => {
      const from = start + i * size;
      array.set(new Float32Array(new Uint8Array(bytes.subarray(from, from + size)).buffer));
    });
    return header;
  } catch {
    // A checkpoint of another version, or one that something else damaged: the run begins anew.
    return null;
  }
}

export function deleteCheckpoint(path: string): void {
  rmSync(path, { force: true });
  rmSync(`${path}.part`, { force: true });
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
