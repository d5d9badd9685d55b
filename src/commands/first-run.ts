/**
 * `understudy` with nothing behind it, at a terminal: three questions, understudy.yaml, and the command that follows from
 * the answers. Where the file is there already, nothing is asked.
 * Does not: run on a pipe or in CI, where cli.ts prints the help.
 */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { writeConfig } from './config-file.ts';
import type { Terminal } from './context.ts';
import { pathsOf } from './init.ts';
import { askSetup, MODE_TEXT } from './questions.ts';

/** @param program Runs the commands, as if they had been typed. */
export async function firstRun(
  program: Pick<Command, 'parseAsync'>,
  terminal: Pick<Terminal, 'ask' | 'err' | 'cwd'>,
): Promise<void> {
  const { err } = terminal;
  const run = async (...words: string[]): Promise<void> => {
    err(`\n$ understudy ${words.join(' ')}\n`);
    await program.parseAsync(words, { from: 'user' });
  };
  const paths = pathsOf({}, terminal);
  if (existsSync(paths.file)) {
    err(`${paths.file} is there, so it starts as that says. \`understudy --help\` lists all commands.\n`);
    await run('start');
    return;
  }
  err(
    'Understudy lets small models answer the routine calls of your agents, once it has proved that they may.\n',
  );
  err(
    'Three questions, then it starts. Ctrl-C leaves everything as it is; `understudy --help` lists all commands.\n',
  );
  const setup = await askSetup(terminal);
  if (setup === null) {
    err('\nThe input ended; nothing was written.\n');
    return;
  }
  const { file } = writeConfig(setup, paths);
  err(`\n${file} is written. Now:\n`);
  if (setup.logs === null) {
    err(`  1. the gateway starts, and passes calls to ${setup.upstream}\n`);
    err(`  2. it records them, stripped of personal data and sealed, in ${paths.dataDir}\n`);
    err(`  3. after a few hundred of a kind it learns: ${MODE_TEXT[setup.mode]}\n`);
    await run('start');
    return;
  }
  err(
    `  1. the calls in ${setup.logs} are imported, stripped of personal data and sealed, into ${paths.dataDir}\n`,
  );
  err(
    '  2. it says which of them small models could probably take over, and what that saves; nothing is deployed\n',
  );
  await run('import', setup.logs);
  await run('assess');
  err('\nFor the proof: understudy learn --dry-run. To put it in front of your agents: understudy start\n');
}
