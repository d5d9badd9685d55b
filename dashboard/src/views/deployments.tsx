/** What serves and served: each deployment's stages, and its audits against the bound. */
import { useQuery as useFetch } from '@tanstack/react-query';
import type { DeploymentView } from '../../../src/api/schemas/deployments.ts';
import { api } from '../api.ts';
import { AuditSequence } from '../charts/audits.tsx';
import { at, words } from '../format.ts';
import { Panel, Stage } from '../parts/basics.tsx';
import { Empty, Fetched } from '../parts/states.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { Link } from '../router.tsx';

export function DeploymentsView() {
  const query = useFetch({ queryKey: ['deployments'], queryFn: api.deployments });
  return (
    <section>
      <h1>Deployments</h1>
      <Fetched query={query}>
        {({ deployments }) =>
          deployments.length === 0 ? (
            <Empty title="Nothing has been deployed">
              <p>
                A specialist that passes the gate begins in <strong>shadow</strong>, where its answers are
                compared and never used. Comparisons bring it to <strong>canary</strong> and then{' '}
                <strong>live</strong>, or take it out of service. <code>understudy learn</code> trains and
                proves specialists.
              </p>
            </Empty>
          ) : (
            deployments.map((deployment) => <Deployment key={deployment.id} deployment={deployment} />)
          )
        }
      </Fetched>
      <Events />
    </section>
  );
}

function Deployment({ deployment }: { readonly deployment: DeploymentView }) {
  const query = useFetch({ queryKey: ['audits', deployment.id], queryFn: () => api.audits(deployment.id) });
  return (
    <Panel
      title={deployment.taskName}
      action={
        <span className="panel-facts">
          <Stage stage={deployment.stage} />
          <span className="muted">
            {deployment.rung}, version {deployment.version}, threshold {deployment.threshold.toFixed(3)}
          </span>
          <Link href={`/tasks/${deployment.taskId}`}>Task</Link>
        </span>
      }
    >
      <div className="two">
        <Timeline deployment={deployment} />
        <Fetched query={query}>
          {(audits) =>
            audits.audits === 0 ? (
              <p className="muted">No answer has been compared with the LLM’s yet.</p>
            ) : (
              <AuditSequence audits={audits} />
            )
          }
        </Fetched>
      </div>
    </Panel>
  );
}

function Events() {
  const query = useFetch({ queryKey: ['events'], queryFn: () => api.events({ limit: 30 }) });
  return (
    <Panel title="What happened">
      <Fetched query={query}>
        {({ events }) =>
          events.length === 0 ? (
            <p className="muted">Nothing yet.</p>
          ) : (
            <ul className="events">
              {events.map((event) => (
                <li key={event.id}>
                  <time className="muted">{at(event.at)}</time>
                  <span>{words(event.kind)}</span>
                  <span>{event.text}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Fetched>
    </Panel>
  );
}
