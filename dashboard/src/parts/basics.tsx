/** Small pieces that every view has: panels, figures, stages. */
import { Tooltip } from 'radix-ui';
import { type ReactNode, useId } from 'react';
import type { ErrorShare } from '../../../src/api/schemas/common.ts';

export function Panel({
  title,
  note,
  action,
  children,
}: {
  readonly title: string;
  readonly note?: ReactNode;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id}>{title}</h2>
        {action}
      </div>
      {note && <p className="muted">{note}</p>}
      {children}
    </section>
  );
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad';

/** Green within the bound, amber above it, red where chance is no explanation. */
export function toneOf({ share, low, bound }: ErrorShare): Tone {
  if (share === null || low === null || bound === null) return 'plain';
  return low > bound ? 'bad' : share > bound ? 'warn' : 'good';
}

/** One figure with its name, and what makes it up. */
export function Figure({
  name,
  value,
  tone = 'plain',
  children,
}: {
  readonly name: string;
  readonly value: ReactNode;
  readonly tone?: Tone;
  readonly children?: ReactNode;
}) {
  return (
    <div className={`figure ${tone}`}>
      <dt>{name}</dt>
      <dd>
        <span className="value">{value}</span>
        {children && <span className="about">{children}</span>}
      </dd>
    </div>
  );
}

const STAGES: Readonly<Record<string, string>> = {
  proposed: 'It waits for a person’s word.',
  shadow: 'Its answers are compared with the LLM’s, and never used.',
  canary: 'It answers a share of the calls.',
  live: 'It answers all calls that it is sure of.',
  suspended: 'It answers none until it is proved anew.',
  retired: 'It answers none.',
  excluded: 'A person has excluded it: it is neither learnt nor served.',
  stopped: 'A person has stopped it: it answers none until it is let go on.',
};

/** A stage in words and colour. */
export function Stage({ stage }: { readonly stage: string | null }) {
  if (stage === null) return <span className="stage none">not deployed</span>;
  return (
    <Hint text={STAGES[stage] ?? stage}>
      <span className={`stage ${stage}`}>{stage}</span>
    </Hint>
  );
}

/** More on a word, for those who point at it or come to it by key. */
export function Hint({ text, children }: { readonly text: string; readonly children: ReactNode }) {
  return (
    <Tooltip.Provider delayDuration={200}>
      <Tooltip.Root>
        <Tooltip.Trigger asChild>
          <span className="hinted" tabIndex={0}>
            {children}
          </span>
        </Tooltip.Trigger>
        <Tooltip.Portal>
          <Tooltip.Content className="tooltip" sideOffset={4} collisionPadding={8}>
            {text}
          </Tooltip.Content>
        </Tooltip.Portal>
      </Tooltip.Root>
    </Tooltip.Provider>
  );
}
