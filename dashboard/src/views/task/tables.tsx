/** A task's tables: labels that are mixed up, the candidates of the newest learning run, and the versions so far. */
import type { TaskDetail } from '../../../../src/api/schemas/tasks.ts';
import { at, count, NONE, percent } from '../../format.ts';
import { Panel, Stage } from '../../parts/basics.tsx';
import { Table } from '../../parts/table.tsx';

interface Confusion {
  readonly expected: string;
  readonly answered: string;
  readonly n: number;
}

const label = (text: string): string => (text === '' ? '(nothing)' : text);

export function Confusions({ confusions }: { readonly confusions: readonly Confusion[] }) {
  if (confusions.length === 0) return null;
  return (
    <Panel title="Confusions" note="Labels mixed up on held-back calls, at any confidence.">
      <Table
        label="Confusions"
        rows={confusions}
        keyOf={({ expected, answered }) => `${expected} ${answered}`}
        columns={[
          { name: 'The LLM said', cell: ({ expected }) => label(expected) },
          { name: 'The specialist said', cell: ({ answered }) => label(answered) },
          { name: 'Calls', cell: ({ n }) => count(n), isNumber: true },
        ]}
      />
    </Panel>
  );
}

export function Candidates({ candidates }: Pick<TaskDetail, 'candidates'>) {
  if (candidates.length === 0) return null;
  return (
    <Panel title="Candidates" note="Who competed in the newest learning run, and why each was chosen or not.">
      <Table
        label="Candidates"
        rows={candidates}
        keyOf={({ rung, base }) => `${rung} ${base}`}
        classOf={({ chosen }) => (chosen ? 'chosen' : undefined)}
        columns={[
          {
            name: 'Method',
            cell: ({ rung, chosen }) => (
              <>
                {rung}
                {chosen && <span className="badge good">chosen</span>}
              </>
            ),
          },
          { name: 'Base', cell: ({ base }) => base ?? NONE },
          { name: 'Could serve', cell: ({ estimate }) => percent(estimate), isNumber: true },
          {
            name: 'Why',
            cell: ({ reason, minutesNeeded }) =>
              minutesNeeded === null ? reason : `${reason} It would take ${count(minutesNeeded)} minutes.`,
          },
        ]}
      />
    </Panel>
  );
}

export function Versions({ versions }: Pick<TaskDetail, 'versions'>) {
  if (versions.length < 2) return null;
  return (
    <Panel title="Versions">
      <Table
        label="Versions"
        rows={versions}
        keyOf={({ id }) => id}
        columns={[
          { name: 'Version', cell: ({ version }) => version },
          { name: 'Method', cell: ({ rung }) => rung },
          { name: 'Trained', cell: ({ createdAt }) => at(createdAt) },
          { name: 'Stage', cell: ({ passed, stage }) => (passed ? <Stage stage={stage} /> : 'refused') },
          { name: 'Coverage', cell: ({ coverage }) => percent(coverage), isNumber: true },
          {
            name: 'Error in the exam',
            cell: ({ servedError }) => (servedError.n === 0 ? NONE : percent(servedError.share)),
            isNumber: true,
          },
        ]}
      />
    </Panel>
  );
}
