/**
 * Which calls a task is of, and what people have decided about it: the dialogs (decision-dialogs.tsx), what came of the last
 * one, which can be taken back, and the record.
 */
import { useQuery as useFetch, useMutation, useQueryClient } from '@tanstack/react-query';
import type { DecideBody } from '../../../src/api/schemas/decisions.ts';
import type { TaskDetail } from '../../../src/api/schemas/tasks.ts';
import { api } from '../api.ts';
import { at } from '../format.ts';
import { Panel } from './basics.tsx';
import { type Decide, Exclude, Merge, Rename, Split, siteText } from './decision-dialogs.tsx';

export function Decisions({ detail }: { readonly detail: TaskDetail }) {
  const { task, callSites, decisions, excluded } = detail;
  const client = useQueryClient();
  const session = useFetch({ queryKey: ['session'], queryFn: api.session });
  const deciding = useMutation({
    mutationFn: ({ taskId, change }: { taskId: string; change: DecideBody }) => api.decide(taskId, change),
    onSuccess: () => void client.invalidateQueries(),
  });
  const decide: Decide = (taskId, change) => deciding.mutate({ taskId, change });
  const mayAct = session.data?.permissions.includes('deploy') ?? false;
  const { data: done, isPending, error } = deciding;
  const inverse = done?.inverse ?? null;
  return (
    <Panel
      title="Which calls it is"
      note="A task is the calls of one or several call sites: the same prompt template, tools and turn. What you decide here holds for every learning run to come."
    >
      <ul className="call-sites">
        {callSites.map((site) => (
          <li key={site.id}>{siteText(site)}</li>
        ))}
      </ul>
      {mayAct && (
        <div className="controls">
          <Rename task={task} isPending={isPending} onDecide={decide} />
          <Merge task={task} isPending={isPending} onDecide={decide} />
          {callSites.length > 1 && (
            <Split task={task} sites={callSites} isPending={isPending} onDecide={decide} />
          )}
          <Exclude task={task} isExcluded={excluded !== null} isPending={isPending} onDecide={decide} />
          <span role="status">
            {done && !isPending && done.text}
            {error && <span className="bad-text">{error.message}</span>}
          </span>
          {inverse && !isPending && (
            <button type="button" onClick={() => decide(inverse.taskId, inverse.change)}>
              Undo
            </button>
          )}
        </div>
      )}
      {decisions.length > 0 && (
        <ul className="outcomes">
          {decisions.map(({ id, action, at: time, by, reason, other }) => (
            <li key={id}>
              <span className="muted">{at(time)}</span>
              <span>
                {action}
                {other && ` (${other})`}, by {by}
                {reason && `: ${reason}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** The banner of a task that is left alone. */
export function Excluded({ excluded }: Pick<TaskDetail, 'excluded'>) {
  if (excluded === null) return null;
  return (
    <p className="verdict warn">
      <strong>Excluded by {excluded.by}</strong>, {at(excluded.at)}
      {excluded.reason && `: ${excluded.reason}`}. It is neither learnt nor served.
    </p>
  );
}
