/** What became of a task's latest calls, and its mistakes. */
import type { TaskDetail } from '../../../../src/api/schemas/tasks.ts';
import { at, count, percent, words } from '../../format.ts';
import { Panel } from '../../parts/basics.tsx';
import { Link } from '../../router.tsx';

/** Mistakes that are shown. */
const MAX_MISTAKES = 8;

export function Reasons({
  reasons,
  taskId,
}: {
  readonly reasons: TaskDetail['reasons'];
  readonly taskId: string;
}) {
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

export function Mistakes({
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
