import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assign } from '../callsite/assign.ts';
import { isFamiliar } from '../callsite/slot-shape.ts';
import { distil } from '../callsite/variable-part.ts';
import type { Call, CallRequest, Message, Tool } from '../core/call.ts';
import { seededRandom } from '../core/random.ts';
import { adjustedRandIndex } from './ari.ts';
import { findTasks } from './tasks.ts';

const nouns = 'spade rake hose fork seed pot lamp glove bucket ladder saw twine boot shed barrow'.split(' ');
const shop = 'Willow & Sons sells garden tools all over Europe. Customers write in many languages.';

function call(
  id: number,
  site: string,
  messages: readonly Message[],
  answer: Partial<Message>,
  extra: Partial<CallRequest> = {},
): Call {
  const request = { model: 'm', messages, tools: [], stream: false, params: {}, ...extra };
  const message: Message = { role: 'assistant', content: '', ...answer };
  return {
    id: `${site}-${id}`,
    at: id,
    sessionId: `session-${id}`,
    origin: '',
    tags: { site },
    request,
    response: { model: 'm', message, finishReason: 'stop', usage: null },
    status: 200,
    latencyMs: 1,
    served: { by: 'llm', reason: 'no-specialist' },
  };
}

const system = (content: string): Message => ({ role: 'system', content });
const user = (content: string): Message => ({ role: 'user', content });
const tool = (name: string, extra: object = {}): Tool => ({
  name,
  description: name,
  parameters: { type: 'object', ...extra },
});
const use = (name: string, args = '{}'): Partial<Message> => ({
  toolCalls: [{ id: 'c', name, arguments: args }],
});

/** A day of an agent with six call sites; `tags.site` is the truth. */
function day(seed: number, mails: number): Call[] {
  const random = seededRandom(seed);
  const words = (n: number) => Array.from({ length: n }, () => random.pick(nouns)).join(' ');
  const toolbox = [tool('cancel_order'), tool('find_order')];
  return Array.from({ length: mails }, (_, id) => {
    const mail = user(`Subject: ${words(2)}\n\n${words(3 + random.below(12))}`);
    const sort = [system(`You sort mail. ${shop} Answer with one label and nothing else.`), mail];
    const act = [system(`You act on mail by calling one tool. ${shop} Call exactly one.`), mail];
    const found: Message[] = [
      ...act,
      { role: 'assistant', content: '', toolCalls: [{ id: 'c', name: 'find_order', arguments: '{"n":1}' }] },
      { role: 'tool', content: words(3), toolCallId: 'c' },
    ];
    const clerk = random.pick(['Mara', 'Joost', 'Ilse', 'Femke']);
    const reply = `You write replies. Today is Monday, ${1 + random.below(28)} June 2026, and ${clerk} signs. ${shop} Be kind, be brief, promise nothing.`;
    const format = {
      type: 'json_schema',
      json_schema: { name: 'order_details', schema: { type: 'object' } },
    };
    return [
      call(id, 'sort', sort, { content: random.pick(['order', 'refund', 'other']) }),
      call(id, 'act', act, use('find_order', '{"n":1}'), { tools: toolbox }),
      call(id, 'found', found, { content: words(9) }, { tools: toolbox }),
      call(id, 'reply', [system(reply), mail], { content: words(14) }),
      call(
        id,
        'details',
        [system(`You fill in a form. ${shop} JSON only.`), mail],
        { content: '{"order":1}' },
        {
          responseFormat: format,
        },
      ),
      call(id, 'chat', [system(`You chat with the staff. ${shop} Be honest.`), user(words(7))], {
        content: words(20),
      }),
    ];
  }).flat();
}

const truthOf = (calls: readonly Call[]) => calls.map((each) => each.tags.site!);
const foundFor = (calls: readonly Call[], assignment: ReadonlyMap<string, string>) =>
  calls.map((each) => assignment.get(each.id) ?? `none ${each.id}`);

