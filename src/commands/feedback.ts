/**
 * `understudy feedback`: says what became of a call or a session, as the gateway's /v1/feedback does.
 * Does not: read it (core/feedback.ts) or keep it (capture/).
 */
import type { Command } from 'commander';
import { parseJson } from '../core/json.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { withUnderstudy } from './with-store.ts';

interface FeedbackFlags extends CommonOptions {
  readonly call?: string;
  readonly session?: string;
  readonly name: string;
  readonly value: string;
  readonly comment?: string;
  readonly id?: string;
}

export function addFeedback(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('feedback'))
    .description(
      'Say what became of a call or a session: a metric, or the output that would have been correct.',
    )
    .option('--call <id>', 'the call: the value of the response header x-understudy-call-id')
    .option('--session <id>', 'or the session, as the agent names it')
    .requiredOption('--name <name>', "name of the metric; 'correction' and 'correct' are reserved")
    .requiredOption(
      '--value <value>',
      'a number, true or false; for a correction the text or JSON of the output',
    )
    .option('--comment <text>', 'words to it')
    .option('--id <id>', 'makes it safe to give twice')
    .addHelpText(
      'after',
      `
Agents give feedback over HTTP: POST /v1/feedback on the gateway (docs/feedback.md).

Examples:
  $ understudy feedback --call call_… --name correction --value billing
  $ understudy feedback --call call_… --name correct --value true
  $ understudy feedback --session run-7 --name resolved --value true`,
    )
    .action((flags: FeedbackFlags) => run(flags, terminal));
}

async function run(flags: FeedbackFlags, terminal: Terminal): Promise<void> {
  const { call, session, name, value, comment, id } = flags;
  await withUnderstudy(flags, terminal, async (understudy) => {
    const result = await understudy.feedback({
      ...(call === undefined ? {} : { callId: call }),
      ...(session === undefined ? {} : { sessionId: session }),
      name,
      // A correction stays the text that it is: JSON is read by whoever compares it, digits and all.
      value: name === 'correction' && !value.includes('"tool_calls"') ? value : (parseJson(value) ?? value),
      ...(comment === undefined ? {} : { comment }),
      ...(id === undefined ? {} : { id }),
    });
    print(terminal, flags, result, () =>
      result.added ? 'Noted.' : 'This id was there already; nothing changed.',
    );
  });
}
