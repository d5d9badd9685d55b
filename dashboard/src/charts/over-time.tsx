/** Figures over time: who answered the calls, money, latency. */
import {
  Area,
  AreaChart,
  Bar,
  BarChart,
  CartesianGrid,
  Line,
  LineChart,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { Overview } from '../../../src/api/schemas/overview.ts';
import { at, compact, count, milliseconds, money, tick, ticks } from '../format.ts';
import { AXIS, ChartFrame, TOOLTIP } from './frame.tsx';

type Points = Overview['series'];

interface SeriesProps {
  readonly points: Points;
  readonly bucketMs: number;
}

const margin = { top: 6, right: 8, bottom: 0, left: 0 };
const timeAxis = (points: Points, bucketMs: number) => ({
  ...AXIS,
  dataKey: 'at',
  interval: 0 as const,
  ticks: ticks(
    points.map((point) => point.at),
    bucketMs,
  ),
  tickFormatter: (time: unknown) => tick(Number(time), bucketMs),
});
const label = (time: unknown): string => at(Number(time));

export function CallsOverTime({ points, bucketMs }: SeriesProps) {
  const data = points.map((point) => ({
    ...point,
    llm: point.calls - point.served - point.escalated,
  }));
  return (
    <ChartFrame
      title="Who answered"
      summary="Calls of agents in each stretch of time."
      heads={['From', 'Specialists', 'Escalated to the LLM', 'LLM']}
      rows={data.map((point) => ({
        key: point.at,
        cells: [at(point.at), count(point.served), count(point.escalated), count(point.llm)],
      }))}
      legend={[
        { name: 'specialists', mark: 'mark-served' },
        { name: 'escalated to the LLM', mark: 'mark-escalated' },
        { name: 'LLM', mark: 'mark-llm' },
      ]}
    >
      <AreaChart data={data} margin={margin} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--grid)" />
        <XAxis {...timeAxis(points, bucketMs)} />
        <YAxis
          {...AXIS}
          width={40}
          axisLine={false}
          tickFormatter={(n) => compact(Number(n))}
          allowDecimals={false}
        />
        <Tooltip {...TOOLTIP} labelFormatter={label} formatter={(n) => count(Number(n))} />
        <Area
          isAnimationActive={false}
          type="step"
          stackId="1"
          name="specialists"
          dataKey="served"
          stroke="var(--served)"
          fill="var(--served)"
          fillOpacity={0.85}
        />
        <Area
          isAnimationActive={false}
          type="step"
          stackId="1"
          name="escalated"
          dataKey="escalated"
          stroke="var(--escalated)"
          fill="var(--escalated)"
          fillOpacity={0.75}
        />
        <Area
          isAnimationActive={false}
          type="step"
          stackId="1"
          name="LLM"
          dataKey="llm"
          stroke="var(--llm)"
          fill="var(--llm)"
          fillOpacity={0.5}
        />
      </AreaChart>
    </ChartFrame>
  );
}

export function MoneyOverTime({ points, bucketMs }: SeriesProps) {
  return (
    <ChartFrame
      title="Money"
      summary="Paid to the provider, and what served calls would have cost, less their audits."
      heads={['From', 'Spent', 'Saved']}
      rows={points.map((point) => ({
        key: point.at,
        cells: [at(point.at), money(point.spent), money(point.saved)],
      }))}
      legend={[
        { name: 'spent', mark: 'mark-llm' },
        { name: 'saved', mark: 'mark-served' },
      ]}
    >
      <BarChart data={[...points]} margin={margin} accessibilityLayer={false} barGap={0} barCategoryGap="15%">
        <CartesianGrid vertical={false} stroke="var(--grid)" />
        <XAxis {...timeAxis(points, bucketMs)} />
        <YAxis {...AXIS} width={56} axisLine={false} tickFormatter={(n) => money(Number(n))} />
        <Tooltip
          {...TOOLTIP}
          labelFormatter={label}
          formatter={(n) => money(Number(n))}
          cursor={{ fill: 'var(--grid)' }}
        />
        <Bar isAnimationActive={false} name="spent" dataKey="spent" fill="var(--llm)" />
        <Bar isAnimationActive={false} name="saved" dataKey="saved" fill="var(--served)" />
      </BarChart>
    </ChartFrame>
  );
}

export function LatencyOverTime({ points, bucketMs }: SeriesProps) {
  return (
    <ChartFrame
      title="Latency"
      summary="The median that agents waited, on a logarithmic scale."
      heads={['From', 'Specialists', 'LLM']}
      rows={points.map((point) => ({
        key: point.at,
        cells: [at(point.at), milliseconds(point.specialistP50), milliseconds(point.llmP50)],
      }))}
      legend={[
        { name: 'specialists', mark: 'mark-served' },
        { name: 'LLM', mark: 'mark-llm' },
      ]}
    >
      <LineChart data={[...points]} margin={margin} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--grid)" />
        <XAxis {...timeAxis(points, bucketMs)} />
        <YAxis
          {...AXIS}
          width={56}
          axisLine={false}
          scale="log"
          domain={[1, (most: number) => most * 1.4]}
          allowDataOverflow
          tickFormatter={(n) => milliseconds(Number(n))}
        />
        <Tooltip {...TOOLTIP} labelFormatter={label} formatter={(n) => milliseconds(Number(n))} />
        <Line
          isAnimationActive={false}
          type="monotone"
          dot={{ r: 1.5 }}
          strokeWidth={2}
          name="specialists"
          dataKey="specialistP50"
          stroke="var(--served)"
          connectNulls
        />
        <Line
          isAnimationActive={false}
          type="monotone"
          dot={{ r: 1.5 }}
          strokeWidth={2}
          name="LLM"
          dataKey="llmP50"
          stroke="var(--llm-line)"
          connectNulls
        />
      </LineChart>
    </ChartFrame>
  );
}
