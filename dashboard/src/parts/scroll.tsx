/** A part of the page that scrolls sideways by itself, by key too. */
import type { ReactNode } from 'react';

export function Scroll({
  label,
  className = 'scroll',
  children,
}: {
  readonly label: string;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  return (
    <section className={className} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
