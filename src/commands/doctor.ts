/**
 * `understudy doctor`: is everything here that Understudy needs, and what to do about what is not? Looks, and
 * changes nothing. The checks are in checks.ts.
 */
import type { Command } from 'commander';
import { UnderstudyError } from '../core/errors.ts';
import { checksText } from '../report/terminal.ts';
import { runChecks } from './checks.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';

export function addDoctor(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('doctor'))
    .description('Check this machine and the configuration, and say what to do.')
    .addHelpText(
      'after',
      `
Exit code 1 where something stands in the way; warnings alone are 0. Nothing is fetched and no call is made.

Examples:
  $ understudy doctor
  $ understudy doctor --json | jq '.checks[] | select(.state != "ok")'`,
    )
    .action(async (flags: CommonOptions) => {
      const checks = await runChecks(flags, terminal);
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
}
