/** Writes safetensors files with float32 tensors. The file appears whole or not at all. */
import { renameSync, writeFileSync } from 'node:fs';
import type { Safetensor } from './safetensors.ts';

/** Tensors begin at a multiple of this, as the format asks of the header's length. */
const ALIGNMENT = 8;

/** @param tensors By name, row-major; they are written in this order. */
export function writeSafetensors(path: string, tensors: ReadonlyMap<string, Safetensor>): void {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const [name, { dims, data }] of tensors) {
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = JSON.stringify(header);
  const length = Math.ceil(Buffer.byteLength(text) / ALIGNMENT) * ALIGNMENT;
  const head = Buffer.alloc(8 + length, ' ');
  head.writeBigUInt64LE(BigInt(length), 0);
  head.write(text, 8);
  const parts = [...tensors.values()].map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  writeFileSync(`${path}.part`, Buffer.concat([head, ...parts]), { mode: 0o600 });
  renameSync(`${path}.part`, path);
}
