/** Completions, by the shells themselves; a shell that is not here is skipped, by name. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { Command } from 'commander';
import { keptTerminal } from '../../test/support/terminal.ts';
import { completionScript, SHELLS, type Shell } from './completion-scripts.ts';
import { buildProgram } from './program.ts';

const program = buildProgram(keptTerminal('/').terminal);

/** Where a shell is; UNDERSTUDY_TEST_ZSH and UNDERSTUDY_TEST_FISH name one that is not on the path. */
const shellAt = (shell: Shell): string => process.env[`UNDERSTUDY_TEST_${shell.toUpperCase()}`] ?? shell;
const skipOf = (shell: Shell): string | false =>
  spawnSync(shellAt(shell), ['-c', 'exit 0']).status === 0 ? false : `there is no ${shell} here`;

/**
 * What a shell offers after each line; the last word is what is being typed. One process for all lines.
 * @returns For each line, the words offered.
 */
function offered(shell: Shell, lines: readonly (readonly string[])[]): string[][] {
  const script = completionScript(program, shell);
  const word = (text: string): string => `'${text}'`;
  const asked = {
    bash: (words: readonly string[]) =>
      `COMP_WORDS=(${words.map(word).join(' ')}); COMP_CWORD=${words.length - 1}; _understudy; printf '%s\\n' "\${COMPREPLY[@]}" =`,
    // The functions of zsh's own completion, which print what they are given.
    zsh: (words: readonly string[]) =>
      `words=(${words.map(word).join(' ')}); CURRENT=${words.length}; _understudy; print =`,
    fish: (words: readonly string[]) => `complete -C ${word(words.join(' '))}; echo =`,
  }[shell];
  const before = {
    bash: '',
    zsh: `compdef() {}; _files() {}; _describe() { print -l -- \${\${(P)@[-1]}%%:*} }\n`,
    fish: '',
  }[shell];
  const { stdout, stderr, status } = spawnSync(
    shellAt(shell),
    ['-c', `${before}${script}${lines.map(asked).join('\n')}`],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  return stdout
    .split(/^=\n/m)
    .slice(0, -1)
    .map((text) =>
      text
        .split('\n')
        .map((line) => line.split('\t')[0] ?? '')
        .filter((line) => line !== ''),
    );
}

/** Every command of the tree, with the words that lead to it. */
function all(command: Command, words: readonly string[]): { command: Command; words: readonly string[] }[] {
  return [{ command, words }, ...command.commands.flatMap((each) => all(each, [...words, each.name()]))];
}

for (const shell of SHELLS) {
  const skip = skipOf(shell);
  test(`${shell} offers every command and every option of commander’s own tree`, { skip }, () => {
    const tree = all(program, ['understudy']);
    const names = offered(
      shell,
      tree.map(({ words }) => [...words, '']),
    );
    const flags = offered(
      shell,
      tree.map(({ words }) => [...words, '--']),
    );
    assert.equal(names.length, tree.length);
    for (const [i, { command, words }] of tree.entries()) {
      for (const each of command.commands)
        assert.ok(names[i]?.includes(each.name()), `${words.join(' ')} ${each.name()}`);
      for (const { long } of command.options)
        assert.ok(flags[i]?.includes(long ?? ''), `${words.join(' ')} ${long}`);
    }
  });

  test(`${shell} offers an option’s choices behind it, and nothing of ours where a file is typed`, {
    skip,
  }, () => {
    const [modes, roles, begun, shells, none] = offered(shell, [
      ['understudy', 'init', '--mode', ''],
      ['understudy', 'keys', 'create', '--alias', 'a', '--role', 'app'],
      ['understudy', 'le'],
      ['understudy', 'completion', ''],
      ['understudy', 'start', '--config', '/nothing/here'],
    ]);
    assert.deepEqual(modes?.toSorted(), ['auto', 'observe', 'propose']);
    assert.ok(roles?.includes('app'));
    assert.ok(begun?.includes('learn'));
    assert.deepEqual(shells?.toSorted(), [...SHELLS].sort());
    assert.deepEqual(none, []);
  });
}
