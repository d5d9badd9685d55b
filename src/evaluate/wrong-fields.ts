/**
 * Which field most of a specialist's errors are in, for the report of a refusal: the prompt may leave it open, or it may
 * not matter, and the team can say so. By the schemas' names alone: no word of a call.
 */
import type { Grade } from './scorers/scorer.ts';

/** Fewer errors in one field are chance. */
const MIN_ERRORS = 3;

/** ' Of its 20 wrong answers, 12 differ in `refund.note`; …'; '' where no field stands out. */
export function wrongFieldText(grades: readonly Grade[]): string {
  const wrong = grades.filter(({ correct }) => correct === false);
  const counts = new Map<string, number>();
  for (const { field } of wrong) if (field) counts.set(field, (counts.get(field) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  if (most === undefined || most[1] < MIN_ERRORS || most[1] * 3 < wrong.length) return '';
  const [field, count] = most;
  return ` Of its ${wrong.length} wrong answers, ${count} differ first in \`${field}\`; where that does not matter, a policy can say so (equality.md).`;
}
