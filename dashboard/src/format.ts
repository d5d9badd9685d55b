/** Numbers, shares, money and times, by the reader's locale and time zone. */
const locale = navigator.languages[0] ?? 'en';

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const compactNumber = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const seconds = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
const hour = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });

export const NONE = '–';

export const count = (n: number): string => whole.format(n);
export const compact = (n: number): string => compactNumber.format(n);

/** A share as per cent; small ones with more digits, so that none is rounded to 0. */
export function percent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return NONE;
  const digits = share === 0 || share === 1 ? 0 : share < 0.001 ? 2 : share < 0.1 || share > 0.99 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }).format(share);
}

/** '0.2–1.4 %'. */
export function interval(low: number | null, high: number | null): string {
  if (low === null || high === null) return NONE;
  const bare = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return `${bare.format(low * 100)}–${percent(high)}`;
}

export function money(dollars: number): string {
  const size = Math.abs(dollars);
  const digits = size === 0 || size >= 1 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(size)));
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: Math.min(2, digits),
    maximumFractionDigits: digits,
  }).format(dollars);
}

export function milliseconds(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms >= 10_000) return `${whole.format(ms / 1000)} s`;
  if (ms >= 1000) return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(ms / 1000)} s`;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: ms < 10 ? 1 : 0 }).format(ms)} ms`;
}

/** '40 s', '12 min', '3 h'. */
export function duration(ms: number): string {
  if (ms < 90_000) return `${whole.format(ms / 1000)} s`;
  return ms < 5_400_000 ? `${whole.format(ms / 60_000)} min` : `${whole.format(ms / 3_600_000)} h`;
}

export const at = (time: number): string => dateTime.format(time);
export const atSecond = (time: number): string => seconds.format(time);

/** A tick of a time axis: the hour within a day or two, the day otherwise. */
export const tick = (time: number, bucketMs: number): string =>
  (bucketMs < SIX_HOURS ? hour : day).format(time);

const SIX_HOURS = 6 * 3_600_000;

/** Which of the buckets have a tick: whole days; every sixth hour where buckets are hours. */
export function ticks(times: readonly number[], bucketMs: number): number[] {
  const step = bucketMs < SIX_HOURS ? 6 : 24;
  const whole = times.filter((time) => new Date(time).getHours() % step === 0);
  const every = Math.ceil(whole.length / 8);
  return whole.filter((_, i) => i % every === 0);
}

/** 'low-confidence' → 'low confidence'. */
export const words = (name: string): string => name.replaceAll('-', ' ');
