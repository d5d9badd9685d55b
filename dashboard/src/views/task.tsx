/** One task: what serves it, the evidence, the stages, its latest calls, the candidates, and what a person says of it. */
import { useQuery as useFetch } from '@tanstack/react-query';
import type { TaskDetail } from '../../../src/api/schemas/tasks.ts';
import { api } from '../api.ts';
import { AuditSequence } from '../charts/audits.tsx';
import { count, interval, money, percent } from '../format.ts';
import { Figure, Panel, Stage, toneOf } from '../parts/basics.tsx';
import { Controls } from '../parts/controls.tsx';
import { Decisions, Excluded } from '../parts/decisions.tsx';
import { Prose } from '../parts/prose.tsx';
import { Fetched } from '../parts/states.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { useRange } from '../range.tsx';
import { Link } from '../router.tsx';
import { Evidence } from './task/evidence.tsx';
import { Mistakes, Reasons } from './task/latest.tsx';
import { Candidates, Confusions, Versions } from './task/tables.tsx';

export function TaskView({ id }: { readonly id: string }) {
  const range = useRange();
  const query = useFetch({ queryKey: ['task', id, range], queryFn: () => api.task(id, range) });
  return (
    <section>
      <p className="crumb">
        <Link href="/tasks">Tasks</Link>
      </p>
      <Fetched query={query}>{(detail) => <Detail detail={detail} />}</Fetched>
    </section>
  );
}

function Detail({ detail }: { readonly detail: TaskDetail }) {
  const { task, specialist, deployment } = detail;
  return (
    <>
      <div className="title">
        <h1>{task.name}</h1>
        <Stage stage={task.isExcluded ? 'excluded' : task.stage} />
        <span className="muted">
          {task.kind}
          {task.rung && `, ${task.rung}`}
          {specialist && `, version ${specialist.version}`}
        </span>
      </div>
      <p className="why">
        <Prose text={task.why} />
      </p>
      <Excluded excluded={detail.excluded} />
      <Controls detail={detail} />
      <dl className="figures">
        <Figure name="Served" value={percent(task.calls === 0 ? null : task.served / task.calls)}>
          {count(task.served)} of {count(task.calls)} calls in this range
        </Figure>
        <Figure name="Served error" value={percent(task.servedError.share)} tone={toneOf(task.servedError)}>
          bound {percent(task.servedError.bound)}; {interval(task.servedError.low, task.servedError.high)} by{' '}
          {count(task.servedError.audits)} audits
        </Figure>
        <Figure name="Coverage" value={percent(task.coverage)}>
          {percent(task.promised)} promised by the exam
        </Figure>
        <Figure name="Saved" value={money(task.saved)}>
          audits subtracted
        </Figure>
      </dl>
      {specialist && <Evidence specialist={specialist} />}
      {deployment && (
        <Panel title="Stages" note="Each ends by a test, not by a count.">
          <Timeline deployment={deployment} />
          <Audits id={deployment.id} />
        </Panel>
      )}
      <div className="two">
        <Reasons reasons={detail.reasons} taskId={task.id} />
        <Mistakes mistakes={detail.mistakes} heldBack={specialist?.evidence.calibration.mistakes ?? []} />
      </div>
      <Confusions confusions={specialist?.evidence.calibration.confusions ?? []} />
      <Candidates candidates={detail.candidates} />
      <Versions versions={detail.versions} />
      <Decisions detail={detail} />
      {detail.labels && detail.labels.length > 0 && (
        <Panel title={`Labels (${count(detail.labels.length)})`}>
          <p className="labels">
            {detail.labels.map((label) => (
              <code key={label}>{label === '' ? '(nothing)' : label}</code>
            ))}
          </p>
        </Panel>
      )}
    </>
  );
}

function Audits({ id }: { readonly id: string }) {
  const query = useFetch({ queryKey: ['audits', id], queryFn: () => api.audits(id) });
  return (
    <Fetched query={query}>
      {(audits) =>
        audits.audits === 0 ? (
          <p className="muted">No answer has been compared with the LLM’s yet.</p>
        ) : (
          <AuditSequence audits={audits} />
        )
      }
    </Fetched>
  );
}
