/** `understudy assess`: what learning would come to, said in seconds, before anything is trained for good. Deploys nothing. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import { assessText } from '../report/assess-text.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { integerOf } from './numbers.ts';
import { progressLine } from './progress.ts';
import { type ProofOptions, withProofOptions } from './proof-options.ts';

interface AssessFlags extends CommonOptions, ProofOptions {
  readonly seed?: number;
  readonly save?: string;
  readonly sessionField?: string;
  readonly timeField?: string;
}

export function addAssess(program: Command, terminal: Terminal): void {
  const command = withCommonOptions(program.command('assess'))
    .argument('[files...]', 'log files to assess without storing them; default: the captured calls')
    .description(
      'Say which calls a small model could probably take over, what that saves and what it takes.',
    );
  withProofOptions(command, 'assess only this task, in detail, by name or id (may be repeated)')
    .option('--seed <n>', 'seed of everything that draws at random', integerOf)
    .option('--session-field <path>', 'field of a log’s record with the session, like meta.run_id')
    .option('--time-field <path>', 'field of a log’s record with the time')
    .option('--save <file>', 'write the assessment as JSON, too')
    .addHelpText(
      'after',
      `
Takes seconds per task: cheap models are trained on a sample of the calls and thrown away. Calls that are held back for a
proof are not looked at. Of captured calls the expectation is kept, and \`understudy learn\` shows it beside what
was reached. \`understudy learn --dry-run\` is the whole proof without deploying.

Examples:
  $ understudy assess logs.jsonl                       a log file; nothing of it is stored
  $ understudy import logs.jsonl && understudy assess
  $ understudy assess --task triage                    with the bounds at 1, 2 and 5 %, and the learning curve
  $ understudy assess --json | jq '.tasks[] | {name: .task.name, rung, expected}'`,
    )
    .action((files: string[], flags: AssessFlags) => runAssess(files, flags, terminal));
}

async function runAssess(files: readonly string[], flags: AssessFlags, terminal: Terminal): Promise<void> {
  const base = configFor(flags, terminal);
  const { epsilon, delta, seed, task, order, sessionField: session, timeField: time } = flags;
  const config = {
    ...base,
    gate: { ...base.gate, epsilon: epsilon ?? base.gate.epsilon, delta: delta ?? base.gate.delta },
    train: { ...base.train, seed: seed ?? base.train.seed },
  };
  const progress = progressLine(terminal);
  const { openUnderstudy } = await import('../understudy.ts');
  const understudy = await openUnderstudy({
    config,
    signal: terminal.signal,
    log: progress.note,
    onProgress: progress.show,
  });
  try {
    const report = await understudy.assess({
      paths: files.map((file) => resolve(terminal.cwd, file)),
      fields: { ...(session === undefined ? {} : { session }), ...(time === undefined ? {} : { time }) },
      ...(task === undefined ? {} : { tasks: task }),
      ...(order === undefined ? {} : { order }),
    });
    progress.end();
    if (flags.save !== undefined) save(report, resolve(terminal.cwd, flags.save));
    print(terminal, flags, report, () => assessText(report, terminal, { isDetailed: task !== undefined }));
  } finally {
    progress.end();
    await understudy.close();
  }
}

function save(report: object, path: string): void {
  try {
    writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  } catch (cause) {
    throw new UnderstudyError('unavailable', `The assessment could not be written: ${messageOf(cause)}`, {
      hint: 'Give --save a path in a folder that you may write to.',
      cause,
    });
  }
}
