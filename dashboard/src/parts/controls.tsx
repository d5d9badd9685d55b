/** What an operator may do with a task. Each asks once more, takes a reason for the record, and says what came of it. */
import { useQuery as useFetch, useMutation, useQueryClient } from '@tanstack/react-query';
import type { ControlAction } from '../../../src/api/schemas/control.ts';
import type { TaskDetail } from '../../../src/api/schemas/tasks.ts';
import { api } from '../api.ts';
import { at } from '../format.ts';
import { Question } from './question.tsx';

const ACTIONS: Readonly<
  Record<ControlAction, { readonly name: string; readonly about: string; readonly tone: string }>
> = {
  stop: {
    name: 'Stop',
    about:
      'All calls of this task go to the LLM, at once, until it is let go on. Its stage and its evidence stay.',
    tone: 'danger',
  },
  resume: { name: 'Let it go on', about: 'It serves again in the stage that it was in.', tone: '' },
  approve: {
    name: 'Approve',
    about: 'What waits comes into service, from shadow on, in the place of what serves now.',
    tone: 'primary',
  },
  reject: {
    name: 'Reject',
    about: 'What waits is retired. It is proposed again only when it was learnt from new calls.',
    tone: '',
  },
  'roll-back': {
    name: 'Roll back',
    about:
      'What serves is retired for good. The one that it replaced serves again, if nothing spoke against it; else all calls go to the LLM.',
    tone: 'danger',
  },
};

export function Controls({ detail: { task, stopped, proposal } }: { readonly detail: TaskDetail }) {
  const client = useQueryClient();
  const session = useFetch({ queryKey: ['session'], queryFn: api.session });
  const acting = useMutation({
    mutationFn: ({ action, reason }: { action: ControlAction; reason: string }) =>
      api.control(task.id, action, reason),
    onSuccess: () => void client.invalidateQueries(),
  });
  const isServing = ['shadow', 'canary', 'live'].includes(task.stage ?? '');
  const offered: ControlAction[] = [
    ...(proposal ? (['approve', 'reject'] as const) : []),
    ...(stopped ? (['resume'] as const) : isServing ? (['stop'] as const) : []),
    ...(isServing ? (['roll-back'] as const) : []),
  ];
  const mayAct = session.data?.permissions.includes('deploy') ?? false;
  return (
    <>
      {stopped && (
        <p className="verdict warn">
          <strong>Stopped by {stopped.by}</strong>, {at(stopped.at)}
          {stopped.reason && `: ${stopped.reason}`}. All its calls go to the LLM.
        </p>
      )}
      {proposal && (
        <p className="verdict warn">
          <strong>Version {proposal.version} waits for approval.</strong> {proposal.history.at(-1)?.reason}
        </p>
      )}
      {mayAct && offered.length > 0 && (
        <div className="controls">
          {offered.map((action) => (
            <Question
              key={action}
              {...ACTIONS[action]}
              task={task.name}
              isPending={acting.isPending}
              onDone={(reason) => acting.mutate({ action, reason })}
            />
          ))}
          <span role="status">
            {acting.isSuccess && (acting.data.changed ? acting.data.text : 'It was so already.')}
            {acting.error && <span className="bad-text">{acting.error.message}</span>}
          </span>
        </div>
      )}
    </>
  );
}