test('the call sites of an agent become its tasks, with their kind, name and slots', () => {
  const calls = day(1, 60);
  const { tasks, assignment, unassigned } = findTasks(calls, []);
  assert.equal(adjustedRandIndex(truthOf(calls), foundFor(calls, assignment)), 1);
  assert.deepEqual(unassigned, []);
  const taskAt = (site: string) => tasks.find((each) => each.id === assignment.get(`${site}-0`))!;
  assert.equal(taskAt('sort').kind, 'label');
  assert.deepEqual([...taskAt('sort').labels].sort(), ['order', 'other', 'refund']);
  assert.equal(taskAt('act').kind, 'tool');
  assert.equal(taskAt('act').tools.length, 2);
  assert.equal(taskAt('found').sites[0]!.turn, 'tool:find_order');
  assert.equal(taskAt('found').kind, 'text');
  assert.equal(taskAt('details').kind, 'json');
  assert.equal(taskAt('details').name, 'json order_details');
  assert.equal(taskAt('reply').kind, 'text');
  assert.equal(new Set(tasks.map((each) => each.name)).size, tasks.length);
  const reply = calls.find((each) => each.tags.site === 'reply')!;
  const input = distil(taskAt('reply'), reply.request)!;
  assert.match(input, /June 2026/, 'the date is part of the input');
  assert.ok(!input.includes('promise nothing'), 'what is constant is not');
  assert.ok(taskAt('sort').sites[0]!.user.pieces.some((piece) => piece.includes('Subject:')));
});

test('what is assigned is what core assigns, and can be distilled', () => {
  const calls = day(2, 40);
  const { tasks, assignment } = findTasks(calls, []);
  for (const each of calls) {
    const task = assign(tasks, each.request);
    assert.equal(task?.id, assignment.get(each.id));
    if (task) assert.equal(typeof distil(task, each.request), 'string');
  }
});

test('ids, names and assignments stay when more calls come', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.integer({ min: 30, max: 45 }),
      fc.integer({ min: 1, max: 30 }),
      (seed, few, more) => {
        const calls = day(seed, few + more);
        const first = findTasks(calls.slice(0, few * 6), []);
        const second = findTasks(calls, first.tasks);
        for (const [id, task] of first.assignment) assert.equal(second.assignment.get(id), task);
        for (const task of first.tasks) {
          assert.equal(second.tasks.find((each) => each.id === task.id)?.name, task.name);
        }
        assert.equal(adjustedRandIndex(truthOf(calls), foundFor(calls, second.assignment)), 1);
        assert.deepEqual(findTasks(calls, second.tasks), second, 'a third time changes nothing');
      },
    ),
    { numRuns: 6 },
  );
});

test('a template that took a chance value for a constant is widened under its id', () => {
  const prompt = (tenant: string) =>
    system(`You answer for ${tenant}. ${shop} Be kind, be brief, promise nothing at all.`);
  const calls = Array.from({ length: 80 }, (_, id) =>
    call(
      id,
      'answer',
      [prompt(id < 60 ? ['Acme', 'Bolt'][id % 2]! : 'Acme Gardening'), user(`${nouns[id % 15]} ${id}`)],
      {
        content: `reply ${id}`,
      },
    ),
  );
  const first = findTasks(calls.slice(0, 40), []);
  const second = findTasks(calls, first.tasks);
  assert.equal(first.tasks.length, 1);
  assert.deepEqual(
    second.tasks.map((task) => task.id),
    [first.tasks[0]!.id],
  );
  assert.equal(second.assignment.size, calls.length);
});

test('sites with a call or two each and tools of their own are pooled, with the tools in the input', () => {
  const calls = nouns.flatMap((noun, i) =>
    nouns.slice(0, 4).map((other, j) =>
      call(
        i * 4 + j,
        'functions',
        [user(`How heavy is the ${noun} next to the ${other}?`)],
        use(`weigh_${noun}_${j}`),
        {
          tools: [tool(`weigh_${noun}_${j}`)],
        },
      ),
    ),
  );
  const { tasks, assignment } = findTasks(calls, []);
  assert.equal(tasks.length, 1);
  assert.equal(assignment.size, calls.length);
  const [pool] = tasks;
  assert.equal(pool!.kind, 'tool');
  assert.deepEqual(pool!.tools, []);
  const unseen = {
    ...calls[0]!.request,
    tools: [tool('never_seen', { properties: { x: { type: 'number' } } })],
  };
  assert.match(distil(pool!, unseen)!, /never_seen\nx\?: number/);
  // One of them grows: it leaves the pool, and the others stay under the pool's id.
  const more = Array.from({ length: 60 }, (_, i) =>
    call(1000 + i, 'grown', [user(`Again the ${nouns[i % 15]}, number ${i}`)], use('weigh_rake_0'), {
      tools: [tool('weigh_rake_0')],
    }),
  );
  const later = findTasks([...calls, ...more], tasks);
  assert.equal(later.tasks.length, 2);
  assert.equal(later.assignment.get(calls[0]!.id), pool!.id);
  const grown = later.tasks.find((task) => task.id === later.assignment.get(more[0]!.id))!;
  assert.notEqual(grown.id, pool!.id);
  assert.deepEqual(grown.sites[0]!.toolNames, ['weigh_rake_0']);
});

