/** A terminal without a person: what commands write to it is kept. */
import type { Terminal } from '../../src/commands/context.ts';

export function keptTerminal(cwd: string, over: Partial<Terminal> = {}) {
  const said = { out: '', err: '' };
  const terminal: Terminal = {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    interactive: false,
    color: false,
    width: 100,
    env: {},
    cwd,
    signal: new AbortController().signal,
    ...over,
  };
  return { terminal, said };
}
