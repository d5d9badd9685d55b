/**
 * Which calls a task is of, and a person's word on it: rename, merge, split, exclude, include. Each asks in a dialog, takes a
 * reason for the record, says what came of it, and offers to take it back.
 */
import { useQuery as useFetch, useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { CallSiteView, DecideBody } from '../../../src/api/schemas/decisions.ts';
import type { TaskDetail } from '../../../src/api/schemas/tasks.ts';
import { api } from '../api.ts';
import { at, count } from '../format.ts';
import { useRange } from '../range.tsx';
import { Panel } from './basics.tsx';
import { NameField, Question } from './question.tsx';

type Decide = (taskId: string, change: DecideBody) => void;

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

interface DialogProps {
  readonly task: TaskDetail['task'];
  readonly isPending: boolean;
  readonly onDecide: Decide;
}

function Rename({ task, isPending, onDecide }: DialogProps) {
  const [name, setName] = useState(task.name);
  return (
    <Question
      name="Rename"
      task={task.name}
      about="The task keeps its id, its specialist and its figures."
      isPending={isPending}
      isReady={name.trim() !== '' && name.trim() !== task.name}
      onOpen={() => setName(task.name)}
      onDone={(reason) => onDecide(task.id, { action: 'rename', name: name.trim(), reason })}
    >
      <NameField label="New name" value={name} onChange={setName} />
    </Question>
  );
}

function Merge({ task, isPending, onDecide }: DialogProps) {
  const range = useRange();
  const all = useFetch({ queryKey: ['tasks', range], queryFn: () => api.tasks(range) });
  const others = (all.data?.tasks ?? []).filter(({ id, isExcluded }) => id !== task.id && !isExcluded);
  const [from, setFrom] = useState('');
  const field = useId();
  return (
    <Question
      name="Merge"
      task={task.name}
      about="The calls of the other task belong to this one from now on. What serves either was proved on other calls: it is suspended until it is proved anew, and the calls go to the LLM meanwhile."
      isPending={isPending}
      isReady={from !== ''}
      onOpen={() => setFrom('')}
      onDone={(reason) => onDecide(task.id, { action: 'merge', from, reason })}
    >
      <label htmlFor={field}>Task that goes into this one</label>
      <select id={field} value={from} onChange={(event) => setFrom(event.target.value)}>
        <option value="">choose one</option>
        {others.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </Question>
  );
}

function Split({
  task,
  sites,
  isPending,
  onDecide,
}: DialogProps & { readonly sites: readonly CallSiteView[] }) {
  const [taken, setTaken] = useState<readonly string[]>([]);
  const [name, setName] = useState('');
  return (
    <Question
      name="Split"
      task={task.name}
      about="The call sites that you choose become a task of their own. What serves was proved on all of them: it is suspended until it is proved anew."
      isPending={isPending}
      isReady={taken.length > 0 && taken.length < sites.length}
      onOpen={() => {
        setTaken([]);
        setName('');
      }}
      onDone={(reason) =>
        onDecide(task.id, {
          action: 'split',
          sites: [...taken],
          reason,
          ...(name.trim() === '' ? {} : { name: name.trim() }),
        })
      }
    >
      <fieldset>
        <legend>Call sites to take out (not all)</legend>
        {sites.map((site) => (
          <label key={site.id} className="check">
            <input
              type="checkbox"
              checked={taken.includes(site.id)}
              onChange={({ target: { checked } }) =>
                setTaken(checked ? [...taken, site.id] : taken.filter((id) => id !== site.id))
              }
            />
            {siteText(site)}
          </label>
        ))}
      </fieldset>
      <NameField label="Name of the new task (optional)" value={name} onChange={setName} />
    </Question>
  );
}

function Exclude({ task, isExcluded, isPending, onDecide }: DialogProps & { readonly isExcluded: boolean }) {
  const action = isExcluded ? 'include' : 'exclude';
  return (
    <Question
      key={action}
      name={isExcluded ? 'Include' : 'Exclude'}
      task={task.name}
      about={
        isExcluded
          ? 'It is learnt again, and serves in the stage that it was in.'
          : 'It is neither learnt nor served from now on: all its calls go to the LLM, until it is included again.'
      }
      tone={isExcluded ? '' : 'danger'}
      isPending={isPending}
      onDone={(reason) => onDecide(task.id, { action, reason })}
    />
  );
}

/** What its calls have in common, without an id. */
function siteText({ turn, tools, hasFormat, begins }: CallSiteView): string {
  const answers =
    turn === 'user' ? 'Answers a user' : turn === 'tool:*' ? 'Answers a tool' : `Answers ${turn.slice(5)}`;
  const parts = [
    tools[0] === '*' ? 'any tools' : tools.length > 0 && `${count(tools.length)} tools: ${tools.join(', ')}`,
    hasFormat && 'a response format',
    begins && `“${begins}…”`,
  ];
  return [answers, ...parts.filter((part) => part)].join(', ');
}
