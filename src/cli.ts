#!/usr/bin/env node
/**
 * The `understudy` program: hands the process's streams and signals to the commands, and turns errors into a
 * message, a hint and an exit code. The commands are in commands/, a file each.
 */
import { createInterface } from 'node:readline/promises';
import { CommanderError } from 'commander';
import type { Terminal } from './commands/context.ts';
import { firstRun } from './commands/first-run.ts';
import { buildProgram } from './commands/program.ts';
import { messageOf, UnderstudyError } from './core/errors.ts';

const EXIT = { done: 0, error: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

// Whatever is written is its owner's alone, by child processes too.
process.umask(0o077);
process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  let stoppedBy: number = EXIT.interrupted;
  const stop = (code: number) => () => {
    // The second time, whatever is closing is given up.
    if (interrupt.signal.aborted) process.exit(code);
    stoppedBy = code;
    interrupt.abort(new UnderstudyError('cancelled', 'Interrupted.', { hint: 'Run it again to go on.' }));
  };
  process.on('SIGINT', stop(EXIT.interrupted));
  process.on('SIGTERM', stop(EXIT.terminated));
  // A reader that goes away (`| head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : EXIT.error),
  );

  // Nor is one of the log: the gateway continues without it.
  process.stderr.on('error', () => {});

  const terminal: Terminal = {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive: process.stderr.isTTY === true,
    color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
    width: process.stderr.columns ?? process.stdout.columns ?? 100,
    env: process.env,
    cwd: process.cwd(),
    signal: interrupt.signal,
    input: process.stdin,
    // In a terminal it says that the terminal has gone.
    ...(process.stdin.isTTY ? {} : { onHangup: (listener) => void process.on('SIGHUP', listener) }),
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: (question) => ask(question, interrupt) } : {}),
  };
  try {
    const program = buildProgram(terminal);
    if (argv.length > 2) await program.parseAsync(argv);
    else if (terminal.ask) await firstRun(program, terminal);
    else program.outputHelp();
    return interrupt.signal.aborted ? stoppedBy : EXIT.done;
  } catch (error) {
    // Commander has written its own message (or the help that was asked for) already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (interrupt.signal.aborted) {
      terminal.err('Interrupted. Nothing is left half done: the same command goes on or starts clean.\n');
      return stoppedBy;
    }
    terminal.err(errorText(error, terminal.env));
    return EXIT.error;
  }
}

/** Null where the input ends without an answer. */
async function ask(question: string, interrupt: AbortController): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // The terminal is in raw mode now, so that ctrl-C is no signal.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const ended = new Promise<null>((resolve) => lines.once('close', () => resolve(null)));
    return await Promise.race([lines.question(question, { signal: interrupt.signal }), ended]);
  } finally {
    lines.close();
  }
}

/** 'error: …' and 'hint: …'; for anything unforeseen, where to send it, and the stack where DEBUG is set. */
function errorText(error: unknown, env: NodeJS.ProcessEnv): string {
  if (error instanceof UnderstudyError) return `error: ${error.message}\nhint: ${error.hint}\n`;
  const stack = env.DEBUG && error instanceof Error ? `${error.stack}\n` : '';
  return `${stack}error: ${messageOf(error)}\nhint: This was not foreseen. Run \`understudy doctor\`; DEBUG=1 shows where it happened.\n`;
}
