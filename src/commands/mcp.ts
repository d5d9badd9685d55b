/**
 * `understudy mcp`: a server of the Model Context Protocol over stdin and stdout, for agents that want to know what is replaceable
 * and why a call was escalated. Each tool gives what a command gives with --json; none opens a payload.
 */
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { UnderstudyError } from '../core/errors.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import { version } from '../setup/version.ts';
import { type CommonOptions, type Terminal, withCommonOptions } from './context.ts';
import { type McpTool, mcpServer } from './mcp-protocol.ts';

interface McpFlags extends CommonOptions {
  readonly allowChanges?: boolean;
}

/** Runs a command of this program and gives its JSON. @throws UnderstudyError as the command. */
type Run = (...words: string[]) => Promise<JsonObject>;

const INSTRUCTIONS =
  'Understudy puts small models in place of an LLM for the routine calls of agents, with proof. These tools tell what is recorded, what could be or is taken over and why, why one call was answered by whom, and what it saves.';

/** @param build Makes the program anew; handed in, as the program holds this command. */
export function addMcp(program: Command, terminal: Terminal, build: (terminal: Terminal) => Command): void {
  withCommonOptions(program.command('mcp'))
    .description('Answer an agent’s questions over stdin and stdout (Model Context Protocol).')
    .option('--allow-changes', 'also offer tools that stop, resume, approve and reject tasks')
    .addHelpText(
      'after',
      `
Without --allow-changes its tools only read, and none opens a payload. It reads the data folder, also while a gateway runs.

Examples:
  $ claude mcp add understudy -- understudy mcp --data-dir /srv/agent/.understudy
  $ understudy mcp --allow-changes`,
    )
    .action((flags: McpFlags) => serve(flags, terminal, build));
}

async function serve(
  flags: McpFlags,
  terminal: Terminal,
  build: (terminal: Terminal) => Command,
): Promise<void> {
  const { input } = terminal;
  if (input === undefined) {
    throw new UnderstudyError('unsupported', 'There is no input to read questions from.', {
      hint: 'An agent starts this command and speaks to it.',
    });
  }
  const folder = [
    ...(flags.config === undefined ? [] : ['--config', flags.config]),
    ...(flags.dataDir === undefined ? [] : ['--data-dir', flags.dataDir]),
  ];
  const run: Run = async (...words) => {
    let out = '';
    const captured: Terminal = {
      out: (text) => {
        out += text;
      },
      err: terminal.err,
      interactive: false,
      color: false,
      width: terminal.width,
      env: terminal.env,
      cwd: terminal.cwd,
      signal: terminal.signal,
    };
    await build(captured).parseAsync([...words, '--json', ...folder], { from: 'user' });
    const result = parseJson(out);
    return isObject(result) ? result : { result: result ?? null };
  };
  const tools = [...READING, ...(flags.allowChanges ? CHANGING : [])].map((make) => make(run));
  const server = mcpServer({ version: version(), instructions: INSTRUCTIONS }, tools);
  const lines = createInterface({ input });
  terminal.signal.addEventListener('abort', () => lines.close(), { once: true });
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const answer = await server(line);
    if (answer !== null) terminal.out(`${answer}\n`);
  }
}

const schema = (properties: JsonObject, required: string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

/** An argument that the command line would take for an option is none. @throws UnderstudyError 'bad-input'. */
function textIn(args: JsonObject, name: string): string {
  const value = args[name];
  if (typeof value === 'string' && value !== '' && !value.startsWith('-')) return value;
  throw new UnderstudyError('bad-input', `The argument ${name} is missing, or no text.`, {
    hint: 'The tool’s schema says what it takes.',
  });
}

const READING: readonly ((run: Run) => McpTool)[] = [
  (run) => ({
    name: 'status',
    title: 'Status',
    isReadOnly: true,
    inputSchema: schema({}),
    description:
      'Everything at a glance: how many calls are recorded, the tasks with their deployments, audits and errors, what was lost, and the savings of the last 30 days.',
    run: () => run('status'),
  }),
  (run) => ({
    name: 'replaceable_tasks',
    title: 'Replaceable tasks',
    isReadOnly: true,
    inputSchema: schema({}),
    description:
      'The tasks that were found among the calls, each with the number of its calls, the stage of its specialist (null: none), whether it waits for a person’s approval, and why it stands where it does.',
    run: async () => {
      const { tasks } = await run('status');
      return { tasks: (Array.isArray(tasks) ? tasks : []).map(briefly) };
    },
  }),
  (run) => ({
    name: 'explain_call',
    title: 'Explain a call',
    isReadOnly: true,
    description:
      'Why one call was answered by a specialist or escalated to the LLM, and what would have changed that. From the record; no payload is opened.',
    inputSchema: schema(
      { call_id: { type: 'string', description: 'The header x-understudy-call-id of its response.' } },
      ['call_id'],
    ),
    run: (args) => run('explain', textIn(args, 'call_id')),
  }),
  (run) => ({
    name: 'savings',
    title: 'Savings',
    isReadOnly: true,
    description:
      'What specialists save in dollars, net of audits, the machine and learning, by task, sender and day.',
    inputSchema: schema({
      days: {
        type: 'integer',
        minimum: 1,
        maximum: 3650,
        description: 'Number of days, counted back from now. Default: all.',
      },
    }),
    run: ({ days }) => run('savings', ...(typeof days === 'number' ? ['--days', String(days)] : [])),
  }),
];

function briefly(task: Json): JsonObject {
  if (!isObject(task)) return {};
  const { id = '', name = '', kind = '', calls = 0, isStopped = false, isProposed = false, why = '' } = task;
  const stage = isObject(task.deployment) ? (task.deployment.stage ?? null) : null;
  return { id, name, kind, calls, stage, isStopped, isProposed, why };
}

const CHANGES = {
  stop: 'Take a task out of service: within a second all its calls go to the LLM.',
  resume: 'Let a stopped task go on in the stage that it was in.',
  approve: 'Bring what waits for approval into service, from shadow on.',
  reject: 'Retire what waits for approval.',
} as const;

const CHANGING: readonly ((run: Run) => McpTool)[] = Object.entries(CHANGES).map(
  ([verb, description]) =>
    (run) => ({
      name: `${verb}_task`,
      title: `${verb} a task`,
      description,
      isReadOnly: false,
      inputSchema: schema(
        {
          task: { type: 'string', description: 'Its name or id.' },
          reason: { type: 'string', description: 'Why, for the record.' },
        },
        ['task', 'reason'],
      ),
      run: (args) =>
        run(verb, textIn(args, 'task'), '--by', 'an agent (mcp)', '--reason', textIn(args, 'reason')),
    }),
);
