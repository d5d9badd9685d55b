/** Whether the confidence can be trusted: how often answers of about the same confidence were correct. */
import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, Tooltip, XAxis, YAxis } from 'recharts';
import type { SpecialistView } from '../../../src/api/schemas/specialists.ts';
import { count, percent } from '../format.ts';
import { AXIS, ChartFrame, TOOLTIP } from './frame.tsx';

export function Calibration({ evidence }: { readonly evidence: SpecialistView['evidence'] }) {
  const { bins, calibrationError } = evidence.calibration;
  const data = bins.map(({ n, correct, confidence }) => ({
    confidence,
    correct: n === 0 ? 0 : correct / n,
    n,
  }));
  const error = calibrationError === null ? '' : ` Mean gap: ${percent(calibrationError)}.`;
  return (
    <ChartFrame
      title="Calibration"
      summary={`On the line, confidence means what it says.${error}`}
      heads={['Confidence', 'Correct', 'Answers']}
      rows={data.map(({ confidence, correct, n }) => ({
        key: confidence,
        cells: [percent(confidence), percent(correct), count(n)],
      }))}
      height={230}
    >
      <ScatterChart margin={{ top: 8, right: 14, bottom: 4, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid stroke="var(--grid)" />
        <XAxis
          {...AXIS}
          type="number"
          dataKey="confidence"
          name="confidence"
          domain={[0, 1]}
          tickFormatter={(n) => percent(Number(n))}
        />
        <YAxis
          {...AXIS}
          width={48}
          type="number"
          dataKey="correct"
          name="correct"
          domain={[0, 1]}
          tickFormatter={(n) => percent(Number(n))}
        />
        <ReferenceLine
          segment={[
            { x: 0, y: 0 },
            { x: 1, y: 1 },
          ]}
          stroke="var(--muted)"
          strokeDasharray="5 3"
        />
        <Tooltip {...TOOLTIP} formatter={(n) => percent(Number(n))} />
        <Scatter isAnimationActive={false} data={data} fill="var(--served)" />
      </ScatterChart>
    </ChartFrame>
  );
}
