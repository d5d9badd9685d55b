/** Lines for the operator, on stderr: as they are, or each as an object of JSON for whatever collects logs. */
import { isObject, parseJson } from '../core/json.ts';
import type { Terminal } from './context.ts';

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export function logTo(
  terminal: Pick<Terminal, 'err'>,
  format: LogFormat,
  now: () => number = Date.now,
): (line: string) => void {
  if (format === 'text') return (line) => terminal.err(`${line}\n`);
  return (line) => {
    const time = new Date(now()).toISOString();
    terminal.err(`${JSON.stringify({ time, ...fieldsOf(line) })}\n`);
  };
}

/** Events of the gateway are a name and an object; others, an area and a sentence. */
function fieldsOf(line: string): object {
  const event = /^([a-z-]+) (\{.*\})$/s.exec(line);
  const detail = event?.[2] === undefined ? undefined : parseJson(event[2]);
  if (isObject(detail)) return { event: event?.[1], ...detail };
  const area = /^([a-z ]{1,20}): /.exec(line)?.[1];
  return { ...(area === undefined ? {} : { area }), message: line };
}
