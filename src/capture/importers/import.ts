/**
 * Imports files of recorded calls: bytes to records, each read by the format it is of, and on to a sink that seals and
 * stores them. The id of a call comes from its record's content, so importing a file again adds nothing. What is not
 * imported is counted by reason, with its lines.
 * Does not: know the formats (formats/), or seal and store (sink.ts).
 */
import { basename } from 'node:path';
import { type Call, UNTIMED } from '../../core/call.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { ImportReport } from '../../core/import-report.ts';
import type { Json } from '../../core/json.ts';
import { type OnProgress, progressOf } from '../../core/progress.ts';
import { filesOf, type ImportFile, textKind } from './files.ts';
import { importerOf } from './formats.ts';
import type { ImportedCall, Importer, ImportReader, ReadRecord, RecordContext } from './importer.ts';
import { type NamedFields, withNamedFields } from './named-fields.ts';
import { binaryKind, DamagedFile, headOf, textOf } from './read/decode.ts';
import { type FileRecord, NOT_JSON, recordReader } from './read/records.ts';
import type { ImportSink } from './sink.ts';
import { alien, emptyFile, type FileUnderWay, fieldsText, reportOf, skip, totals } from './tally.ts';
import { isPlausible, timeOf } from './times.ts';

interface ImportOptions {
  readonly sink: ImportSink;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
  /** Where session and time stand, where it is not under a usual name. */
  readonly fields?: NamedFields;
  /** For the report: the sink keeps nothing. */
  readonly dryRun?: boolean;
}

/** Calls handed to the sink at a time: so many, or of so many characters. */
const BATCH = 500;
const BATCH_CHARS = 8 * 2 ** 20;
const UNTIMED_STEP_MS = 1000;
/** No call takes fewer bytes of a file, and text is seldom packed tighter. */
const MIN_BYTES = 64;
const PACKED = 10;
/** A text of which so many lines are no JSON, and none is, is read no further. */
const HOPELESS = 1000;
const NESTED_AT_MOST = 200;
const UNKNOWN = 'of no known format';
const ALREADY = 'already imported';
export const DAMAGED = 'compressed data is damaged from here on';

/** A call on its way to the sink, and the file it came from. */
interface Pending {
  readonly call: Call;
  readonly file: FileUnderWay;
}

/**
 * Imports files, and folders with all their files.
 * @throws UnderstudyError 'not-found' for a path that is not there or a folder without files, 'bad-input' for a file
 *   named itself of which no record is of a known format, 'unavailable' for one that cannot be read, 'cancelled'; and
 *   as the sink. What was imported before stays.
 */
