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
