/** What the proof of a specialist says: the risk at other thresholds, its calibration, and the exam in figures. */
import type { TaskDetail } from '../../../../src/api/schemas/tasks.ts';
import { Calibration } from '../../charts/calibration.tsx';
import { RiskAndCoverage } from '../../charts/risk.tsx';
import { count, interval, milliseconds, percent } from '../../format.ts';
import { Panel } from '../../parts/basics.tsx';

export function Evidence({
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
