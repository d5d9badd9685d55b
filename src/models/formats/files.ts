/** Model files as they lie on disk: opened, and read in parts. Does not: know a format. */
import { openSync, readSync } from 'node:fs';
import { messageOf, UnderstudyError } from '../../core/errors.ts';

/** One read takes at most 2 GiB. */
const MAX_READ = 1 << 30;

/** A descriptor to read from. @throws UnderstudyError 'unavailable' where there is no such file. */
export function openModelFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new UnderstudyError('unavailable', `The model file ${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'Check that the weights have been downloaded.',
      cause,
    });
  }
}

/** The bytes at a place, in memory of their own. @throws RangeError where the file is cut off. */
export function readBytes(file: number, at: number, length: number): Buffer<ArrayBuffer> {
  // Not of the pool that small buffers share: whoever reads may view the memory as numbers.
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length; ) {
    const read = readSync(file, bytes, done, Math.min(length - done, MAX_READ), at + done);
    if (read === 0) throw new RangeError('the file is cut off');
    done += read;
  }
  return bytes;
}
