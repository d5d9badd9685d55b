/** Which files an import reads: those named, and all in the folders named, in the order of their names. */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';

export interface ImportFile {
  readonly path: string;
  readonly bytes: number;
  /** Named itself, not found in a folder: that it cannot be read is an error. */
  readonly named: boolean;
}

/**
 * The files, folders searched to the bottom; hidden ones (`.git`, `.DS_Store`) and links to folders are left out.
 * @throws UnderstudyError 'not-found' for a path that is not there, or a folder without files.
 */
export function filesOf(paths: readonly string[]): ImportFile[] {
  const files = paths.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) return [{ path, bytes: stat.size, named: true }];
    const found = stat ? filesIn(path) : [];
    if (found.length > 0) return found;
    throw new UnderstudyError(
      'not-found',
      stat ? `There are no files in ${path}.` : `There is no file or folder ${path}.`,
      { hint: 'Give files of recorded calls, or folders that hold some.', status: 404 },
    );
  });
  // A file that is named twice, or beside its folder, is read once: its records are no further calls.
  return [...new Map(files.toReversed().map((file) => [resolve(file.path), file])).values()].reverse();
}

function filesIn(folder: string): ImportFile[] {
  const found: ImportFile[] = [];
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesIn(path));
    else {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.isFile()) found.push({ path, bytes: stat.size, named: false });
    }
  }
  return found;
}

/** What a text is that holds no JSON, by its beginning. */
export function textKind(head: string): string {
  const start = head.trimStart();
  if (start.startsWith('<')) return 'XML or HTML';
  const [first = '', second = ''] = start.split(/\r?\n/);
  for (const [separator, name] of [
    [',', 'CSV'],
    ['\t', 'tab-separated values'],
    [';', 'CSV'],
  ] as const) {
    const columns = first.split(separator).length;
    if (columns > 1 && (second === '' || second.split(separator).length >= columns)) return name;
  }
  if (/^(?:---|[\w-]+:(?:\s|$))/.test(start)) return 'YAML';
  return 'plain text';
}
