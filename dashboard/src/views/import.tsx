/** Drop a log file: it is imported, and what a small model could take over of the calls on record is shown. */
import { useQuery as useFetch, useMutation, useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useId, useState } from 'react';
import type { ImportView as Import } from '../../../src/api/imports/schemas.ts';
import { api, RequestError } from '../api.ts';
import { count, duration, NONE, percent } from '../format.ts';
import { Panel } from '../parts/basics.tsx';
import { Progress } from '../parts/progress.tsx';
import { Fetched } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';

/** While one is at work, how often it is looked at, milliseconds. */
const LOOK_MS = 1000;

const isOpen = ({ state }: Import): boolean => state === 'importing' || state === 'assessing';

export function ImportView() {
  const session = useFetch({ queryKey: ['session'], queryFn: api.session });
  const mayAct = session.data?.permissions.includes('deploy') ?? false;
  return (
    <section>
      <h1>Import and assess</h1>
      {session.data && !mayAct ? <p>Importing needs the role of an operator or an admin.</p> : <Imports />}
    </section>
  );
}

function Imports() {
  const client = useQueryClient();
  const query = useFetch({
    queryKey: ['imports'],
    queryFn: api.imports,
    refetchInterval: ({ state }) => (state.data?.imports.some(isOpen) ? LOOK_MS : false),
  });
  const [sent, setSent] = useState(0);
  const sending = useMutation({
    mutationFn: (file: File) => api.import(file, setSent),
    onMutate: () => setSent(0),
    onSettled: () => void client.invalidateQueries({ queryKey: ['imports'] }),
  });
  const { error } = sending;
  return (
    <>
      <Drop isBusy={sending.isPending} onFile={sending.mutate} />
      {sending.isPending && <progress max={1} value={sent} aria-label="How much of the file has been sent" />}
      {error && (
        <p className="verdict bad" role="alert">
          <strong>{error.message}</strong> {error instanceof RequestError && error.hint}
        </p>
      )}
      <Fetched query={query}>
        {({ imports }) => imports.map((one) => <Imported key={one.id} one={one} />)}
      </Fetched>
    </>
  );
}

function Drop({ isBusy, onFile }: { readonly isBusy: boolean; readonly onFile: (file: File) => void }) {
  const [isOver, setOver] = useState(false);
  const field = useId();
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file && !isBusy) onFile(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is for the mouse alone; the field inside does the same by key
    <div
      className={`drop${isOver ? ' over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label htmlFor={field}>Drop a log file here, or choose one</label>
      <input
        id={field}
        type="file"
        disabled={isBusy}
        onChange={({ target }) => {
          const file = target.files?.[0];
          if (file) onFile(file);
          target.value = '';
        }}
      />
      <p className="muted">
        OpenAI requests with responses, fine-tuning files, logs of LiteLLM, Langfuse, Helicone and LangSmith,
        OpenTelemetry traces; as JSON or JSON Lines, plain or gzip. It is redacted and sealed on the way in,
        like captured calls, and the file is removed afterwards.
      </p>
    </div>
  );
}

function Imported({ one }: { readonly one: Import }) {
  const { name, state, progress, report, assessment, error } = one;
  return (
    <Panel
      title={name}
      action={
        <span className={`stage job-${isOpen(one) ? 'running' : state}`} role="status">
          {state}
        </span>
      }
    >
      {progress && (
        <div>
          <Progress progress={progress}>
            {progress.leftMs !== null && `, ${duration(progress.leftMs)} left`}
          </Progress>
        </div>
      )}
      {error && (
        <p className="verdict bad">
          <strong>{error.message}</strong> {error.hint}
        </p>
      )}
      {report && <Report report={report} />}
      {assessment && <Assessment assessment={assessment} />}
    </Panel>
  );
}

function Report({ report }: { readonly report: NonNullable<Import['report']> }) {
  const { formats, calls, already, untimed, skipped } = report;
  return (
    <>
      <p>
        {count(calls)} new calls, {count(already)} already on record; format: {formats.join(', ')}.
        {untimed > 0 && ` ${count(untimed)} came without a time: they stand a second apart.`}
      </p>
      {skipped.length > 0 && (
        <ul>
          {skipped.map(({ reason, records, lines }) => (
            <li key={reason}>
              {count(records)} left out: {reason}
              {lines.length > 0 && ` (lines ${lines.join(', ')})`}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Assessment({ assessment }: { readonly assessment: NonNullable<Import['assessment']> }) {
  const { calls, coverage, epsilon, tasks } = assessment;
  return (
    <>
      <h3>What a small model could probably take over</h3>
      <p>
        About <strong>{percent(coverage.mean)}</strong> of the {count(calls)} calls on record (
        {percent(coverage.low)} to {percent(coverage.high)} in nine of ten cases), at no more than{' '}
        {percent(epsilon)} error.
      </p>
      {tasks.length > 0 && (
        <Table
          label="Tasks in the assessment"
          rows={tasks}
          keyOf={({ id }) => id}
          columns={[
            { name: 'Task', cell: ({ name }) => name },
            { name: 'Kind', cell: ({ kind }) => kind },
            { name: 'Calls', cell: ({ calls: own }) => count(own), isNumber: true },
            { name: 'Method', cell: ({ rung }) => rung ?? NONE },
            { name: 'Could serve', cell: ({ expected }) => percent(expected?.mean ?? null), isNumber: true },
            {
              name: 'Why',
              cell: ({ why, moreCalls }) =>
                moreCalls !== null && moreCalls > 0
                  ? `${why} About ${count(moreCalls)} more calls would help.`
                  : why,
            },
          ]}
        />
      )}
    </>
  );
}
