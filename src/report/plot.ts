/**
 * The report's plots as inline SVG, coloured by the page's CSS variables so that they follow light and dark.
 * Does not: decide anything; every number is given.
 */
import type { StageChange } from '../core/deployment.ts';
import type { Evidence } from '../core/specialist.ts';
import { type Markup, markup } from './markup.ts';
import { duration, percent } from './words.ts';

/**
 * Risk against coverage on the calibration and the exam split: how many of the calls would be served at each
 * threshold, and what share of those wrongly. Shows the bound epsilon, the point that the gate chose, and the exam's
 * 95 % interval there. Without a chosen point the curves alone, which then say why.
 */
export function riskPlot(name: string, evidence: Evidence): Markup {
  const { gate, exam, calibration } = evidence;
  const [width, height, left, right, top, bottom] = [420, 250, 46, 22, 14, 38];
  const worst = Math.max(...[...calibration.curve, ...exam.curve].map((point) => riskOf(point)), 0);
  const high = gate.passed ? exam.servedError.high * 1.1 : 0;
  const yMax = Math.max(2.5 * gate.epsilon, Math.min(worst * 1.1, 6 * gate.epsilon), Math.min(high, 0.5));
  const x = (share: number): number => left + share * (width - left - right);
  const y = (risk: number): number => height - bottom - (risk / yMax) * (height - top - bottom);
  const path = (curve: Evidence['exam']['curve']): string =>
    [...curve]
      .filter((point) => point.served > 0)
      .sort((a, b) => a.coverage - b.coverage)
      .map((point, i) => `${i === 0 ? 'M' : 'L'}${round(x(point.coverage))} ${round(y(riskOf(point)))}`)
      .join('');
  const id = `clip-${hash(name)}`;
  const yTicks = ticks(yMax, 4);
  const chosen = gate.passed && exam.servedError.n > 0;
  const cx = round(x(exam.coverage.share));
  const cy = round(y(exam.servedError.share));
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${riskSentence(name, evidence)}">
<clipPath id="${id}"><rect x="${left}" y="${top - 4}" width="${width - left - right}" height="${height - top - bottom + 4}"/></clipPath>
${yTicks.map((tick) => markup`<line class="grid" x1="${left}" x2="${width - right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/><text class="tick" x="${left - 7}" y="${round(y(tick)) + 4}" text-anchor="end">${shortPercent(tick)}</text>`)}
${[0, 0.25, 0.5, 0.75, 1].map((tick) => markup`<text class="tick" x="${round(x(tick))}" y="${height - bottom + 16}" text-anchor="middle">${shortPercent(tick)}</text>`)}
<text class="axis" x="${round((left + width - right) / 2)}" y="${height - 5}" text-anchor="middle">share of calls served</text>
<text class="axis" x="${left + 6}" y="${top + 6}">errors among the served</text>
<line class="limit" x1="${left}" x2="${width - right}" y1="${round(y(gate.epsilon))}" y2="${round(y(gate.epsilon))}"/>
<text class="limit-label" x="${left + 6}" y="${round(y(gate.epsilon)) - 5}">bound ${shortPercent(gate.epsilon)}</text>
<g clip-path="url(#${id})"><path class="curve calibration" d="${path(calibration.curve)}"/><path class="curve exam" d="${path(exam.curve)}"/>
${chosen ? markup`<line class="whisker" x1="${cx}" x2="${cx}" y1="${round(y(exam.servedError.low))}" y2="${round(y(exam.servedError.high))}"/>` : null}</g>
${chosen ? markup`<circle class="chosen" cx="${cx}" cy="${cy}" r="5"/>` : null}
</svg>`;
}

function riskSentence(name: string, { gate, exam }: Evidence): string {
  if (!gate.passed) return `${name}: no threshold keeps the errors below ${percent(gate.epsilon)}.`;
  return `${name}: at the chosen threshold ${percent(exam.coverage.share)} of the calls are served, ${percent(exam.servedError.share)} of them wrongly; the bound is ${percent(gate.epsilon)}.`;
}

/** Two bars per row, before and after, on one scale; `format` writes the values. */
export function pairBars(
  title: string,
  rows: readonly { readonly label: string; readonly before: number; readonly after: number }[],
  format: (value: number) => string,
): Markup {
  const [width, rowHeight, left, right] = [640, 46, 150, 90];
  const height = rows.length * rowHeight + 4;
  const max = Math.max(...rows.flatMap((row) => [row.before, row.after]), Number.MIN_VALUE);
  const length = (value: number): number => round((value / max) * (width - left - right));
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
${rows.map((row, i) => {
  const y = i * rowHeight + 4;
  return markup`<text class="row" x="${left - 12}" y="${y + 21}" text-anchor="end">${shorten(row.label, 22)}</text>
<rect class="before" x="${left}" y="${y}" width="${length(row.before)}" height="15" rx="2"/><text class="value" x="${left + length(row.before) + 7}" y="${y + 12}">${format(row.before)}</text>
<rect class="after" x="${left}" y="${y + 18}" width="${length(row.after)}" height="15" rx="2"/><text class="value strong" x="${left + length(row.after) + 7}" y="${y + 30}">${format(row.after)}</text>`;
})}
</svg>`;
}

/** Which stage each specialist was in, over the time that the run took. @param start @param end Epoch milliseconds. */
export function stageTimeline(
  rows: readonly { readonly label: string; readonly history: readonly StageChange[] }[],
  start: number,
  end: number,
): Markup {
  const [width, rowHeight, left, right, axis] = [640, 34, 150, 16, 24];
  const height = rows.length * rowHeight + axis;
  const x = (at: number): number =>
    round(
      left +
        (Math.min(Math.max(at, start), end) - start) * ((width - left - right) / Math.max(1, end - start)),
    );
  const seconds = (end - start) / 1000;
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Stages of each specialist over time">
${rows.map((row, i) => {
  const y = i * rowHeight;
  return markup`<text class="row" x="${left - 12}" y="${y + 19}" text-anchor="end">${shorten(row.label, 22)}</text>
<line class="grid" x1="${left}" x2="${width - right}" y1="${y + 15}" y2="${y + 15}"/>
${row.history.map((change, j) => {
  const from = x(change.at);
  const to = x(row.history[j + 1]?.at ?? end);
  const wide = to - from > change.stage.length * 7 + 8;
  return markup`<rect class="stage ${change.stage}" x="${from}" y="${y + 5}" width="${Math.max(2, round(to - from - 1.5))}" height="20" rx="3"><title>${change.stage}: ${change.reason}</title></rect>${wide ? markup`<text class="on-stage" x="${from + 7}" y="${y + 19}">${change.stage}</text>` : null}`;
})}`;
})}
${[0, 0.5, 1].map((part) => markup`<text class="tick" x="${round(left + part * (width - left - right))}" y="${height - 4}" text-anchor="${part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}">${duration(Math.round(part * seconds))}</text>`)}
</svg>`;
}

function riskOf(point: { readonly served: number; readonly errors: number }): number {
  return point.served === 0 ? 0 : point.errors / point.served;
}

/** About n round numbers from 0 to max. */
function ticks(max: number, n: number): number[] {
  const raw = max / n;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? raw;
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, i) => i * step);
}

/** For axes: '2 %', '0.5 %'. */
function shortPercent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A name for an element's id: letters and digits only, whatever the text. */
function hash(text: string): string {
  let value = 7;
  for (const char of text) value = (Math.imul(value, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return value.toString(36);
}
