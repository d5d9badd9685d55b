/** One task: what serves it, the evidence, the risk at other bounds, the contest of candidates, and its mistakes. */
import { useQuery as useFetch } from '@tanstack/react-query';
import type { TaskDetail } from '../../../src/api/schemas/tasks.ts';
import { api } from '../api.ts';
import { AuditSequence } from '../charts/audits.tsx';
import { Calibration } from '../charts/calibration.tsx';
import { RiskAndCoverage } from '../charts/risk.tsx';
import { at, count, interval, milliseconds, money, NONE, percent, words } from '../format.ts';
import { Figure, Panel, Stage, toneOf } from '../parts/basics.tsx';
import { Controls } from '../parts/controls.tsx';
import { Decisions, Excluded } from '../parts/decisions.tsx';
import { Prose } from '../parts/prose.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { Fetched } from '../parts/states.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { useRange } from '../range.tsx';
import { Link } from '../router.tsx';

/** Mistakes that are shown. */
const MAX_MISTAKES = 8;

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

function Evidence({
  specialist: { evidence },
}: {
  readonly specialist: NonNullable<TaskDetail['specialist']>;
}) {
  const { gate, exam, selfAgreement, latencyMs } = evidence;
  return (
    <Panel title={gate.passed ? 'Proof' : 'Not proved'} note={gate.reason}>
      <div className="two wide">
        <RiskAndCoverage evidence={evidence} />
        <div className="column">
          {evidence.calibration.bins.length > 0 && <Calibration evidence={evidence} />}
          <dl className="facts">
            <div>
              <dt>Exam</dt>
              <dd>
                {exam.servedError.n === 0
                  ? 'not opened: the gate refused'
                  : `${percent(exam.servedError.share)} wrong (${interval(exam.servedError.low, exam.servedError.high)}) of ${count(exam.servedError.n)} served, ${percent(exam.coverage.share)} of ${count(exam.coverage.n)} calls`}
              </dd>
            </div>
            {exam.unseenError && exam.unseenError.n > 0 && (
              <div>
                <dt>Inputs not in training</dt>
                <dd>
                  {percent(exam.unseenError.share)} wrong (
                  {interval(exam.unseenError.low, exam.unseenError.high)}) of {count(exam.unseenError.n)}
                </dd>
              </div>
            )}
            <div>
              <dt>All answers</dt>
              <dd>
                {percent(evidence.calibration.accuracy.share)} correct of{' '}
                {count(evidence.calibration.accuracy.n)} held back
              </dd>
            </div>
            {selfAgreement && (
              <div>
                <dt>The LLM with itself</dt>
                <dd>{percent(selfAgreement.share)} the same when asked again</dd>
              </div>
            )}
            <div>
              <dt>Time</dt>
              <dd>
                {milliseconds(latencyMs.p50)} median, {milliseconds(latencyMs.p95)} at 95 %
              </dd>
            </div>
            {gate.moreCalls !== null && (
              <div>
                <dt>To pass</dt>
                <dd>about {count(gate.moreCalls)} more held-back calls of this quality</dd>
              </div>
            )}
          </dl>
        </div>
      </div>
    </Panel>
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

function Reasons({ reasons, taskId }: { readonly reasons: TaskDetail['reasons']; readonly taskId: string }) {
  const all = reasons.reduce((sum, { calls }) => sum + calls, 0);
  return (
    <Panel title="What became of its latest calls">
      {all === 0 ? (
        <p className="muted">No call of it has come through the gateway yet.</p>
      ) : (
        <ul className="bars">
          {reasons.map(({ reason, calls }) => (
            <li key={reason}>
              <Link href={`/calls?task=${encodeURIComponent(taskId)}&reason=${reason}`}>{words(reason)}</Link>
              <span className="bar-track" aria-hidden="true">
                <span
                  className={reason === 'confident' ? 'good' : ''}
                  style={{ width: `${(100 * calls) / all}%` }}
                />
              </span>
              <span className="number">{percent(calls / all)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Mistakes({
  mistakes,
  heldBack,
}: {
  readonly mistakes: TaskDetail['mistakes'];
  readonly heldBack: readonly { readonly callId: string; readonly confidence: number }[];
}) {
  const shown = [
    ...mistakes.map(({ callId, confidence, stage, at: time }) => ({
      callId,
      confidence,
      from: `${stage}, ${at(time)}`,
    })),
    ...heldBack.map((mistake) => ({ ...mistake, from: 'held back, before it served' })),
  ].slice(0, MAX_MISTAKES);
  return (
    <Panel
      title={`Mistakes (${count(mistakes.length)} in audits)`}
      note="Answers that differed from the LLM’s, the most confident first. Open one to see both side by side, where both are on record."
    >
      {shown.length === 0 ? (
        <p className="muted">None in the audits so far.</p>
      ) : (
        <ul className="mistakes">
          {shown.map(({ callId, from, confidence }) => (
            <li key={callId}>
              <Link href={`/calls/${callId}`}>{from}</Link>
              <span className="number">{confidence.toFixed(3)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Confusions({
  confusions,
}: {
  readonly confusions: readonly {
    readonly expected: string;
    readonly answered: string;
    readonly n: number;
  }[];
}) {
  if (confusions.length === 0) return null;
  return (
    <Panel title="Confusions" note="Labels mixed up on held-back calls, at any confidence.">
      <Scroll label="Confusions">
        <table>
          <thead>
            <tr>
              <th scope="col">The LLM said</th>
              <th scope="col">The specialist said</th>
              <th scope="col" className="number">
                Calls
              </th>
            </tr>
          </thead>
          <tbody>
            {confusions.map(({ expected, answered, n }) => (
              <tr key={`${expected} ${answered}`}>
                <td>{expected === '' ? '(nothing)' : expected}</td>
                <td>{answered === '' ? '(nothing)' : answered}</td>
                <td className="number">{count(n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

function Candidates({ candidates }: { readonly candidates: TaskDetail['candidates'] }) {
  if (candidates.length === 0) return null;
  return (
    <Panel title="Candidates" note="Who competed in the newest learning run, and why each was chosen or not.">
      <Scroll label="Candidates">
        <table>
          <thead>
            <tr>
              <th scope="col">Method</th>
              <th scope="col">Base</th>
              <th scope="col" className="number">
                Could serve
              </th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {candidates.map(({ rung, base, chosen, reason, estimate, minutesNeeded }) => (
              <tr key={`${rung} ${base}`} className={chosen ? 'chosen' : undefined}>
                <td>
                  {rung}
                  {chosen && <span className="badge good">chosen</span>}
                </td>
                <td>{base ?? NONE}</td>
                <td className="number">{percent(estimate)}</td>
                <td>
                  {reason}
                  {minutesNeeded !== null && ` It would take ${count(minutesNeeded)} minutes.`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

function Versions({ versions }: { readonly versions: TaskDetail['versions'] }) {
  if (versions.length < 2) return null;
  return (
    <Panel title="Versions">
      <Scroll label="Versions">
        <table>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Method</th>
              <th scope="col">Trained</th>
              <th scope="col">Stage</th>
              <th scope="col" className="number">
                Coverage
              </th>
              <th scope="col" className="number">
                Error in the exam
              </th>
            </tr>
          </thead>
          <tbody>
            {versions.map((version) => (
              <tr key={version.id}>
                <td>{version.version}</td>
                <td>{version.rung}</td>
                <td>{at(version.createdAt)}</td>
                <td>{version.passed ? <Stage stage={version.stage} /> : 'refused'}</td>
                <td className="number">{percent(version.coverage)}</td>
                <td className="number">
                  {version.servedError.n === 0 ? NONE : percent(version.servedError.share)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}
