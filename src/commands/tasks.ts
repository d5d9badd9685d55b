/**
 * `understudy tasks`: shows the tasks, and takes a person's word on which they are: rename, merge, split, exclude, include.
 * Does not: act on it (learn/task-decisions).
 */
import type { Command } from 'commander';
import { siteWords } from '../cluster/reshape.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Task } from '../core/task.ts';
import type { TaskChange } from '../core/task-decision.ts';
import { taskNamed } from '../deploy/control.ts';
import { decideOnTask } from '../learn/task-decisions.ts';
import { changeCommand, decidedText, tasksText } from '../report/tasks.ts';
import { person } from '../setup/person.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { withStore } from './with-store.ts';

interface DecideFlags extends CommonOptions {
  readonly by?: string;
  readonly reason?: string;
}

interface SplitFlags extends DecideFlags {
  readonly site?: readonly string[];
  readonly turn?: readonly string[];
  readonly name?: string;
}

const collected = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

export function addTasks(program: Command, terminal: Terminal): void {
  const tasks = program
    .command('tasks')
    .description('Show the tasks, and say which they are: rename, merge, split, exclude, include.')
    .addHelpText(
      'after',
      `
What you decide holds at once and for every learning run to come: merged call sites stay one task, split ones stay two, an
excluded task is neither learnt nor served, a rename keeps the id. A merge or a split changes what a specialist was proved on:
it is suspended until it is proved anew, and the calls go to the LLM meanwhile. Each answer names the command that takes it
back; where nothing was learnt in between, the proof holds again and the specialist begins in shadow.

A split follows the call site: what a request shows before it is answered, such as its prompt's template, its tools, and the
tool whose result is answered. Calls of one call site cannot be told apart.

Examples:
  $ understudy tasks list
  $ understudy tasks rename 'label: You sort mail' triage
  $ understudy tasks merge triage 'triage (German)'       the second goes into the first
  $ understudy tasks split booking                        lists its call sites
  $ understudy tasks split booking --turn tool:find_flight --name 'after the search'
  $ understudy tasks exclude complaints --reason 'a person answers these'`,
    );
  withCommonOptions(tasks.command('list', { isDefault: true }))
    .description('Show the tasks.')
    .action((flags: CommonOptions) => list(flags, terminal));
  withCommonOptions(tasks.command('show'))
    .description('Show a task’s call sites, and what was decided about it.')
    .argument('<task>', 'name or id of the task')
    .action((named: string, flags: CommonOptions) => show(named, flags, terminal));
  decision(tasks, 'rename', 'Call a task something else; its id stays.')
    .argument('<task>', 'name or id of the task')
    .argument('<name>', 'its new name')
    .action((task: string, name: string, flags: DecideFlags) =>
      decide({ action: 'rename', task, name }, flags, terminal),
    );
  decision(tasks, 'merge', 'Make two tasks one, under the id and the name of the first.')
    .argument('<task>', 'name or id of the task that stays')
    .argument('<from>', 'name or id of the task that goes into it')
    .action((task: string, from: string, flags: DecideFlags) =>
      decide({ action: 'merge', task, from }, flags, terminal),
    );
  decision(tasks, 'split', 'Make some call sites of a task a task of their own.')
    .argument('<task>', 'name or id of the task')
    .option('--site <id>', 'a call site to take out (may be repeated)', collected)
    .option(
      '--turn <turn>',
      'take out the call sites that answer this: user, or tool:NAME (may be repeated)',
      collected,
    )
    .option('--name <name>', 'of the task that is made (default: the task’s with a number)')
    .action((task: string, flags: SplitFlags) => split(task, flags, terminal));
  decision(tasks, 'exclude', 'Leave a task alone: it is neither learnt nor served, its calls go to the LLM.')
    .argument('<task>', 'name or id of the task')
    .action((task: string, flags: DecideFlags) => decide({ action: 'exclude', task }, flags, terminal));
  decision(tasks, 'include', 'Learn and serve an excluded task again, in the stage that it was in.')
    .argument('<task>', 'name or id of the task')
    .action((task: string, flags: DecideFlags) => decide({ action: 'include', task }, flags, terminal));
}

function decision(tasks: Command, name: string, about: string): Command {
  return withCommonOptions(tasks.command(name))
    .description(about)
    .option('--by <name>', 'who says so, for the record (default: the command line)')
    .option('--reason <text>', 'why, for the record');
}

function decide(change: TaskChange, flags: DecideFlags, terminal: Terminal): Promise<void> {
  return withStore(flags, terminal, async (store) => {
    const { by = 'the command line', reason = '' } = flags;
    const decided = await decideOnTask(store, change, { by, reason, now: Date.now(), actor: person() });
    print(terminal, flags, decided, () =>
      [
        decidedText(decided),
        ...(decided.inverse ? [`To take it back: ${changeCommand(decided.inverse)}`] : []),
      ].join('\n'),
    );
  });
}

async function split(named: string, flags: SplitFlags, terminal: Terminal): Promise<void> {
  const { site = [], turn = [], name } = flags;
  const sites = await withStore(flags, terminal, async (store) => {
    const task = await taskNamed(store, named);
    const unknown = turn.find((each) => !task.sites.some((own) => own.turn === each));
    if (unknown === undefined)
      return [...site, ...task.sites.filter((own) => turn.includes(own.turn)).map(({ id }) => id)];
    throw new UnderstudyError('bad-input', `No call site of '${task.name}' answers '${unknown}'.`, {
      hint: `They are ${task.sites.map(siteWords).join('; ')}.`,
      status: 400,
    });
  });
  await decide({ action: 'split', task: named, sites, name }, flags, terminal);
}

function list(flags: CommonOptions, terminal: Terminal): Promise<void> {
  return withStore(flags, terminal, async (store) => {
    const [tasks, deployments] = [await store.tasks(), await store.deployments()];
    const stageOf = (taskId: string): string | null =>
      deployments.findLast((each) => each.taskId === taskId && each.stage !== 'retired')?.stage ?? null;
    const shown = tasks.map((task) => ({ ...aboutTask(task), stage: stageOf(task.id) }));
    print(terminal, flags, { kind: 'tasks', tasks: shown }, () => tasksText(tasks, stageOf, terminal));
  });
}

function show(named: string, flags: CommonOptions, terminal: Terminal): Promise<void> {
  return withStore(flags, terminal, async (store) => {
    const task = await taskNamed(store, named);
    const decisions = (await store.taskDecisions())
      .filter(({ taskId, otherId }) => taskId === task.id || otherId === task.id)
      .map(({ kind, at, by, reason }) => ({ action: kind, at, by, reason }));
    print(terminal, flags, { kind: 'task', task: aboutTask(task), decisions }, () =>
      [
        `${task.name} (${task.id}), ${task.kind}`,
        `Call sites: ${task.sites.map(siteWords).join('; ')}.`,
        ...decisions.map(
          ({ action, at, by, reason }) =>
            `${new Date(at).toISOString()} ${action}, by ${by}${reason === '' ? '' : `: ${reason}`}`,
        ),
      ].join('\n'),
    );
  });
}

/** Without words of prompts. */
function aboutTask({ id, name, kind, calls, sites, excluded }: Task) {
  return {
    id,
    name,
    kind,
    calls,
    sites: sites.map(({ id: site, turn, toolNames }) => ({ id: site, turn, tools: toolNames })),
    excluded: excluded ?? null,
  };
}