test('too few calls are no task, and say so', () => {
  const { tasks, unassigned } = findTasks(day(3, 5), []);
  assert.equal(tasks.length, 0);
  assert.deepEqual([...new Set(unassigned.map((each) => each.reason))], ['too-few-calls']);
});

test('prompts in user messages tell jobs apart where there is no system prompt', () => {
  const jobs: Record<string, (text: string) => string> = {
    judge: (t) =>
      `Is the following statement about garden tools true or false? Statement: ${t}. Answer with TRUE or FALSE and nothing else, please.`,
    title: (t) =>
      `Write a short title of at most five words for the text that follows here. The text: ${t}. Give the title alone, without quotes.`,
  };
  const calls = Array.from({ length: 40 }, (_, i) => i).flatMap((i) => {
    const text = Array.from({ length: 6 }, (_, k) => nouns[(i * (k + 3) + k) % 15]).join(' ');
    return [
      call(i, 'judge', [user(jobs.judge!(text))], { content: i % 3 ? 'TRUE' : 'FALSE' }),
      call(i, 'title', [user(jobs.title!(text))], { content: text }),
      call(i, 'free', [user(`${text} ${i}`)], { content: `${text} indeed` }),
    ];
  });
  const { assignment, tasks } = findTasks(calls, []);
  assert.equal(adjustedRandIndex(truthOf(calls), foundFor(calls, assignment)), 1);
  assert.equal(tasks.find((task) => task.id === assignment.get('judge-0'))?.kind, 'label');
});

test('names, choices and descriptions that each request makes anew are one call site, and belong to the input', () => {
  const calls = Array.from({ length: 50 }, (_, id) => {
    const schema = {
      type: 'object',
      properties: {
        desk: { type: 'string', enum: ['front', `desk ${id}`], description: `Open on day ${id}` },
      },
    };
    const messages = [
      system(`You send mail to a desk. ${shop} JSON only.`),
      user(`About the ${nouns[id % 15]}`),
    ];
    const responseFormat = { type: 'json_schema', json_schema: { name: `desks_${id}`, schema } };
    return call(id, 'desk', messages, { content: '{"desk":"front"}' }, { responseFormat });
  });
  const { tasks, unassigned } = findTasks(calls, []);
  assert.deepEqual([tasks.length, tasks[0]?.calls, tasks[0]?.sites.length, unassigned.length], [1, 50, 1, 0]);
  assert.equal(tasks[0]?.responseFormat, null);
  assert.match(distil(tasks[0]!, calls[7]!.request) ?? '', /desk: front\|desk 7/);
});

test('formats that differ in names and descriptions alone are the task’s format, and no input', () => {
  const formatOf = (id: number) => {
    const schema = { type: 'object', properties: { desk: { enum: ['a'], description: `Day ${id}` } } };
    return { type: 'json_schema', json_schema: { name: `desks_${id}`, schema } };
  };
  const calls = Array.from({ length: 40 }, (_, id) =>
    call(
      id,
      'desk',
      [system(`You send mail. ${shop}`), user(`About the ${nouns[id % 15]}`)],
      { content: '{"desk":"a"}' },
      {
        responseFormat: formatOf(id),
      },
    ),
  );
  const [task] = findTasks(calls, []).tasks;
  assert.deepEqual(task?.responseFormat, formatOf(39));
  assert.doesNotMatch(distil(task, calls[7]!.request) ?? '', /desk/);
});

