/** All tasks in a table: how much each serves, how well, and why it stands where it does. */
import { useQuery as useFetch } from '@tanstack/react-query';
import type { TaskRow } from '../../../src/api/schemas/tasks.ts';
import { api } from '../api.ts';
import { Spark } from '../charts/spark.tsx';
import { count, money, percent } from '../format.ts';
import { Stage, toneOf } from '../parts/basics.tsx';
import { type Columns, DataTable } from '../parts/data-table.tsx';
import { Prose } from '../parts/prose.tsx';
import { Empty, Fetched } from '../parts/states.tsx';
import { useRange } from '../range.tsx';
import { Link } from '../router.tsx';

const share = ({ served, calls }: TaskRow): number => (calls === 0 ? -1 : served / calls);

const stageOf = ({ isExcluded, isStopped, stage }: TaskRow): string | null =>
  isExcluded ? 'excluded' : isStopped ? 'stopped' : stage;

const COLUMNS: Columns<TaskRow> = [
  {
    id: 'name',
    header: 'Task',
    accessorFn: ({ name }) => name,
    cell: ({ row: { original } }) => (
      <div className="task-name">
        <Link href={`/tasks/${original.id}`}>{original.name}</Link>
        <span className="muted">
          <Prose text={original.why} />
        </span>
      </div>
    ),
  },
  { id: 'kind', header: 'Kind', accessorFn: ({ kind }) => kind },
  {
    id: 'stage',
    header: 'Stage',
    accessorFn: ({ stage }) => stage ?? '',
    cell: ({ row: { original } }) => <Stage stage={stageOf(original)} />,
  },
  { id: 'rung', header: 'Method', accessorFn: ({ rung }) => rung ?? '–' },
  {
    id: 'calls',
    header: 'Calls',
    accessorFn: ({ calls }) => calls,
    cell: ({ row: { original } }) => count(original.calls),
  },
  {
    id: 'spark',
    header: 'Over time',
    enableSorting: false,
    cell: ({ row: { original } }) => <Spark points={original.spark} />,
  },
  {
    id: 'share',
    header: 'Served',
    accessorFn: share,
    cell: ({ row: { original } }) => percent(original.calls === 0 ? null : original.served / original.calls),
  },
  {
    id: 'error',
    header: 'Served error',
    accessorFn: ({ servedError }) => servedError.share ?? -1,
    cell: ({ row: { original } }) => <ErrorCell row={original} />,
  },
  {
    id: 'saved',
    header: 'Saved',
    accessorFn: ({ saved }) => saved,
    cell: ({ row: { original } }) => money(original.saved),
  },
];

function ErrorCell({ row: { servedError } }: { readonly row: TaskRow }) {
  const { share: error, errors, audits } = servedError;
  if (error === null) return <span className="muted">–</span>;
  return (
    <span className={`tone-${toneOf(servedError)}`}>
      {percent(error)}{' '}
      <span className="muted">
        ({count(errors)}/{count(audits)})
      </span>
    </span>
  );
}

export function TasksView() {
  const range = useRange();
  const query = useFetch({ queryKey: ['tasks', range], queryFn: () => api.tasks(range) });
  return (
    <section>
      <h1>Tasks</h1>
      <Fetched query={query}>
        {({ tasks }) =>
          tasks.length === 0 ? (
            <Empty title="No tasks yet">
              <p>
                A task is a kind of call that one small model can learn: the same prompt, or the same
                behaviour. <code>understudy learn</code> finds them among the calls on record, once there are
                some hundred.
              </p>
            </Empty>
          ) : (
            <DataTable
              caption="Tasks"
              columns={COLUMNS}
              rows={tasks}
              numeric={['calls', 'share', 'error', 'saved']}
              sorted={[{ id: 'calls', desc: true }]}
            />
          )
        }
      </Fetched>
    </section>
  );
}
