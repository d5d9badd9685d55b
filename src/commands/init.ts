/** `understudy init`: writes understudy.yaml after three questions, or from flags, and starts nothing. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { UnderstudyError } from '../core/errors.ts';
import { writeConfig } from './config-file.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import {
  askSetup,
  OFFERED_MODES,
  type OfferedMode,
  PROVIDERS,
  requireUpstream,
  type Setup,
} from './questions.ts';

interface InitFlags extends CommonOptions {
  readonly logs?: string;
  readonly upstream?: string;
  readonly mode?: OfferedMode;
  readonly yes?: boolean;
  readonly force?: boolean;
}

export function addInit(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('init'))
    .description('Write understudy.yaml, from three questions or from flags.')
    .option('--logs <path>', 'file or folder with recorded calls; without it they come through the gateway')
    .option(
      '--upstream <url>',
      `base URL of the LLM provider, or one of ${Object.keys(PROVIDERS).join(', ')}`,
    )
    .addOption(new Option('--mode <mode>', 'what may be deployed (learn.mode)').choices(OFFERED_MODES))
    .option('--yes', 'ask nothing: defaults for what no flag says')
    .option('--force', 'replace a file that is there')
    .addHelpText(
      'after',
      `
What a flag says is not asked for; without a terminal nothing is. \`understudy\` with nothing behind it asks the same
questions, and starts. The JSON Schema that editors check the file with is written into the data folder.

Examples:
  $ understudy init
  $ understudy init --upstream anthropic --mode observe
  $ understudy init --yes --json                            in a script: all defaults`,
    )
    .action((flags: InitFlags) => run(flags, terminal));
}

async function run(flags: InitFlags, terminal: Terminal): Promise<void> {
  const known: Partial<Setup> = {
    ...(flags.logs === undefined ? {} : { logs: resolve(terminal.cwd, flags.logs) }),
    ...(flags.upstream === undefined ? {} : { upstream: requireUpstream(flags.upstream) }),
    ...(flags.mode === undefined ? {} : { mode: flags.mode }),
  };
  const { ask: _, ...silent } = terminal;
  const setup = await askSetup(flags.yes || flags.json ? silent : terminal, known);
  if (setup === null)
    throw new UnderstudyError('cancelled', 'The input ended before the last answer; nothing was written.', {
      hint: 'Run it again, or with --yes for the defaults.',
    });
  const written = writeConfig(setup, { ...pathsOf(flags, terminal), force: flags.force === true });
  print(terminal, flags, { kind: 'init', ...written, ...setup }, () =>
    [`${written.file} is written.`, ...nextSteps(setup)].join('\n'),
  );
}

export function pathsOf(
  flags: CommonOptions,
  { cwd }: Pick<Terminal, 'cwd'>,
): { readonly file: string; readonly dataDir: string; readonly namedDataDir: string | undefined } {
  return {
    namedDataDir: flags.dataDir,
    file: resolve(cwd, flags.config ?? 'understudy.yaml'),
    dataDir: resolve(cwd, flags.dataDir ?? '.understudy'),
  };
}

function nextSteps({ logs }: Setup): readonly string[] {
  return logs === null
    ? ['Next: understudy start', 'Then point your agent at it: OPENAI_BASE_URL=http://127.0.0.1:4000/v1']
    : [`Next: understudy import '${logs}' && understudy assess`];
}
