/** The explorer of calls: filters in the query, a page at a time, and one call in a drawer beside the list. */
import { useQuery as useFetch, useInfiniteQuery } from '@tanstack/react-query';
import { Dialog } from 'radix-ui';
import { useId } from 'react';
import { REASONS } from '../../../src/api/reasons.ts';
import type { CallRow } from '../../../src/api/schemas/calls.ts';
import { api } from '../api.ts';
import { atSecond, count, milliseconds, NONE, words } from '../format.ts';
import { Scroll } from '../parts/scroll.tsx';
import { Empty, Fetched } from '../parts/states.tsx';
import { useRange } from '../range.tsx';
import { go, Link, setQuery, useQuery } from '../router.tsx';
import { CallPanel } from './call.tsx';

const PAGE = 50;

export function CallsView({ id }: { readonly id: string | null }) {
  const query = useQuery();
  const { since } = useRange();
  const filter = {
    task: query.get('task') ?? undefined,
    servedBy: query.get('servedBy') ?? undefined,
    reason: query.get('reason') ?? undefined,
    since,
  };
  const calls = useInfiniteQuery({
    queryKey: ['calls', filter],
    queryFn: ({ pageParam }) => api.calls({ ...filter, limit: PAGE, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  const list = `/calls${location.search}`;
  const isFiltered = filter.task ?? filter.servedBy ?? filter.reason;
  return (
    <section>
      <h1>Calls</h1>
      <Filters />
      <Fetched query={calls}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.calls);
          if (rows.length === 0) return <NoCalls isFiltered={isFiltered !== undefined} />;
          return (
            <>
              <CallTable rows={rows} open={id} />
              <p className="more">
                <span className="muted">{count(rows.length)} shown, newest first</span>
                {calls.hasNextPage && (
                  <button
                    type="button"
                    disabled={calls.isFetchingNextPage}
                    onClick={() => void calls.fetchNextPage()}
                  >
                    {calls.isFetchingNextPage ? 'Fetching …' : 'Show more'}
                  </button>
                )}
              </p>
            </>
          );
        }}
      </Fetched>
      <Dialog.Root open={id !== null} onOpenChange={(isOpen) => !isOpen && go(list, true)}>
        <Dialog.Portal>
          <Dialog.Overlay className="overlay" />
          <Dialog.Content className="drawer" aria-describedby={undefined}>
            <div className="drawer-head">
              <Dialog.Title>Call</Dialog.Title>
              <Dialog.Close className="quiet" aria-label="Close">
                <span aria-hidden="true">✕</span>
              </Dialog.Close>
            </div>
            {id !== null && <CallPanel key={id} id={id} />}
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    </section>
  );
}

function Filters() {
  const query = useQuery();
  const range = useRange();
  const tasks = useFetch({ queryKey: ['tasks', range], queryFn: () => api.tasks(range) });
  return (
    <form className="filters" onSubmit={(event) => event.preventDefault()}>
      <Choice
        name="Task"
        value={query.get('task') ?? ''}
        onChange={(task) => setQuery({ task })}
        options={(tasks.data?.tasks ?? []).map((task) => [task.id, task.name])}
      />
      <Choice
        name="Answered by"
        value={query.get('servedBy') ?? ''}
        onChange={(servedBy) => setQuery({ servedBy })}
        options={[
          ['specialist', 'a specialist'],
          ['llm', 'the LLM'],
        ]}
      />
      <Choice
        name="Reason"
        value={query.get('reason') ?? ''}
        onChange={(reason) => setQuery({ reason })}
        options={REASONS.map((reason) => [reason, words(reason)])}
      />
      {['task', 'servedBy', 'reason'].some((name) => query.has(name)) && (
        <button
          type="button"
          className="quiet"
          onClick={() => setQuery({ task: undefined, servedBy: undefined, reason: undefined })}
        >
          Clear
        </button>
      )}
    </form>
  );
}

function Choice({
  name,
  value,
  options,
  onChange,
}: {
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <span className="choice">
      <label htmlFor={id}>{name}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">all</option>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </span>
  );
}

function CallTable({ rows, open }: { readonly rows: readonly CallRow[]; readonly open: string | null }) {
  return (
    <Scroll label="Calls">
      <table className="calls">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Task</th>
            <th scope="col">Answered by</th>
            <th scope="col">Reason</th>
            <th scope="col" className="number">
              Confidence
            </th>
            <th scope="col" className="number">
              Latency
            </th>
            <th scope="col" className="number">
              Tokens in, out
            </th>
            <th scope="col">Model</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((call) => (
            // The link is for keys and readers; the whole row is for the mouse.
            <tr
              key={call.id}
              className={`clickable${call.id === open ? ' chosen' : ''}`}
              onClick={() => go(`/calls/${call.id}${location.search}`)}
            >
              <td>
                <Link
                  href={`/calls/${call.id}${location.search}`}
                  onClick={(event) => event.stopPropagation()}
                >
                  {atSecond(call.at)}
                </Link>
              </td>
              <td>{call.taskName ?? <span className="muted">none</span>}</td>
              <td>
                <span className={`by ${call.servedBy}`}>
                  {call.servedBy === 'llm' ? 'LLM' : 'specialist'}
                </span>
              </td>
              <td>{words(call.reason)}</td>
              <td className="number">{call.confidence?.toFixed(3) ?? NONE}</td>
              <td className="number">{milliseconds(call.latencyMs)}</td>
              <td className="number">
                {count(call.promptTokens)}, {count(call.completionTokens)}
              </td>
              <td>
                {call.model ?? <span className="muted">erased</span>}
                {call.status >= 400 && <span className="badge bad">{call.status}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function NoCalls({ isFiltered }: { readonly isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="No call is like this">
      <p>In this range of time no call fits the filters. A longer range, or fewer filters, shows more.</p>
    </Empty>
  ) : (
    <Empty title="No calls in this range">
      <p>
        Calls appear some seconds after they were answered. Point an agent at the gateway, or bring logs with{' '}
        <code>understudy import</code>; a longer range shows older ones.
      </p>
    </Empty>
  );
}
