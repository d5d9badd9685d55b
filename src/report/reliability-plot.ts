/**
 * The reliability diagram as inline SVG: how often answers of a confidence are right. On the diagonal the confidence is true,
 * below it the specialist is too sure of itself.
 * Does not: compute anything but places; the bins are given (stats/calibration).
 */
import type { ConfidenceQuality } from '../core/specialist.ts';
import { type Markup, markup } from './markup.ts';
import { percent } from './words.ts';

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [420, 230, 46, 22, 12, 38];
const x = (share: number): number => tenth(LEFT + share * (WIDTH - LEFT - RIGHT));
const y = (share: number): number => tenth(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM));

/** A point for each bin, larger where it holds more answers. `name` is the task's, for readers of the screen. */
export function reliabilityPlot(name: string, { bins, calibrationError }: ConfidenceQuality): Markup {
  const most = Math.max(...bins.map(({ n }) => n), 1);
  const marks = [0, 0.25, 0.5, 0.75, 1];
  return markup`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${name}: confidence and accuracy differ by ${percent(calibrationError)} on average.">
${marks.map((tick) => markup`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/><text class="tick" x="${LEFT - 7}" y="${y(tick) + 4}" text-anchor="end">${percent(tick)}</text><text class="tick" x="${x(tick)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${percent(tick)}</text>`)}
<line class="limit" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>
<text class="axis" x="${tenth((LEFT + WIDTH - RIGHT) / 2)}" y="${HEIGHT - 5}" text-anchor="middle">confidence</text>
<text class="axis" x="${LEFT + 6}" y="${TOP + 6}">answers that are right</text>
<path class="curve exam" d="${bins.map(({ n, correct, confidence }, i) => `${i === 0 ? 'M' : 'L'}${x(confidence)} ${y(correct / n)}`).join('')}"/>
${bins.map(({ n, correct, confidence }) => markup`<circle class="chosen" cx="${x(confidence)}" cy="${y(correct / n)}" r="${tenth(2.5 + 3 * Math.sqrt(n / most))}"><title>${correct} of ${n} right at a confidence of ${percent(confidence)}</title></circle>`)}
</svg>`;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
