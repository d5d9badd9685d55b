/** `understudy validate`: is the configuration right, and what does it come to with its defaults? */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { withoutSecrets } from '../core/config.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';

export function addValidate(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('validate'))
    .description('Check the configuration and print it with its defaults filled in.')
    .addHelpText(
      'after',
      `
docs/configuration.md lists every setting.

Examples:
  $ understudy validate
  $ understudy validate --config staging.yaml --json`,
    )
    .action((flags: CommonOptions) => {
      const config = withoutSecrets(configFor(flags, terminal));
      const path =
        flags.config === undefined
          ? join(terminal.cwd, 'understudy.yaml')
          : resolve(terminal.cwd, flags.config);
      const file = existsSync(path) ? path : null;
      print(terminal, flags, { kind: 'validation', file, config }, () =>
        [
          file === null
            ? '# No understudy.yaml here: all defaults.'
            : `# ${file} is right. With its defaults:`,
          stringify(config).trimEnd(),
        ].join('\n'),
      );
    });
}
