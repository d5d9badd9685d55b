/** `understudy explain`: why a call was served by whom. */
import type { Command } from 'commander';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { explanationText } from './explain-text.ts';
import { withUnderstudy } from './with-store.ts';

export function addExplain(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('explain <call-id>'))
    .description(
      'Say why a call was answered by a specialist or by the LLM, and what would have changed that.',
    )
    .addHelpText(
      'after',
      `
Everything is taken from the record; no payload is opened. The id of a call is the header x-understudy-call-id of its
response.

Examples:
  $ understudy explain call_019a2b3c4d5e0123456789abcdef
  $ understudy explain call_019a2b3c4d5e0123456789abcdef --json | jq .wouldChange`,
    )
    .action((callId: string, flags: CommonOptions) => run(callId, flags, terminal));
}

async function run(callId: string, flags: CommonOptions, terminal: Terminal): Promise<void> {
  await withUnderstudy(flags, terminal, async (understudy) => {
    const explanation = await understudy.explain(callId);
    print(terminal, flags, explanation, () => explanationText(explanation, terminal));
  });
}
