/**
 * The explanation of a call as text.
 * Does not: explain (api/figures/explain.ts).
 */
import type { Explanation } from '../api/schemas/calls.ts';
import { paint, type TextStyle, wrap } from '../report/table.ts';
import { dateTime } from '../report/words.ts';

const MARKS: Readonly<Record<string, string>> = { passed: 'yes', decided: '→', 'not-reached': '–' };

export function explanationText(
  explanation: Explanation,
  page: TextStyle & { readonly width: number },
): string {
  const { task, deployment, confidence } = explanation;
  const lines = [wrap(explanation.summary, page.width, 0), ''];
  lines.push(`call        ${explanation.callId}, ${dateTime(explanation.at)} UTC`);
  lines.push(
    task
      ? `task        ${task.name} (${task.kind}; ${task.sites} call ${task.sites === 1 ? 'site' : 'sites'})`
      : 'task        none',
  );
  if (deployment)
    lines.push(
      `deployment  ${deployment.id}, ${deployment.stage} at the time: version ${deployment.version ?? '?'}, ${deployment.rung ?? '?'}`,
    );
  if (confidence) {
    const parts = confidence.signals.map(({ signal, weight }) => `${signal} × ${weight.toFixed(2)}`);
    const least = confidence.threshold === null ? '' : `, threshold ${confidence.threshold.toFixed(3)}`;
    lines.push(`confidence  ${confidence.value.toFixed(3)}${least}`);
    if (parts.length > 0) lines.push(wrap(`made of ${parts.join(', ')}`, page.width, 12));
  }
  if (explanation.audit)
    lines.push(
      `audit       the LLM’s answer ${explanation.audit === 'agreed' ? 'came to the same' : paint(page, 'red', 'differed')}`,
    );
  if (explanation.steps.length > 0) {
    lines.push('', 'What was asked, in order:');
    for (const { step, outcome, detail } of explanation.steps) {
      const mark = (MARKS[outcome] ?? '').padEnd(3);
      lines.push(`  ${outcome === 'decided' ? paint(page, 'yellow', mark) : mark}  ${step}`);
      if (detail !== '') lines.push(wrap(detail, page.width, 7));
    }
  }
  if (explanation.wouldChange.length > 0) {
    lines.push('', 'What would have changed it:');
    for (const each of explanation.wouldChange) lines.push(wrap(`• ${each}`, page.width, 2));
  }
  if (explanation.candidates.length > 0) {
    lines.push('', 'Candidates, as the newest learning run saw them:');
    for (const { rung, base, chosen, reason } of explanation.candidates)
      lines.push(
        wrap(`${chosen ? '✓' : '·'} ${rung}${base === null ? '' : ` on ${base}`}: ${reason}`, page.width, 2),
      );
  }
  return lines.join('\n');
}
