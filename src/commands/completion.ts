/** `understudy completion`: a shell's completion script, on stdout. */
import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from './completion-scripts.ts';
import type { Terminal } from './context.ts';

export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('Print a script that completes commands and options in a shell.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
It completes \`understudy\` by that name: after npm install -g, or with an alias for npx understudy.

Examples:
  $ understudy completion bash > ~/.local/share/bash-completion/completions/understudy
  $ understudy completion zsh > "\${fpath[1]}/_understudy"
  $ understudy completion fish > ~/.config/fish/completions/understudy.fish
  $ eval "$(understudy completion bash)"                    for this shell alone`,
    )
    .action((shell: Shell) => terminal.out(completionScript(program, shell)));
}
