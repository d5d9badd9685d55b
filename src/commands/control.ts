/**
 * `understudy approve`, `reject`, `stop` and `resume`: a person's word on what serves.
 * Does not: do it (deploy/control.ts).
 */
import type { Command } from 'commander';
import { approve, type Controlled, reject, resume, stop } from '../deploy/control.ts';
import { person } from '../setup/person.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { withStore } from './with-store.ts';

interface ControlFlags extends CommonOptions {
  readonly by?: string;
  readonly reason?: string;
}

const VERBS = {
  approve: {
    act: approve,
    about: 'Bring what waits for approval into service, from shadow on.',
    done: (task: string) => `'${task}' begins in shadow.`,
    nothing: (task: string) => `'${task}' was decided on by somebody else meanwhile.`,
  },
  reject: {
    act: reject,
    about: 'Retire what waits for approval. It is proposed again only when it was learnt from new calls.',
    done: (task: string) => `The proposal for '${task}' is retired.`,
    nothing: (task: string) => `'${task}' was decided on by somebody else meanwhile.`,
  },
  stop: {
    act: stop,
    about: 'Take a task out of service at once: within a second all its calls go to the LLM.',
    done: (task: string) =>
      `'${task}' is stopped: its calls go to the LLM. \`understudy resume\` lets it go on.`,
    nothing: (task: string) => `'${task}' was stopped already.`,
  },
  resume: {
    act: resume,
    about: 'Let a stopped task go on in the stage that it was in.',
    done: (task: string) => `'${task}' goes on.`,
    nothing: (task: string) => `'${task}' was not stopped.`,
  },
} as const;

export function addControl(program: Command, terminal: Terminal): void {
  for (const [verb, { act, about, done, nothing }] of Object.entries(VERBS)) {
    withCommonOptions(program.command(verb))
      .description(about)
      .argument('<task>', 'name or id of the task')
      .option('--by <name>', 'who says so, for the record (default: the command line)')
      .option('--reason <text>', 'why, for the record')
      .action((task: string, flags: ControlFlags) =>
        withStore(flags, terminal, async (store) => {
          const word = { by: flags.by ?? 'the command line', reason: flags.reason ?? '', now: Date.now() };
          const result: Controlled = await act(store, task, word);
          if (result.changed)
            await store.appendTrail({
              at: word.now,
              actor: person(),
              action: 'deployment-changed',
              subject: result.task.id,
              detail: { action: verb, by: word.by, reason: word.reason },
            });
          print(terminal, flags, result, () => (result.changed ? done : nothing)(result.task.name));
        }),
      );
  }
}
