/** Numbers on the command line: what is not one ends with commander's usage error (exit code 2). */
import { InvalidArgumentError } from 'commander';

export function shareOf(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('A share between 0 and 1, like 0.02.');
  return value;
}

export function positiveOf(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('A number above 0.');
  return value;
}

export function integerOf(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value)) throw new InvalidArgumentError('A whole number.');
  return value;
}

export function portOf(text: string): number {
  const value = integerOf(text);
  if (value < 0 || value > 65535) throw new InvalidArgumentError('A port from 0 to 65535.');
  return value;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3600_000, d: 24 * 3600_000 };

/** A time like 90s, 15m, 24h or 30d, in milliseconds; 0 is one. */
export function durationOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  if (match) return Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN);
  if (text === '0') return 0;
  throw new InvalidArgumentError('A time like 15m, 24h or 30d.');
}
