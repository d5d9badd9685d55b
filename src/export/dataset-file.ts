/** Writes a task's examples to a file of their owner's alone (mode 0600), whole or not at all. */
import { closeSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { DatasetFormat, PromptForm } from './formats.ts';
import { type ExampleRow, type ExportedExample, openaiRecord, rowOf, sharegptRecord } from './records.ts';

/** @throws UnderstudyError 'unsupported' where the format's package is missing, 'unavailable' where the file cannot be written. */
export async function writeDataset(
  path: string,
  examples: readonly ExportedExample[],
  { format, prompt }: { readonly format: DatasetFormat; readonly prompt: PromptForm },
): Promise<void> {
  const part = `${path}.part`;
  try {
    if (format === 'parquet') writeFileSync(part, await parquetOf(examples.map(rowOf)), { mode: 0o600 });
    else {
      const record = format === 'openai' ? openaiRecord : sharegptRecord;
      const file = openSync(part, 'w', 0o600);
      try {
        for (const example of examples) writeSync(file, `${JSON.stringify(record(example, prompt))}\n`);
      } finally {
        closeSync(file);
      }
    }
    renameSync(part, path);
  } catch (cause) {
    rmSync(part, { force: true });
    if (cause instanceof UnderstudyError) throw cause;
    throw new UnderstudyError('unavailable', `${path} could not be written: ${messageOf(cause)}`, {
      hint: 'Give --out a path in a folder that is there, and that you may write to.',
      cause,
    });
  }
}

async function parquetOf(rows: readonly ExampleRow[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer').catch((cause: unknown) => {
    throw new UnderstudyError(
      'unsupported',
      'The package hyparquet-writer, which writes Parquet, is not here.',
      {
        hint: 'npm install hyparquet-writer, or choose --format openai or sharegpt.',
        cause,
      },
    );
  });
  const text = (name: Exclude<keyof ExampleRow, 'at' | 'weight'>) => ({
    name,
    data: rows.map((row) => row[name]),
    type: 'STRING' as const,
  });
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        ...(['id', 'call_id', 'session_id'] as const).map(text),
        { name: 'at', data: rows.map(({ at }) => new Date(at)), type: 'TIMESTAMP' },
        text('split'),
        { name: 'weight', data: rows.map(({ weight }) => weight), type: 'DOUBLE' },
        ...(['input', 'answer', 'messages', 'tools'] as const).map(text),
      ],
    }),
  );
}
