/** What `learn` and `assess` are told of the proof: which tasks, in which order, and the bound. */
import { type Command, Option } from 'commander';
import { shareOf } from './numbers.ts';

export interface ProofOptions {
  readonly task?: readonly string[];
  readonly order?: 'time' | 'shuffle-sessions';
  readonly epsilon?: number;
  readonly delta?: number;
}

/** @param task What `--task` does for this command. */
export function withProofOptions(command: Command, task: string): Command {
  return command
    .option('--task <name>', task, (value, all: string[] = []) => [...all, value])
    .addOption(
      new Option(
        '--order <order>',
        'how sessions are lined up before they are split into train … exam',
      ).choices(['time', 'shuffle-sessions']),
    )
    .option('--epsilon <share>', 'largest error share among the calls taken over', shareOf)
    .option('--delta <share>', 'chance that this bound does not hold', shareOf);
}
