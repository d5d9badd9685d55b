/** `understudy doctor retrieval`: how well retrieval finds calls that were answered alike. Keeps and changes nothing. */
import type { Command } from 'commander';
import { retrievalText } from '../report/retrieval-text.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { progressLine } from './progress.ts';

export function addDoctorRetrieval(doctor: Command, terminal: Terminal): void {
  withCommonOptions(doctor.command('retrieval'))
    .description('Measure on the captured calls whether the nearest other call is answered alike.')
    .addHelpText(
      'after',
      `
For each task and each way of searching (words, vectors, exact fields, all together): the share of inputs whose
nearest other call, of another session, has the same answer. Calls held back for a proof stay unopened, and nothing
is sent anywhere.

Examples:
  $ understudy doctor retrieval
  $ understudy doctor retrieval --json | jq '.tasks[] | {name, best: (.retrievers | max_by(.nearest.share))}'`,
    )
    // The command above it has the same options: given before the name they are its own.
    .action(async (_: CommonOptions, command: Command) => {
      const flags = command.optsWithGlobals<CommonOptions>();
      const config = configFor(flags, terminal);
      const progress = progressLine(terminal);
      const { openUnderstudy } = await import('../understudy.ts');
      const understudy = await openUnderstudy({
        config,
        onProgress: progress.show,
        signal: terminal.signal,
        log: progress.note,
      });
      try {
        const report = await understudy.checkRetrieval();
        progress.end();
        print(terminal, flags, report, () => retrievalText(report, terminal));
      } finally {
        progress.end();
        await understudy.close();
      }
    });
}