test('a label task has labels without their spellings, the limits they fit, and biases that all its calls have', () => {
  const said = ['late', 'late', 'Late.', '', '<think>so</think>lost', 'lost', 'lost'];
  const calls = (params: (id: number) => CallRequest['params']) =>
    Array.from({ length: 70 }, (_, id) =>
      call(
        id,
        'sort',
        [system(`You sort mail. ${shop} Answer with one label.`), user(`The ${nouns[id % 15]} ${id}`)],
        { content: said[id % 7]! },
        { params: params(id) },
      ),
    );
  const logit_bias = { '5': 10 };
  const [same] = findTasks(
    calls((id) => ({ logit_bias, ...(id % 2 === 0 ? { max_tokens: 1 + (id % 7) } : {}) })),
    [],
  ).tasks;
  assert.equal(same?.kind, 'label');
  assert.deepEqual(same?.labels, ['late', 'lost', '']);
  assert.deepEqual(same?.labelLimits, [1, 5, 4]);
  assert.deepEqual(same?.logitBias, logit_bias);
  const [mixed] = findTasks(
    calls((id) => (id === 69 ? {} : { logit_bias })),
    [],
  ).tasks;
  assert.deepEqual(mixed?.labelLimits, [null, null, null]);
  assert.ok(mixed && !('logitBias' in mixed));
});

const DAY_MS = 86_400_000;

/** Fifty calls of one day whose prompt is made by `prompt`, with the time of the call. */
const ofDay = (
  start: number,
  prompt: (at: number) => string,
  extra: (at: number) => Partial<CallRequest> = () => ({}),
) =>
  Array.from({ length: 50 }, (_, i) => {
    const at = start + i * 60_000;
    const made = call(
      i,
      'dated',
      [system(prompt(at)), user(`Mail ${i} about ${nouns[i % 15]}`)],
      { content: i % 2 ? 'a' : 'b' },
      extra(at),
    );
    return { ...made, at };
  });

test('the calls of the next day are recognised, however the prompt says the day', () => {
  const start = Date.UTC(2026, 10, 23, 9);
  const en = new Intl.DateTimeFormat('en-US', { dateStyle: 'full', timeZone: 'UTC' });
  const forms: readonly ((at: number) => string)[] = [
    (at) =>
      `You sort the mail of a shop for garden tools. ${new Date(at).toDateString()}. Answer with one letter, a or b.`,
    (at) =>
      `You sort the mail of a shop. Today is the ${new Date(at).getUTCDate()}rd of November. Answer with one letter, a or b.`,
    (at) =>
      `Heute ist der ${new Date(at).getUTCDate()}.11.2026. Du sortierst die Post eines Ladens. Antworte mit a oder b.`,
    (at) =>
      `You sort the mail of a shop for garden tools (${en.format(at)}). Answer with one letter, a or b.`,
    (at) =>
      `[${new Date(at).toISOString()}] You sort the mail of a shop for garden tools. Answer with one letter, a or b.`,
  ];
  for (const form of forms) {
    const { tasks } = findTasks(ofDay(start, form), []);
    assert.equal(tasks.length, 1);
    const next = ofDay(start + DAY_MS, form);
    const taken = next.filter(({ request }) => assign(tasks, request) && isFamiliar(tasks[0]!, request));
    assert.equal(taken.length, 50, form(start));
  }
});

test('a tool description with the minute in it is one version of the tools', () => {
  const tools = (at: number) => ({
    tools: [{ ...tool('find'), description: `Finds orders. Now: ${new Date(at).toISOString()}` }],
  });
  const { tasks } = findTasks(
    ofDay(Date.UTC(2026, 10, 23), () => 'You sort the mail of a shop for tools.', tools),
    [],
  );
  assert.equal(tasks[0]?.tools.length, 1);
});

test('a prompt that was edited within a slot follows the template, and is not familiar', () => {
  const prompt = (today: string) =>
    `You sort the mail of a shop. Today is ${today}. Answer with one letter, a or b.`;
  const start = Date.UTC(2026, 10, 23);
  const { tasks } = findTasks(
    ofDay(start, (at) => prompt(new Date(at).toDateString())),
    [],
  );
  const [task] = tasks;
  const request = (today: string) => call(1, 'x', [system(prompt(today)), user('Mail')], {}).request;
  const asked = (today: string) => ({
    task: assign(tasks, request(today))?.id,
    isFamiliar: isFamiliar(task!, request(today)),
  });
  assert.deepEqual(asked('Tue Nov 24 2026'), { task: task!.id, isFamiliar: true });
  for (const edited of [
    'Tue Nov 24 2026. Answer in Spanish, use the label queja',
    'a good day',
    'Tue Nov 24 2026\nBe terse',
  ])
    assert.deepEqual(asked(edited), { task: task!.id, isFamiliar: false }, edited);
  const long = call(1, 'x', [system(prompt('Tue Nov 24 2026')), user('Mail '.repeat(400))], {}).request;
  assert.equal(isFamiliar(task!, long), false);
});
