/** Numbers as people read them: durations, shares, money, counts, sizes. */
import type { Rate } from '../core/specialist.ts';

/** Seconds in words: '0.4 s', '12 s', '3 min 5 s', '2 h 10 min'. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 10) return `${(Math.round(seconds * 10) / 10).toString()} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600)
    return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A share as per cent: '0.4 %', '62 %', '100 %'. Below 10 % with one decimal; never rounded to 0 or 100. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const value = share * 100;
  if (value === 0 || value === 100) return `${value} %`;
  if (value < 0.1) return '< 0.1 %';
  if (value > 99.9) return '> 99.9 %';
  return `${value < 10 || value > 99 ? Number(value.toFixed(1)) : Math.round(value)} %`;
}

/** '1.2 % (0.4–2.9)': the share and its 95 % interval. */
export function rate(value: Rate): string {
  if (value.n === 0) return '–';
  const bare = (share: number): string => (share * 100).toFixed(share < 0.0995 || share > 0.99 ? 1 : 0);
  return `${percent(value.share)} (${bare(value.low)}–${bare(value.high)})`;
}

/** Dollars: '$12.30', '$0.0042'. */
export function money(dollars: number): string {
  if (dollars === 0) return '$0';
  const size = Math.abs(dollars);
  const digits = size >= 1 ? 2 : Math.min(8, 1 - Math.floor(Math.log10(size)));
  return `${dollars < 0 ? '−' : ''}$${size.toFixed(digits)}`;
}

/** '12,345'. */
export function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

/** Bytes: '512 KB', '98 MB', '2.1 GB' (powers of ten). */
export function bytes(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toFixed(1)} GB`;
  if (n >= 1e6) return `${Math.round(n / 1e6)} MB`;
  return `${Math.round(n / 1e3)} KB`;
}

/** Milliseconds: '3.2 ms', '840 ms', '2.1 s'. */
export function milliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms > 0 && ms < 0.1) return '< 0.1 ms';
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** Milliseconds since the epoch as '2026-01-31 09:05' in UTC. */
export function dateTime(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** 'one task', '3 tasks'. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return n === 1 ? `one ${one}` : `${count(n)} ${many}`;
}
