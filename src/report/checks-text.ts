/** What `understudy doctor` found, as text for the terminal. */
import { type Page, paint, wrap } from './table.ts';

/** One line of `understudy doctor`. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly found: string;
  /** What to do; '' where all is well. */
  readonly hint: string;
}

export function checksText(checks: readonly Check[], page: Page): string {
  const marks = { ok: ['green', 'ok'], warning: ['yellow', 'warning'], problem: ['red', 'problem'] } as const;
  const width = Math.max(...checks.map((check) => check.name.length));
  return checks
    .map((check) => {
      const [code, word] = marks[check.state];
      const line = `${paint(page, code, word.padEnd(7))}  ${check.name.padEnd(width)}  ${check.found}`;
      return check.hint === '' ? line : `${line}\n${wrap(check.hint, page.width, width + 11)}`;
    })
    .join('\n');
}
