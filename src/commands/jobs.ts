/** `understudy jobs`: what the program does by itself: list, show, cancel, run. */
import type { Command } from 'commander';
import { UnderstudyError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import { cancelJob, queueJob } from '../learn/jobs/control.ts';
import { jobsText, jobText } from '../report/jobs.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { integerOf } from './numbers.ts';
import { withStore } from './with-store.ts';

interface ListFlags extends CommonOptions {
  readonly limit?: number;
}

interface RunFlags extends CommonOptions {
  readonly task?: readonly string[];
}

export function addJobs(program: Command, terminal: Terminal): void {
  const jobs = program
    .command('jobs')
    .description(
      'What a running gateway does by itself: learning runs, why, how far they are, how they ended.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ understudy jobs list
  $ understudy jobs show job_…
  $ understudy jobs run --task triage        do not wait for it to be due
  $ understudy jobs cancel job_…`,
    );
  withCommonOptions(jobs.command('list'))
    .description('Show the latest jobs.')
    .option('--limit <n>', 'how many (default: 20)', integerOf)
    .action((flags: ListFlags) =>
      withStore(flags, terminal, async (store) => {
        const list = await store.jobs({ limit: flags.limit ?? 20 });
        print(terminal, flags, { kind: 'jobs', jobs: list }, () => jobsText(list, terminal, Date.now()));
      }),
    );
  withCommonOptions(jobs.command('show'))
    .description('Show one job.')
    .argument('<id>', 'as `jobs list` shows it')
    .action((id: string, flags: CommonOptions) =>
      withStore(flags, terminal, async (store) => {
        const job = await store.job(id);
        if (job === null)
          throw new UnderstudyError('not-found', `There is no job '${id}'.`, {
            hint: '`understudy jobs list` shows their ids.',
          });
        print(terminal, flags, job, () => jobText(job, terminal, Date.now()));
      }),
    );
  withCommonOptions(jobs.command('cancel'))
    .description('End a job: at once where it waits, within seconds where it runs.')
    .argument('<id>', 'as `jobs list` shows it')
    .action((id: string, flags: CommonOptions) =>
      withStore(flags, terminal, async (store) => {
        const job = await cancelJob(store, id, { by: 'a person (command line)', now: Date.now() });
        print(terminal, flags, job, () =>
          job.state === 'running' ? 'Its process is being stopped.' : `The job is ${job.state}.`,
        );
      }),
    );
  withCommonOptions(jobs.command('run'))
    .description('Have the running gateway learn now.')
    .option(
      '--task <name>',
      'learn only this task, by name or id (may be repeated)',
      (value, all: string[] = []) => [...all, value],
    )
    .action((flags: RunFlags) =>
      withStore(flags, terminal, async (store) => {
        const { learn } = configFor(flags, terminal);
        const tasks = flags.task === undefined ? null : await idsOf(flags.task, store);
        const mode = learn.mode === 'off' ? 'propose' : learn.mode;
        const reason = 'asked for on the command line';
        const about = { trigger: 'by-hand', reason, tasks, mode, estimate: null } as const;
        const job = await queueJob(store, about, Date.now());
        print(
          terminal,
          flags,
          job,
          () => `${job.id} waits for \`understudy start\`, which takes it up within a second.`,
        );
      }),
    );
}

/** @throws UnderstudyError 'not-found' for a task that there is none of. */
async function idsOf(named: readonly string[], store: Store): Promise<string[]> {
  const tasks = await store.tasks();
  return named.map((each) => {
    const task = tasks.find(({ id, name }) => id === each || name === each);
    if (task) return task.id;
    throw new UnderstudyError('not-found', `There is no task '${each}'.`, {
      hint: `There are ${tasks.map(({ name }) => `'${name}'`).join(', ') || 'none yet'}.`,
    });
  });
}
