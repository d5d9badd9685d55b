/**
 * Imports files of recorded calls into the store: redacted and sealed like captured ones. The id of a call comes from
 * its record's content, so importing a file again adds nothing.
 * Does not: know the formats (one file each, beside this one).
 */
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Call } from '../../core/call.ts';
import { UNTIMED } from '../../core/call.ts';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { type Json, parseJson } from '../../core/json.ts';
import type { ImportReport } from '../../core/learning.ts';
import { type OnProgress, progressOf } from '../../core/progress.ts';
import type { Store } from '../../core/store.ts';
import { openImportSink } from '../import-sink.ts';
import type { RedactContext } from '../redact/redact.ts';
import type { Vault } from '../vault.ts';
import type { ImportedCall, Importer, ImportReader } from './importer.ts';
import { openaiBatch } from './openai-batch.ts';
import { openaiChatLog } from './openai-chat.ts';
import { openaiFineTuning } from './openai-fine-tuning.ts';

export const IMPORTERS: readonly Importer[] = [openaiChatLog, openaiBatch, openaiFineTuning];

type ImportedFile = ImportReport['files'][number] & {
  /** The first records that were skipped, with their line (from 1). */
  readonly lines: readonly { readonly line: number; readonly reason: string }[];
};

/** `calls` are those that the store did not have. */
interface ImportResult extends ImportReport {
  readonly files: readonly ImportedFile[];
  /** Calls whose time the files do not tell: they are set one second apart, in the order of the files. */
  readonly untimed: number;
}

interface ImportOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly context: RedactContext;
  /** The journal of imports. */
  readonly dir: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

const BATCH = 100;
const LINES_KEPT = 20;
const UNTIMED_STEP_MS = 1000;

/**
 * Imports files, and folders (all *.jsonl in them, in the order of their names).
 * @throws UnderstudyError 'not-found' for a path that is not there or a folder without such files, 'bad-input' for a
 *   file whose first record is of no known format, 'cancelled'; and as the store. What was imported before stays.
 */
export async function importFiles(paths: readonly string[], options: ImportOptions): Promise<ImportResult> {
  const { store, vault, onProgress, signal, now = Date.now } = options;
  const startedAt = now();
  const files = paths.flatMap(filesAt);
  const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
  const progress = progressOf(
    onProgress,
    'capture',
    bytes,
    files.length === 1 ? basename(files[0] ?? '') : undefined,
  );
  const sink = openImportSink({ dir: options.dir, store, vault, context: options.context });
  const readers = new Map<string, ImportReader>();
  const seen = new Map<string, number>();
  let clock: number | null = null;
  let untimed = 0;
  let bytesDone = 0;

  /** Times for calls without one: after all that is stored, and in the past where that leaves room. */
  const nextTime = async (): Promise<number> => {
    clock ??= await firstTime(files, store, now());
    untimed++;
    clock += UNTIMED_STEP_MS;
    return clock;
  };
  /** Equal records in one import are different calls; in a later import they are the same again. */
  const recordId = (text: string): string => {
    const content = vault.pseudonym(text);
    const times = (seen.get(content) ?? 0) + 1;
    seen.set(content, times);
    return times === 1 ? content : vault.pseudonym(`${content} ${times}`);
  };

  const importFile = async (path: string): Promise<ImportedFile> => {
    let format: string | null = null;
    let added = 0;
    const skipped: Record<string, number> = {};
    const lines: { line: number; reason: string }[] = [];
    let calls: Call[] = [];
    const skip = (line: number, reason: string, count = 1): void => {
      skipped[reason] = (skipped[reason] ?? 0) + count;
      if (lines.length < LINES_KEPT) lines.push({ line, reason });
    };
    const flush = async (): Promise<void> => {
      const { added: fresh } = await sink.add(calls);
      added += fresh;
      if (fresh < calls.length) {
        skipped['already imported'] = (skipped['already imported'] ?? 0) + calls.length - fresh;
      }
      calls = [];
    };

    let number = 0;
    for await (const line of linesOf(path)) {
      if (signal?.aborted) {
        throw new UnderstudyError('cancelled', 'The import was cancelled.', {
          hint: 'Import the same files again: what is there already is recognised.',
        });
      }
      number++;
      bytesDone += Buffer.byteLength(line) + 1;
      const text = (number === 1 ? line.replace(/^\uFEFF/, '') : line).trim();
      if (text === '') continue;
      const record = parseJson(text);
      if (record === undefined) {
        skip(number, 'not JSON');
        continue;
      }
      format ??= formatOf(record, path);
      const reader = readers.get(format) ?? IMPORTERS.find(({ name }) => name === format)?.begin();
      if (!reader) throw unknownFormat(path);
      readers.set(format, reader);
      const result = reader.read(record);
      if ('skipped' in result) {
        skip(number, result.skipped);
        continue;
      }
      const id = recordId(text);
      for (const [i, imported] of result.calls.entries()) {
        calls.push(callOf(imported, id, i, imported.at ?? (await nextTime()), format));
      }
      if (calls.length >= BATCH) {
        await flush();
        progress(bytesDone);
      }
    }
    await flush();
    progress(bytesDone);
    return { path, format: format ?? 'empty', calls: added, skipped, lines };
  };

  const imported: ImportedFile[] = [];
  try {
    for (const path of files) imported.push(await importFile(path));
  } finally {
    sink.close();
  }
  const last = imported.pop();
  if (last) {
    const waited = [...readers.values()].flatMap((reader) => Object.entries(reader.end()));
    imported.push({ ...last, skipped: { ...last.skipped, ...Object.fromEntries(waited) } });
  }
  return {
    kind: 'import',
    files: imported,
    calls: imported.reduce((sum, file) => sum + file.calls, 0),
    seconds: (now() - startedAt) / 1000,
    untimed,
  };
}

