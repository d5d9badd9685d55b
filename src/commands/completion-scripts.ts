/**
 * Completion scripts for bash, zsh and fish, made from commander's command tree as it is, so that they never lag behind it.
 * Each finds which command the line names so far, then offers its commands, its options, or an option's choices; files
 * where a value is typed.
 * Does not: install them (whoever asks for them does).
 */
import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Flag {
  /** '-h', '--help' */
  readonly names: readonly string[];
  readonly about: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

interface Node {
  /** 'understudy keys create' */
  readonly at: string;
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly Flag[];
  /** Choices of its arguments. */
  readonly choices: readonly string[];
}

/** The script of a shell, for the commands of this program. */
export function completionScript(program: Command, shell: Shell): string {
  const nodes = nodesOf(program, program.name());
  const comment = `# Completion of ${program.name()} for ${shell}, made by \`${program.name()} completion ${shell}\`.`;
  const lines = { bash: bashLines, zsh: zshLines, fish: fishLines }[shell](program.name(), nodes, comment);
  return `${lines.join('\n')}\n`;
}

/** A command, and all below it. */
function nodesOf(command: Command, at: string): Node[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const node: Node = {
    at,
    commands: commands.map((each) => ({ name: each.name(), about: aboutOf(each.description()) })),
    flags: help.visibleOptions(command).map(flagOf),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  return [node, ...commands.flatMap((each) => nodesOf(each, `${at} ${each.name()}`))];
}

function flagOf({ short, long, description, required, optional, argChoices }: Option): Flag {
  return {
    names: [short, long].filter((name) => name !== undefined),
    about: aboutOf(description),
    takesValue: required || optional,
    choices: argChoices ?? [],
  };
}

/** Short enough for a menu. */
const aboutOf = (text: string): string => (text.split(/[.;(]\s|\s\(/)[0] ?? '').replace(/\.$/, '');

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const list = (words: readonly string[]): string => words.map(quoted).join(' ');
const anyOf = (words: readonly string[]): string => words.map(quoted).join(' | ');
/** Paths of all commands but the program itself. */
const below = (nodes: readonly Node[]): string[] => nodes.slice(1).map(({ at }) => at);

/** Of each option with a value: what stands before it on the line. */
function valued(
  nodes: readonly Node[],
): { readonly before: string[]; readonly choices: readonly string[] }[] {
  return nodes.flatMap(({ at, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map(({ names, choices }) => ({ before: names.map((name) => `${at} ${name}`), choices })),
  );
}

function bashLines(name: string, nodes: readonly Node[], comment: string): string[] {
  const values = valued(nodes);
  const files = values.filter(({ choices }) => choices.length === 0).flatMap(({ before }) => before);
  const offer = (words: readonly string[]): string =>
    `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$current"))`;
  return [
    comment,
    `_${name}() {`,
    `  local at=${name} current=\${COMP_WORDS[COMP_CWORD]} i`,
    '  COMPREPLY=()',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    `    case "$at \${COMP_WORDS[i]}" in`,
    `      ${anyOf(below(nodes))}) at="$at \${COMP_WORDS[i]}" ;;`,
    '    esac',
    '  done',
    `  case "$at \${COMP_WORDS[COMP_CWORD - 1]}" in`,
    ...values
      .filter(({ choices }) => choices.length > 0)
      .map(({ before, choices }) => `    ${anyOf(before)}) ${offer(choices)}; return ;;`),
    // Files, by the option of `complete` below.
    `    ${anyOf(files)}) return ;;`,
    '  esac',
    '  case "$at" in',
    ...nodes.flatMap(({ at, commands, flags, choices }) => [
      `    ${quoted(at)})`,
      `      if [[ $current == -* ]]; then ${offer(flags.flatMap(({ names }) => names))}`,
      `      else ${offer([...commands.map((each) => each.name), ...choices])}; fi ;;`,
    ]),
    '  esac',
    '}',
    `complete -o default -F _${name} ${name}`,
  ];
}

function zshLines(name: string, nodes: readonly Node[], comment: string): string[] {
  const described = (names: readonly string[], about: string): string[] =>
    names.map((each) => `${each}:${about}`);
  return [
    `#compdef ${name}`,
    comment,
    `_${name}() {`,
    `  local at=${name}`,
    '  local -a subcommands options values',
    '  integer i',
    '  for ((i = 2; i < CURRENT; i++)); do',
    '    case "$at $words[i]" in',
    `      ${below(nodes)
      .map((path) => `(${quoted(path)})`)
      .join('|')}) at="$at $words[i]" ;;`,
    '    esac',
    '  done',
    '  case "$at $words[CURRENT-1]" in',
    ...valued(nodes).map(({ before, choices }) => {
      const offer = choices.length === 0 ? '_files' : `values=(${list(choices)}); _describe value values`;
      return `    ${before.map(quoted).join('|')}) ${offer}; return ;;`;
    }),
    '  esac',
    '  case "$at" in',
    ...nodes.flatMap(({ at, commands, flags, choices }) => [
      `    ${quoted(at)})`,
      `      subcommands=(${list([...commands.flatMap((each) => described([each.name], each.about)), ...choices])})`,
      `      options=(${list(flags.flatMap(({ names, about }) => described(names, about)))}) ;;`,
    ]),
    '  esac',
    '  if [[ $words[CURRENT] == -* ]]; then _describe -o option options',
    '  elif (( $#subcommands )); then _describe command subcommands',
    '  else _files; fi',
    '}',
    // Found by its name in $fpath, it is called; sourced, it is registered.
    `if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi`,
  ];
}

function fishLines(name: string, nodes: readonly Node[], comment: string): string[] {
  const fish = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const rules = nodes.flatMap(({ at, commands, flags, choices }) => {
    const begin = `complete -c ${name} -n ${fish(`__${name}_at ${at}`)}`;
    return [
      ...commands.map((each) => `${begin} -f -a ${fish(each.name)} -d ${fish(each.about)}`),
      ...(choices.length === 0 ? [] : [`${begin} -f -a ${fish(choices.join(' '))}`]),
      ...flags.map(({ names, about, takesValue, choices: of }) => {
        const long = names.map((each) =>
          each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`,
        );
        const value = !takesValue ? '' : of.length > 0 ? ` -x -a ${fish(of.join(' '))}` : ' -r -F';
        return `${begin} ${long.join(' ')}${value} -d ${fish(about)}`;
      }),
    ];
  });
  return [
    comment,
    `function __${name}_at`,
    `    set -l at ${name}`,
    '    set -l typed (commandline -opc)',
    '    for word in $typed[2..]',
    '        switch "$at $word"',
    `            case ${below(nodes).map(fish).join(' ')}`,
    '                set at "$at $word"',
    '        end',
    '    end',
    '    test "$at" = "$argv"',
    'end',
    ...rules,
  ];
}
