/** Risk against coverage with a bound to drag: what would be served, and how sure that is. */
import { Slider } from 'radix-ui';
import { useState } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceDot, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import type { SpecialistView } from '../../../src/api/schemas/specialists.ts';
import { count, percent } from '../format.ts';
import { atBound, confidenceOfBound } from '../risk.ts';
import { AXIS, ChartFrame, TOOLTIP } from './frame.tsx';

type Evidence = SpecialistView['evidence'];

export function RiskAndCoverage({ evidence }: { readonly evidence: Evidence }) {
  const { gate, calibration } = evidence;
  const [epsilon, setEpsilon] = useState(gate.epsilon);
  const { curve } = calibration;
  const worth =
    gate.effectiveCalls === null || gate.served === 0 ? 1 : Math.min(1, gate.effectiveCalls / gate.served);
  const chosen = atBound(curve, epsilon, gate.delta, worth);
  const data = curve.map(({ coverage, served, errors, threshold }) => ({
    coverage,
    risk: served === 0 ? 0 : errors / served,
    threshold,
  }));
  const top = Math.max(0.06, epsilon * 1.3, ...data.map(({ risk }) => Math.min(risk, 0.25)));
  return (
    <div className="risk">
      <ChartFrame
        title="Risk against coverage"
        summary={`On ${count(gate.n)} held-back calls: the more is served, the more of it is wrong.`}
        heads={['Coverage', 'Wrong among the served', 'Threshold']}
        rows={data.map(({ coverage, risk, threshold }) => ({
          key: coverage,
          cells: [percent(coverage), percent(risk), threshold.toFixed(3)],
        }))}
        height={230}
      >
        <LineChart data={data} margin={{ top: 8, right: 14, bottom: 4, left: 0 }} accessibilityLayer={false}>
          <CartesianGrid stroke="var(--grid)" />
          <XAxis
            {...AXIS}
            type="number"
            dataKey="coverage"
            domain={[0, 1]}
            tickFormatter={(n) => percent(Number(n))}
          />
          <YAxis
            {...AXIS}
            width={48}
            domain={[0, top]}
            allowDataOverflow
            tickFormatter={(n) => percent(Number(n))}
          />
          <Tooltip
            {...TOOLTIP}
            labelFormatter={(n) => `${percent(Number(n))} served`}
            formatter={(n) => [percent(Number(n)), 'wrong']}
          />
          <Line isAnimationActive={false} dataKey="risk" stroke="var(--served)" strokeWidth={2} dot={false} />
          <ReferenceLine y={epsilon} stroke="var(--bad)" strokeDasharray="5 3" />
          {chosen && (
            <ReferenceDot
              x={chosen.coverage}
              y={chosen.errors / chosen.served}
              r={5}
              fill="var(--accent)"
              stroke="var(--panel)"
            />
          )}
        </LineChart>
      </ChartFrame>
      <div className="epsilon">
        <div className="epsilon-head">
          <span id="epsilon-name">Error bound ε</span>
          <output>{percent(epsilon)}</output>
        </div>
        <Slider.Root
          className="slider"
          min={0.0025}
          max={0.15}
          step={0.0025}
          value={[epsilon]}
          onValueChange={([value = epsilon]) => setEpsilon(value)}
        >
          <Slider.Track className="slider-track">
            <Slider.Range className="slider-range" />
          </Slider.Track>
          <Slider.Thumb
            className="slider-thumb"
            aria-labelledby="epsilon-name"
            aria-valuetext={percent(epsilon)}
          />
        </Slider.Root>
        <p aria-live="polite">
          {chosen ? (
            <>
              <strong>{percent(chosen.coverage)}</strong> would be served at a threshold of{' '}
              {chosen.threshold.toFixed(3)}: {count(chosen.errors)} of {count(chosen.served)} held-back calls
              were wrong, so that the true error is at most {percent(epsilon)} with{' '}
              <strong>{percent(confidenceOfBound(chosen, epsilon, worth))}</strong> confidence (
              {percent(1 - gate.delta)} is asked for).
            </>
          ) : (
            <>
              <strong>Nothing</strong> could be served: no threshold keeps the error below {percent(epsilon)}{' '}
              with {percent(1 - gate.delta)} confidence on {count(gate.n)} held-back calls.
            </>
          )}
        </p>
        <p className="muted">
          This is to explore with: the best threshold is chosen after looking. What is deployed was settled
          before (ε {percent(gate.epsilon)}, <code>gate.epsilon</code> in the configuration).
        </p>
      </div>
    </div>
  );
}
