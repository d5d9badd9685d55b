import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assign } from '../callsite/assign.ts';
import type { Call, Message, Tool } from '../core/call.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Task } from '../core/task.ts';
import type { TaskDecision } from '../core/task-decision.ts';
import { mergeTasks, splitTask, takenBack } from './reshape.ts';
import { findTasks } from './tasks.ts';

const tools: readonly Tool[] = ['find_flight', 'book'].map((name) => ({
  name,
  description: name,
  parameters: { type: 'object' },
}));

const made = (id: string, at: number, messages: readonly Message[], answer: Partial<Message>): Call => ({
  id,
  at,
  sessionId: `s${at}`,
  origin: '',
  tags: {},
  request: { model: 'm', messages, tools: [], stream: false, params: {} },
  response: {
    model: 'm',
    message: { role: 'assistant', content: '', ...answer },
    finishReason: 'stop',
    usage: null,
  },
  status: 200,
  latencyMs: 1,
  served: { by: 'llm', reason: 'no-specialist' },
});

/**
 * Two prompts that are answered with a label, one with a text, and an agent whose two turns call the same tool: four tasks.
 * @param from The first number of the calls.
 */
function day(count: number, from = 0): Call[] {
  const nouns = 'spade rake hose fork seed pot lamp glove bucket ladder saw twine'.split(' ');
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    const text = `${nouns[n % 12]} ${nouns[(n * 7 + 3) % 12]} ${nouns[(n * 5 + 1) % 12]} ${n}`;
    const user: Message = { role: 'user', content: text };
    const system = (content: string): Message => ({ role: 'system', content });
    const agent = [
      system(
        'You book flights for the staff of a garden shop, by calling one tool at a time until it is done.',
      ),
      user,
    ];
    const found: Message[] = [
      ...agent,
      {
        role: 'assistant',
        content: '',
        toolCalls: [{ id: 'c', name: 'find_flight', arguments: `{"n":${n}}` }],
      },
      { role: 'tool', content: text, toolCallId: 'c' },
    ];
    const books = { toolCalls: [{ id: 'd', name: 'book', arguments: `{"n":${n}}` }] };
    const withTools = (call: Call): Call => ({ ...call, request: { ...call.request, tools } });
    const label = ['order', 'refund', 'other'][n % 3]!;
    return [
      made(
        `en-${n}`,
        n,
        [system('You sort the English mail of a garden shop into order, refund or other. One word.'), user],
        { content: label },
      ),
      made(
        `de-${n}`,
        n,
        [
          system('Du sortierst die deutsche Post eines Ladens nach order, refund, other. Nur ein Wort.'),
          user,
        ],
        { content: label },
      ),
      made(`write-${n}`, n, [system('You write a kind reply to the customer, and promise nothing.'), user], {
        content: `Dear customer, about the ${text}: we look into it, ${nouns[(n * 3) % 12]}.`,
      }),
      withTools(made(`ask-${n}`, n, agent, books)),
      withTools(made(`found-${n}`, n, found, books)),
    ];
  }).flat();
}

const taskOf = (tasks: readonly Task[], calls: readonly Call[], id: string): Task =>
  assign(tasks, calls.find((each) => each.id === id)!.request)!;

/** The tasks of a day, and those of the calls by their names. */
function found(count: number) {
  const calls = day(count);
  const { tasks } = findTasks(calls, []);
  return { calls, tasks, at: (id: string) => taskOf(tasks, calls, `${id}-0`) };
}

const replaced = (tasks: readonly Task[], before: readonly Task[], after: readonly Task[]): Task[] => [
  ...tasks.filter((task) => !before.includes(task)),
  ...after,
];

test('the made-up day has the turns of the agent in one task, and the others apart', () => {
  const { at, tasks } = found(60);
  assert.equal(at('ask').id, at('found').id);
  assert.equal(at('ask').sites.length, 2);
  assert.equal(tasks.length, 4);
});

test('merged tasks stay one in the runs to come, however large their call sites grow', () => {
  fc.assert(
    fc.property(fc.integer({ min: 30, max: 50 }), fc.integer({ min: 1, max: 120 }), (few, more) => {
      const { at, tasks } = found(few);
      const [en, de] = [at('en'), at('de')];
      const merged = mergeTasks(en, de, 'decision_1');
      const later = [...day(few), ...day(more, few)];
      const next = findTasks(later, replaced(tasks, [en, de], [merged]));
      for (const call of later.filter(({ id }) => /^(en|de)-/.test(id)))
        assert.equal(next.assignment.get(call.id), en.id);
      const own = next.tasks.find(({ id }) => id === en.id)!;
      assert.equal(own.name, en.name);
      assert.equal(own.kind, 'label');
      assert.equal(own.shapedBy, 'decision_1');
      assert.equal(own.isReshaped, undefined, 'its kind has been found');
      assert.equal(next.tasks.length, tasks.length - 1);
    }),
    { numRuns: 12 },
  );
});

