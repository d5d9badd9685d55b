/** What is odd about calls, as text. Does not: look for it (learn/findings). */
import type { Finding } from '../core/finding.ts';
import { type Page, paint, wrap } from './table.ts';
import { count } from './words.ts';

/** Ids that are shown of each. */
const SHOWN = 3;

/** A paragraph for each finding: what, how many, what was done, and the first calls. */
export function findingsText(findings: readonly Finding[], page: Page, indent: number): string {
  return findings
    .map(({ says, done, ids }) => {
      const more = ids.length > SHOWN ? ', …' : '';
      return wrap(`${says} ${done} Calls: ${ids.slice(0, SHOWN).join(', ')}${more}.`, page.width, indent);
    })
    .join('\n');
}

export function suspectsText(
  tasks: readonly { readonly name: string; readonly findings: readonly Finding[] }[],
  page: Page,
): string {
  if (tasks.length === 0)
    return 'Nothing odd is on record. `understudy learn` looks for it; `--dry-run` deploys nothing.';
  return tasks
    .map(({ name, findings }) => {
      const kinds = findings.map(({ kind, calls, of }) => `${kind} ${count(calls)} of ${count(of)}`);
      return `${paint(page, 'bold', name)}  ${kinds.join(', ')}\n${findingsText(findings, page, 2)}`;
    })
    .join('\n\n');
}
