/**
 * What every command is given (streams, environment, the signal that ctrl-C sets off) and the options that all of
 * them share. Commands never touch `process`: cli.ts hands them this.
 * Does not: parse the command line (commander), or turn errors into exit codes (cli.ts).
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Config, loadConfig } from '../core/config.ts';

export interface Terminal {
  /** For results only, so that they can be piped. */
  readonly out: (text: string) => void;
  /** For everything else: progress, notes, errors. */
  readonly err: (text: string) => void;
  /** Whether stderr is a terminal: progress stays on one line there. */
  readonly interactive: boolean;
  /** Whether stdout shows colours. */
  readonly color: boolean;
  /** Columns of the terminal; 100 where there is none. */
  readonly width: number;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** What another program writes to this one; absent where there is none. */
  readonly input?: NodeJS.ReadableStream;
  /** Calls the listener with each SIGHUP from now on; absent where that ends the program. */
  readonly onHangup?: (listener: () => void) => void;
  /**
   * Asks the person at the terminal, and gives the line that is typed, null where the input ended; absent where there is
   * nobody.
   */
  readonly ask?: (question: string) => Promise<string | null>;
}

export interface CommonOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly dataDir?: string;
}

/** Adds the options that every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print the result as one line of JSON')
    .option('--config <file>', 'configuration file (default: understudy.yaml here, if there is one)')
    .option('--data-dir <folder>', 'folder for store, keys, weights and adapters (default: .understudy)');
}

/** The configuration under these options, its data folder as an absolute path. @throws UnderstudyError 'bad-config'. */
export function configFor(options: CommonOptions, terminal: Terminal): Config {
  const config = loadConfig({ dir: terminal.cwd, file: options.config, env: terminal.env });
  return { ...config, dataDir: resolve(terminal.cwd, options.dataDir ?? config.dataDir) };
}

/** Prints a result: one line of JSON, or the text that `text` makes of it. */
export function print(terminal: Terminal, options: CommonOptions, value: unknown, text: () => string): void {
  terminal.out(options.json ? `${JSON.stringify(value)}\n` : `${text()}\n`);
}