test('tasks of other kinds merged are of mixed kind until their calls say what they are', () => {
  const { at, tasks, calls } = found(60);
  const merged = mergeTasks(at('en'), at('write'), 'd');
  assert.equal(merged.kind, 'mixed');
  const next = findTasks(calls, replaced(tasks, [at('en'), at('write')], [merged]));
  const own = next.tasks.find(({ id }) => id === merged.id)!;
  assert.equal(own.kind, 'text');
  assert.deepEqual(own.labels, []);
});

test('a split by the turn stays in the runs to come, and nothing takes the calls of either', () => {
  const { at, tasks } = found(60);
  const agent = at('ask');
  const turn = agent.sites.filter((site) => site.turn === 'tool:find_flight').map(({ id }) => id);
  const parts = splitTask(agent, turn, 'after the search', 'decision_1');
  const later = [...day(60), ...day(80, 60)];
  const next = findTasks(later, replaced(tasks, [agent], parts));
  for (const call of later) {
    if (call.id.startsWith('ask-')) assert.equal(next.assignment.get(call.id), agent.id);
    if (call.id.startsWith('found-')) assert.equal(next.assignment.get(call.id), parts[1].id);
  }
  assert.equal(next.tasks.find(({ id }) => id === parts[1].id)?.name, 'after the search');
  assert.equal(next.tasks.length, tasks.length + 1);
});

test('an excluded task keeps its calls: none becomes part of another task', () => {
  const { at, tasks } = found(40);
  const agent = at('ask');
  const excluded = { ...agent, excluded: { at: 1, by: 'Ada', reason: '' } };
  const later = [...day(40), ...day(120, 40)];
  const next = findTasks(later, replaced(tasks, [agent], [excluded]));
  for (const call of later.filter(({ id }) => /^(ask|found)-/.test(id)))
    assert.equal(next.assignment.get(call.id), agent.id);
  assert.deepEqual(next.tasks.find(({ id }) => id === agent.id)?.excluded, excluded.excluded);
});

test('a task of one call site cannot be split, and a split names some of the sites', () => {
  const { at } = found(40);
  const codeOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      assert.ok(error instanceof UnderstudyError);
      return `${error.code}: ${error.hint}`;
    }
    return 'done';
  };
  assert.match(
    codeOf(() => splitTask(at('en'), [at('en').sites[0]!.id], 'x', 'd')),
    /bad-input: .*told apart/,
  );
  const agent = at('ask');
  const all = agent.sites.map(({ id }) => id);
  for (const sites of [[], all, ['site_none', all[0]!]])
    assert.match(
      codeOf(() => splitTask(agent, sites, 'x', 'd')),
      /bad-input: It has .*answers a user/,
    );
});

test('a merge and the split that takes it back give the tasks as they were, but for the names that are asked for or given since', () => {
  const { at } = found(40);
  const [en, de] = [at('en'), at('de')];
  const merged = mergeTasks(en, de, 'd1');
  const about = { otherId: de.id, at: 1, by: 'Ada', reason: '' };
  const first: TaskDecision = {
    id: 'd1',
    kind: 'merge',
    taskId: en.id,
    before: [en, de],
    after: [merged],
    ...about,
  };
  const split = splitTask(
    merged,
    de.sites.map(({ id }) => id),
    'anything',
    'd2',
  );
  const named = { ...de, name: 'anything' };
  assert.deepEqual(takenBack([merged], split, [first]), [en, named]);
  const renamed = { ...merged, name: 'mail' };
  assert.deepEqual(takenBack([renamed], split, [first]), [{ ...en, name: 'mail' }, named]);
  // What was learnt since is not forgotten where it is told by call site, and else is found anew.
  const learnt = {
    ...merged,
    calls: merged.calls + 5,
    sites: merged.sites.map((site) => ({ ...site, shapes: { system: [], user: [] } })),
  };
  const back = takenBack([learnt], split, [first])!;
  assert.deepEqual(
    back.map(({ id, isReshaped, sites }) => [
      id,
      isReshaped,
      sites.every(({ shapes }) => shapes?.user.length === 0),
    ]),
    [
      [en.id, true, true],
      [de.id, true, true],
    ],
  );
  // Another decision came between, or the call sites are others by now.
  const again = mergeTasks(merged, at('write'), 'd3');
  const second: TaskDecision = { ...first, id: 'd3', before: [merged, at('write')], after: [again] };
  assert.equal(takenBack([again], split, [first, second]), null);
  assert.equal(takenBack([{ ...merged, sites: merged.sites.slice(1) }], split, [first]), null);
});
