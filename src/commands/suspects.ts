/**
 * `understudy suspects`: calls that the last learning run found odd, by task and cause, for a person to look at. From the record
 * alone: ids, no text. Does not: open a payload (the dashboard and `explain` do, for those who may), or change an answer.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { Finding } from '../core/finding.ts';
import { latestFindings, type TaskFindings } from '../learn/findings.ts';
import { suspectsText } from '../report/findings-text.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { withStore } from './with-store.ts';

interface SuspectFlags extends CommonOptions {
  readonly task?: string;
  readonly out?: string;
}

export function addSuspects(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('suspects'))
    .description('List calls that look wrong or odd, as the last learning run found them, by task and cause.')
    .option('--task <name>', 'only of this task, by name or id')
    .option('--out <file>', 'write them as JSON Lines: task, cause, call id')
    .addHelpText(
      'after',
      `
Wrong answers, answers that changed at some time, refusals of the LLM, several jobs behind one prompt, rare answers, loops
of a stuck agent. Nothing is changed by itself: correct an answer with \`understudy feedback --name correction\`, and the
next learning run is taught it.

Examples:
  $ understudy suspects
  $ understudy suspects --task triage --out suspects.jsonl
  $ understudy suspects --json | jq -r '.tasks[].findings[] | select(.kind == "wrong-answers") | .ids[]'`,
    )
    .action((flags: SuspectFlags) => run(flags, terminal));
}

async function run(flags: SuspectFlags, terminal: Terminal): Promise<void> {
  await withStore(flags, terminal, async (store) => {
    const all = await latestFindings(store);
    const { task: wanted } = flags;
    const tasks = all.filter(({ id, name }) => wanted === undefined || wanted === id || wanted === name);
    if (flags.out !== undefined) writeLines(tasks, resolve(terminal.cwd, flags.out));
    print(terminal, flags, { kind: 'suspects', tasks }, () => suspectsText(tasks, terminal));
  });
}

function writeLines(tasks: readonly TaskFindings[], path: string): void {
  const line = (task: TaskFindings, { kind }: Finding, call: string): string =>
    `${JSON.stringify({ task: task.name, taskId: task.id, cause: kind, call })}\n`;
  try {
    const lines = tasks.flatMap((task) =>
      task.findings.flatMap((finding) => finding.ids.map((call) => line(task, finding, call))),
    );
    writeFileSync(path, lines.join(''));
  } catch (cause) {
    throw new UnderstudyError('unavailable', `The list could not be written: ${messageOf(cause)}`, {
      hint: 'Give --out a path in a folder that you may write to.',
      cause,
    });
  }
}