export async function importFiles(paths: readonly string[], options: ImportOptions): Promise<ImportReport> {
  const { sink, onProgress, signal, fields = {}, now = Date.now } = options;
  const startedAt = now();
  const files = filesOf(paths);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const subject = files.length === 1 ? basename(files[0]?.path ?? '') : undefined;
  const progress = progressOf(onProgress, 'capture', bytes, subject);
  const readers = new Map<Importer, ImportReader>();
  /** How often a content has come, by the first 48 bits of its pseudonym: there may be millions. */
  const seen = new Map<number, number>();
  const done = new Map<string, FileUnderWay>();
  let pending: Pending[] = [];
  let pendingChars = 0;
  let clock: number | null = null;
  let untimed = 0;
  let implausible = 0;
  let oddTime = false;

  const time: RecordContext['time'] = (...values) => {
    for (const value of values) {
      const at = timeOf(value);
      if (at === null) continue;
      if (isPlausible(at, startedAt)) return at;
      oddTime = true;
    }
    return null;
  };
  /** Times for calls without one: after all that is stored, and in the past where that leaves room. */
  const nextTime = async (): Promise<number> => {
    if (clock === null) {
      const packed = files.some(({ path }) => path.endsWith('gz')) ? PACKED : 1;
      clock = startedAt - (Math.ceil((bytes * packed) / MIN_BYTES) + 1) * UNTIMED_STEP_MS;
      clock = (await sink.latest(clock)) ?? clock;
    }
    untimed++;
    clock += UNTIMED_STEP_MS;
    return clock;
  };
  /** Equal records in one import are different calls; in a later import they are the same again. */
  const recordId = (content: string): string => {
    const id = sink.pseudonym(content);
    const key = Number.parseInt(id.slice(0, 12), 16);
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    return times === 1 ? id : sink.pseudonym(`${id} ${times}`);
  };

  /** Ids stay as they are; what may be a text of somebody's becomes a pseudonym. */
  const sessionName = (session: string): string =>
    /^[\w.:-]{1,128}$/.test(session) ? session : sink.pseudonym(session);

  const flush = async (): Promise<void> => {
    const batch = pending;
    pending = [];
    pendingChars = 0;
    // One file after the other, so that each knows what the store had of it.
    for (let from = 0; from < batch.length; ) {
      const { file } = batch[from] as Pending;
      let to = from;
      while (batch[to]?.file === file) to++;
      const { added } = await sink.add(batch.slice(from, to).map(({ call }) => call));
      file.calls += added;
      const already = to - from - added;
      file.already += already;
      if (already > 0) file.skipped[ALREADY] = (file.skipped[ALREADY] ?? 0) + already;
      from = to;
    }
  };

  const take = async (
    read: ReadRecord,
    record: Json,
    format: string,
    file: FileUnderWay,
    line: number,
  ): Promise<void> => {
    if ('skipped' in read) {
      skip(file, line, read.skipped);
      return;
    }
    if (read.calls.length === 0) return;
    const content = JSON.stringify(read.source ?? record);
    const id = recordId(content);
    for (const [i, imported] of read.calls.entries()) {
      if (imported.at === null && oddTime) implausible++;
      const at = imported.at ?? (await nextTime());
      const session = imported.sessionId === null ? `session_${id}` : sessionName(imported.sessionId);
      pending.push({ call: callOf(imported, `call_${id}_${i}`, session, at, format), file });
    }
    pendingChars += content.length;
    if (pending.length >= BATCH || pendingChars >= BATCH_CHARS) await flush();
  };

  const takeRecord = async (record: FileRecord, file: FileUnderWay): Promise<void> => {
    const { line } = record;
    if ('broken' in record) {
      skip(file, line, record.broken);
      return;
    }
    const { value } = record;
    const importer = importerOf(value);
    if (importer === null) {
      skip(file, line, UNKNOWN);
      return;
    }
    file.formats.add(importer.name);
    if (isDeeper(value, NESTED_AT_MOST)) {
      skip(file, line, 'nested too deeply');
      return;
    }
    const reader = readers.get(importer) ?? importer.begin();
    readers.set(importer, reader);
    oddTime = false;
    const context = { path: file.path, line, time };
    const read = withNamedFields(reader.read(value, context), value, fields, context);
    await take(read, value, importer.name, file, line);
  };

  const importFile = async ({ path, named }: ImportFile, bytesBefore: number): Promise<void> => {
    const file = emptyFile(path);
    done.set(path, file);
    const head = await headOf(path).catch((error: unknown) => {
      if (error instanceof DamagedFile) return Buffer.alloc(0);
      if (named) throw error;
      return null;
    });
    const binary = head === null ? null : binaryKind(head);
    if (named && binary !== null) throw alien(path, `it is ${binary}`);
    if (head === null || binary !== null) {
      skip(file, 1, head === null ? 'cannot be read' : `not JSON: ${binary}`);
      return;
    }
    const reader = recordReader({ isRecord: (value) => importerOf(value) !== null });
    let beginning = '';
    let firstUnknown: Json | undefined;
    let values = 0;
    const takeAll = async (records: readonly FileRecord[]): Promise<void> => {
      for (const record of records) {
        if (signal?.aborted) {
          throw new UnderstudyError('cancelled', 'The import was cancelled.', {
            hint: 'Import the same files again: what is there already is recognised.',
          });
        }
        if ('value' in record) {
          values++;
          if (file.formats.size === 0 && firstUnknown === undefined) firstUnknown = record.value;
        }
        await takeRecord(record, file);
      }
    };
    const isText = (): boolean => values === 0 && beginning.trim() !== '' && !/^\s*[{[]/.test(beginning);
    const hopeless = (): boolean => isText() && (file.skipped[NOT_JSON] ?? 0) >= HOPELESS;
    try {
      for await (const { text, bytesRead } of textOf(path)) {
        if (beginning.length < 2000) beginning += text.slice(0, 2000);
        await takeAll(reader.push(text));
        progress(bytesBefore + bytesRead);
        if (hopeless()) break;
      }
      if (!hopeless()) await takeAll(reader.end());
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      if (named && file.formats.size === 0) throw alien(path, 'its compressed data is damaged');
      skip(file, 0, DAMAGED);
      await takeAll(reader.end());
    }
    const kind = isText() ? textKind(beginning) : null;
    if (kind !== null) {
      // One reason for the file, not one for each of its lines.
      for (const reason of Object.keys(file.skipped)) delete file.skipped[reason];
      file.lines.length = 0;
      skip(file, 1, `not JSON: ${kind}`);
    }
    if (named && file.formats.size === 0 && beginning.trim() !== '') {
      throw alien(path, kind === null ? fieldsText(firstUnknown) : `it looks like ${kind}`);
    }
    file.format = [...file.formats].join(', ') || (beginning.trim() === '' ? 'empty' : 'unknown');
  };

  let bytesBefore = 0;
  for (const file of files) {
    await importFile(file, bytesBefore);
    // Whatever becomes of the next file, this one is done.
    await flush();
    bytesBefore += file.bytes;
    progress(bytesBefore);
  }
  for (const [importer, reader] of readers) {
    const leftovers = reader.end();
    oddTime = false;
    for (const { path, line, record, result } of leftovers) {
      await take(result, record, importer.name, done.get(path) ?? emptyFile(path), line);
    }
  }
  await flush();
  const imported = [...done.values()].map(reportOf);
  return {
    kind: 'import',
    dryRun: options.dryRun === true,
    files: imported,
    calls: imported.reduce((sum, file) => sum + file.calls, 0),
    already: imported.reduce((sum, file) => sum + file.already, 0),
    skipped: totals(imported),
    untimed,
    implausible,
    seconds: (now() - startedAt) / 1000,
  };
}

function callOf(imported: ImportedCall, id: string, sessionId: string, at: number, format: string): Call {
  return {
    id,
    at,
    sessionId,
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

function isDeeper(value: Json, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    if (isDeeper(inner, limit - 1)) return true;
  }
  return false;
}
