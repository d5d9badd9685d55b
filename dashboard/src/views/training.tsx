/** Learning jobs: what runs now and how far it is, what it costs, and what came of the others. */
import { useQuery as useFetch, useMutation, useQueryClient } from '@tanstack/react-query';
import type { JobView } from '../../../src/api/schemas/control.ts';
import { api } from '../api.ts';
import { at, count, duration, money } from '../format.ts';
import { Panel } from '../parts/basics.tsx';
import { Progress } from '../parts/progress.tsx';
import { Prose } from '../parts/prose.tsx';
import { Empty, Fetched } from '../parts/states.tsx';
import { Link } from '../router.tsx';

const MODES: Readonly<Record<string, string>> = {
  off: 'It does not learn by itself: `understudy learn` does (learn.mode).',
  observe: 'It learns by itself and deploys nothing (learn.mode: observe).',
  propose: 'It learns by itself; what passes waits for a person (learn.mode: propose).',
  auto: 'It learns by itself, and what passes comes into service from shadow on (learn.mode: auto).',
};

/** While a job runs, how often it is looked at, milliseconds. */
const LOOK_MS = 2000;

export function TrainingView() {
  const query = useFetch({
    queryKey: ['jobs'],
    queryFn: api.jobs,
    refetchInterval: ({ state }) => (state.data?.jobs.some(isOpen) ? LOOK_MS : false),
  });
  return (
    <section>
      <h1>Training</h1>
      <Fetched query={query}>
        {({ mode, jobs }) => (
          <>
            <p className="muted">
              <Prose text={MODES[mode] ?? mode} />
            </p>
            {jobs.length === 0 ? (
              <Empty title="No learning run yet">
                <p>
                  A run reads the calls on record, finds tasks, trains candidates for each, and proves the
                  best on held-back calls. It begins by itself when enough new calls have come, or by{' '}
                  <code>understudy learn</code>.
                </p>
              </Empty>
            ) : (
              jobs.map((job) => <Job key={job.id} job={job} />)
            )}
          </>
        )}
      </Fetched>
    </section>
  );
}

const isOpen = ({ state }: JobView): boolean => state === 'queued' || state === 'running';

function Job({ job }: { readonly job: JobView }) {
  const { state, reason, progress, estimate, spent, tasks, note } = job;
  return (
    <Panel
      title={reason}
      action={
        <span className="panel-facts">
          <span className={`stage job-${state}`}>{state}</span>
          <span className="muted">{at(job.endedAt ?? job.startedAt ?? job.createdAt)}</span>
          {isOpen(job) && <Cancel job={job} />}
        </span>
      }
    >
      {progress && (
        <div>
          <Progress progress={progress}>{progress.note && `: ${progress.note}`}</Progress>
          <p className="muted">
            {count(progress.done)} of {count(progress.total)}
            {progress.leftMs !== null && `, about ${duration(progress.leftMs)} left`}
          </p>
        </div>
      )}
      {note && <p>{note}</p>}
      <p className="muted">
        {count(spent.cpuMinutes)} minutes of processor time, {money(spent.dollars)}
        {estimate &&
          `; expected ${count(estimate.cpuMinutes)} minutes and ${money(estimate.dollars)}${
            estimate.savedADay === null ? '' : `, to save ${money(estimate.savedADay)} a day`
          } (${estimate.basis})`}
      </p>
      {tasks.length > 0 && (
        <ul className="outcomes">
          {tasks.map((task) => (
            <li key={task.id}>
              <span className={task.outcome === 'passed' ? 'good-text' : 'muted'}>
                {task.outcome === 'refused' ? 'refused' : task.deployed ? 'passed' : 'passed, not deployed'}
              </span>
              <span>
                <Link href={`/tasks/${task.id}`}>{task.name}</Link> {task.reason}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Cancel({ job }: { readonly job: JobView }) {
  const client = useQueryClient();
  const session = useFetch({ queryKey: ['session'], queryFn: api.session });
  const cancelling = useMutation({
    mutationFn: () => api.cancelJob(job.id),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['jobs'] }),
  });
  if (!session.data?.permissions.includes('deploy')) return null;
  return (
    <button
      type="button"
      disabled={cancelling.isPending || job.isCancelRequested}
      onClick={() => cancelling.mutate()}
    >
      {job.isCancelRequested ? 'Being cancelled' : 'Cancel'}
    </button>
  );
}
