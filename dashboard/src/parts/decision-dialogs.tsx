/**
 * What a person may say of a task: rename, merge, split, exclude, include. Each asks in a dialog and takes a reason for the
 * record.
 * Does not: send it, or say what came of it (decisions.tsx).
 */
import { useQuery as useFetch } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { CallSiteView, DecideBody } from '../../../src/api/schemas/decisions.ts';
import type { TaskDetail } from '../../../src/api/schemas/tasks.ts';
import { api } from '../api.ts';
import { count } from '../format.ts';
import { useRange } from '../range.tsx';
import { NameField, Question } from './question.tsx';

export type Decide = (taskId: string, change: DecideBody) => void;

interface DialogProps {
  readonly task: TaskDetail['task'];
  readonly isPending: boolean;
  readonly onDecide: Decide;
}

export function Rename({ task, isPending, onDecide }: DialogProps) {
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

export function Merge({ task, isPending, onDecide }: DialogProps) {
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

export function Split({
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

export function Exclude({
  task,
  isExcluded,
  isPending,
  onDecide,
}: DialogProps & { readonly isExcluded: boolean }) {
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
export function siteText({ turn, tools, hasFormat, begins }: CallSiteView): string {
  const answers =
    turn === 'user' ? 'Answers a user' : turn === 'tool:*' ? 'Answers a tool' : `Answers ${turn.slice(5)}`;
  const parts = [
    tools[0] === '*' ? 'any tools' : tools.length > 0 && `${count(tools.length)} tools: ${tools.join(', ')}`,
    hasFormat && 'a response format',
    begins && `“${begins}…”`,
  ];
  return [answers, ...parts.filter((part) => part)].join(', ');
}