function callOf(imported: ImportedCall, recordId: string, i: number, at: number, format: string): Call {
  return {
    id: `call_${recordId}_${i}`,
    at,
    sessionId: imported.sessionId ?? `session_${recordId}`,
    origin: '',
    tags: {
      ...imported.tags,
      'understudy-import': format,
      ...(imported.at === null ? { [UNTIMED]: 'yes' } : {}),
    },
    request: imported.request,
    response: imported.response,
    status: imported.status,
    latencyMs: imported.latencyMs,
    served: { by: 'llm', reason: 'no-specialist' },
  };
}

function formatOf(record: Json, path: string): string {
  const importer = IMPORTERS.find(({ detect }) => detect(record));
  if (importer) return importer.name;
  throw unknownFormat(path);
}

function unknownFormat(path: string): UnderstudyError {
  return new UnderstudyError('bad-input', `${path} is of no format that can be imported.`, {
    hint: `Formats: ${IMPORTERS.map(({ name }) => name).join(', ')}; one JSON object a line.`,
    status: 400,
  });
}

function filesAt(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    const found = readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .map((name) => join(path, name));
    if (found.length > 0) return found;
  } else if (stat) {
    return [path];
  }
  throw new UnderstudyError(
    'not-found',
    stat ? `There are no .jsonl files in ${path}.` : `There is no file or folder ${path}.`,
    { hint: 'Give JSONL files, or a folder that holds some.', status: 404 },
  );
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    throw new UnderstudyError('unavailable', `${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'Check that the file is there and may be read.',
      cause,
    });
  }
}

/** So long ago that the calls, a second apart, end about now; but after the last stored call. */
async function firstTime(files: readonly string[], store: Store, now: number): Promise<number> {
  let lines = files.length;
  let answers = 0;
  for (const path of files) {
    for await (const chunk of createReadStream(path)) {
      lines += count(chunk as Buffer, '\n');
      // A line of a fine-tuning file holds as many calls as answers; elsewhere this only reaches further back.
      answers += count(chunk as Buffer, '"assistant"');
    }
  }
  const start = now - Math.max(lines, answers) * UNTIMED_STEP_MS;
  const last = store.calls({ since: start }).at(-1);
  return last ? last.at : start;
}

function count(bytes: Buffer, what: string): number {
  let found = 0;
  for (let at = bytes.indexOf(what); at !== -1; at = bytes.indexOf(what, at + 1)) found++;
  return found;
}
