/** The audits of a deployment as a sequence: errors so far against what the bound allows, stage by stage. */
import { CartesianGrid, Line, LineChart, ReferenceArea, Tooltip, XAxis, YAxis } from 'recharts';
import type { AuditList } from '../../../src/api/schemas/deployments.ts';
import { at, count, percent } from '../format.ts';
import { AXIS, ChartFrame, TOOLTIP } from './frame.tsx';

export function AuditSequence({ audits }: { readonly audits: AuditList }) {
  const { bound, points, changes } = audits;
  const data = [
    { n: 0, errors: 0, allowed: 0 },
    ...points.map(({ n, errors }) => ({ n, errors, allowed: n * bound })),
  ];
  const last = points.at(-1);
  const evidence = last?.evidence ?? 0;
  return (
    <ChartFrame
      title="Audits against the bound"
      summary={`${count(audits.errors)} of ${count(audits.audits)} comparisons differ; at the bound ${count(Math.round(audits.audits * bound))} would. Evidence against it: ${evidence.toFixed(1)} of the ${count(1 / audits.delta)} that break it.`}
      heads={['Audit', 'When', 'Stage', 'Errors so far', 'Evidence']}
      rows={points.map(({ n, at: time, stage, errors, evidence: e }) => ({
        key: n,
        cells: [count(n), at(time), stage, count(errors), e.toFixed(2)],
      }))}
      legend={[
        { name: 'errors so far', mark: 'mark-bad' },
        { name: `what ${percent(bound)} would be`, mark: 'mark-dashed' },
      ]}
      height={190}
    >
      <LineChart data={data} margin={{ top: 16, right: 12, bottom: 4, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--grid)" />
        {changes.map(({ n, stage }, i) => (
          <ReferenceArea
            key={n}
            x1={n === 1 ? 0 : n}
            x2={changes[i + 1]?.n ?? last?.n ?? n}
            fill={`var(--stage-${stage})`}
            fillOpacity={0.1}
            label={{ value: stage, position: 'insideTop', fill: 'var(--muted)', fontSize: 11, dy: -14 }}
          />
        ))}
        <XAxis
          {...AXIS}
          type="number"
          dataKey="n"
          domain={[0, 'dataMax']}
          tickFormatter={(n) => count(Number(n))}
        />
        <YAxis {...AXIS} width={36} axisLine={false} allowDecimals={false} />
        <Tooltip {...TOOLTIP} labelFormatter={(n) => `after ${count(Number(n))} audits`} />
        <Line
          isAnimationActive={false}
          name="allowed"
          dataKey="allowed"
          stroke="var(--muted)"
          strokeDasharray="5 3"
          dot={false}
        />
        <Line
          isAnimationActive={false}
          name="errors"
          dataKey="errors"
          type="stepAfter"
          stroke="var(--bad)"
          strokeWidth={2}
          dot={false}
        />
      </LineChart>
    </ChartFrame>
  );
}
