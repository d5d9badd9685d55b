/** Writes a report as a page beside the terminal's text, and says where. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DemoReport } from '../core/demo-report.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { LearnReport } from '../core/learning.ts';
import { reportPage } from '../report/html.ts';
import type { Terminal } from './context.ts';

/** @throws UnderstudyError 'unavailable' where the file cannot be written. */
export function writePage(report: LearnReport | DemoReport, path: string, terminal: Terminal): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, reportPage(report));
  } catch (cause) {
    throw new UnderstudyError('unavailable', `The page could not be written: ${messageOf(cause)}`, {
      hint: 'Give --html a path in a folder that you may write to.',
      cause,
    });
  }
  terminal.err(`Report: ${path}\n`);
}
