/** How far some work is: its step in words, and a bar. */
import type { ReactNode } from 'react';
import { words } from '../format.ts';

export function Progress({
  progress: { step, subject, done, total },
  children,
}: {
  readonly progress: {
    readonly step: string;
    readonly subject: string | null;
    readonly done: number;
    readonly total: number;
  };
  /** Said behind the step. */
  readonly children?: ReactNode;
}) {
  return (
    <>
      <p>
        {words(step)}
        {subject && `, ${subject}`}
        {children}
      </p>
      <progress max={Math.max(1, total)} value={done} aria-label={`${step}, how far`} />
    </>
  );
}
