/**
 * `understudy doctor`: is everything here that Understudy needs, and what to do about what is not? Looks, and
 * changes nothing (except that --fetch fetches weights). The checks are in checks.ts.
 */
import type { Command } from 'commander';
import { UnderstudyError } from '../core/errors.ts';
import { checksText } from '../report/checks-text.ts';
import { runChecks } from './checks.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { addDoctorRetrieval } from './doctor-retrieval.ts';
import { progressLine } from './progress.ts';

export function addDoctor(program: Command, terminal: Terminal): void {
  const doctor = withCommonOptions(program.command('doctor'))
    .description('Check this machine and the configuration, and say what to do.')
    .option('--fetch', 'fetch the weights that are missing')
    .addHelpText(
      'after',
      `
Exit code 1 where something stands in the way; warnings alone are 0. No call is made to the LLM.

Examples:
  $ understudy doctor
  $ understudy doctor --fetch               before going where there is no network
  $ understudy doctor --json | jq '.checks[] | select(.state != "ok")'`,
    )
    .action(async (flags: CommonOptions & { readonly fetch?: boolean }) => {
      const progress = progressLine(terminal);
      const checks = await runChecks(flags, terminal, flags.fetch ? progress.show : null);
      progress.end();
      const problems = checks.filter((check) => check.state === 'problem').length;
      print(terminal, flags, { kind: 'doctor', ok: problems === 0, checks }, () =>
        checksText(checks, terminal),
      );
      if (problems > 0) {
        throw new UnderstudyError(
          'unavailable',
          problems === 1 ? 'One thing stands in the way.' : `${problems} things stand in the way.`,
          { hint: 'Do what stands beside each of them above, then run doctor again.' },
        );
      }
    });
  addDoctorRetrieval(doctor, terminal);
}
