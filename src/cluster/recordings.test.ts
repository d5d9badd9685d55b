/** The tasks of real recordings, each alone and all mixed; skipped where the recordings are not available. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Call, Message, Tool } from '../core/call.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { Task } from '../core/task.ts';
import { adjustedRandIndex } from './ari.ts';
import { type Found, findTasks } from './tasks.ts';

const data = join(import.meta.dirname, '../../../shared/data');
const skip = existsSync(data) ? false : `the recordings are not at ${data}`;
const text = (path: string) => readFileSync(join(data, path), 'utf8');
const str = (value: Json | undefined) => (typeof value === 'string' ? value : '');
const list = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

function call(
  source: string,
  id: string,
  at: number,
  messages: readonly Message[],
  message: Message,
  tools: readonly Tool[] = [],
): Call {
  return {
    id: `${source}-${id}`,
    at,
    sessionId: `${source}-${id.split('.')[0]}`,
    origin: '',
    tags: { source },
    request: { model: 'm', messages, tools, stream: false, params: {} },
    response: { model: 'm', message, finishReason: 'stop', usage: null },
    status: 200,
    latencyMs: 1,
    served: { by: 'llm', reason: 'no-specialist' },
  };
}

function messageOf(raw: JsonObject): Message {
  const toolCalls = list(raw.tool_calls).map((each) => {
    const made = isObject(each.function) ? each.function : {};
    return { id: str(each.id), name: str(made.name), arguments: str(made.arguments) };
  });
  return {
    role: raw.role as Message['role'],
    content: str(raw.content),
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
    ...(raw.tool_call_id ? { toolCallId: str(raw.tool_call_id) } : {}),
  };
}

/** Each assistant message of each trajectory is a call. The recording does not hold the tools' schemas. */
function airline(): Call[] {
  const runs = list(JSON.parse(text('tau-airline/gpt-4o-airline.json')));
  const all = runs.map((run) => list(run.traj).map(messageOf));
  const names = new Set(all.flat().flatMap((message) => message.toolCalls?.map((each) => each.name) ?? []));
  const tools = [...names].sort().map((name) => ({ name, description: '', parameters: {} }));
  return all.flatMap((messages, i) =>
    messages.flatMap((message, k) =>
      message.role === 'assistant'
        ? [call('airline', `${i}.${k}`, i * 1000 + k, messages.slice(0, k), message, tools)]
        : [],
    ),
  );
}

function metagpt(): Call[] {
  const pairs = Object.entries<Json>(JSON.parse(text('metagpt/rsp_cache.json')));
  return pairs.map(([prompt, answer], i) => {
    const parts = prompt.split('#SYSTEM_MSG_END#');
    const user: Message = { role: 'user', content: parts.pop() ?? '' };
    const system = parts.map((content): Message => ({ role: 'system', content }));
    return call('metagpt', `${i}`, 1e6 + i, [...system, user], { role: 'assistant', content: str(answer) });
  });
}

const bankPrompt = 'You route the messages of a bank’s customers. Answer with the intent and nothing else.';

function banking(): Call[] {
  const rows = [
    ...text('banking77/train.csv').matchAll(/^(?:"((?:[^"]|"")*)"|([^",\n]*)),([^,"\n\r]+)\r?$/gm),
  ];
  return rows.slice(1).map(([, quoted, plain, label], i) => {
    const user: Message = { role: 'user', content: quoted?.replaceAll('""', '"') ?? plain ?? '' };
    const system: Message = { role: 'system', content: bankPrompt };
    return call('banking', `${i}`, 2e6 + i, [system, user], { role: 'assistant', content: label ?? '' });
  });
}

/** Each question with its own function; the answers are stood in for by a call of the first. */
function functions(): Call[] {
  const folder = 'bfcl-v1/questions';
  const files = readdirSync(join(data, folder)).filter((name) =>
    /test_(simple|multiple|parallel)/.test(name),
  );
  return files.flatMap((file) =>
    text(`${folder}/${file}`)
      .split('\n')
      .filter((line) => line !== '')
      .map((line, i) => {
        const row: JsonObject = JSON.parse(line);
        const tools = (isObject(row.function) ? [row.function] : list(row.function)).map((each) => ({
          name: str(each.name),
          description: str(each.description),
          parameters: each.parameters ?? {},
        }));
        const toolCalls = [{ id: 'c', name: tools[0]?.name ?? '', arguments: '{}' }];
        const answer: Message = { role: 'assistant', content: '', toolCalls };
        return call(
          'functions',
          `${file}${i}`,
          3e6 + i,
          [{ role: 'user', content: str(row.question) }],
          answer,
          tools,
        );
      }),
  );
}

const taskOf = (found: Found, each: Call): Task | undefined =>
  found.tasks.find((task) => task.id === found.assignment.get(each.id));

test('the airline agent: turns that call the same tools are one task', { skip }, () => {
  const calls = airline();
  const found = findTasks(calls, []);
  const large = calls.filter((each) => found.assignment.has(each.id));
  assert.ok(large.length > 0.98 * calls.length);
  const [most] = found.tasks.toSorted((a, b) => b.calls - a.calls);
  assert.ok(most!.calls > 0.9 * calls.length, `${found.tasks.map((task) => task.calls)}`);
  assert.equal(most!.kind, 'mixed');
  assert.ok(found.tasks.every((task) => task.tools.length === 14 && task.name.startsWith('airline')));
});

test('Banking77: one label task with 77 labels', { skip }, () => {
  const calls = banking();
  const { tasks, assignment } = findTasks(calls, []);
  assert.equal(calls.length, 10003);
  assert.equal(assignment.size, calls.length);
  assert.deepEqual(
    tasks.map((task) => [task.kind, task.labels.length]),
    [['label', 77]],
  );
});

test('function-calling questions, each with its own function: one pool', { skip }, () => {
  const calls = functions();
  const { tasks, assignment } = findTasks(calls, []);
  assert.equal(assignment.size, calls.length);
  assert.deepEqual(
    tasks.map((task) => [task.kind, task.tools.length]),
    [['tool', 0]],
  );
});

test('MetaGPT’s roles are told apart by their user messages', { skip }, () => {
  const calls = metagpt();
  const found = findTasks(calls, [], { minCalls: 20 });
  for (const start of ['Evaluate if given numbers can reach 24', 'Do not refer to the context']) {
    const own = calls.filter((each) => each.request.messages.at(-1)!.content.startsWith(start));
    const sizes = [...Map.groupBy(own, (each) => taskOf(found, each)).values()].map((some) => some.length);
    assert.ok(Math.max(...sizes) >= 0.8 * own.length, start);
  }
  const tasks = new Set(found.tasks.map((task) => task.id));
  assert.ok(tasks.size >= 5, `${tasks.size} tasks`);
});

test('all four mixed and shuffled: adjusted Rand index ≥ .95, and the same tasks from the first half on', {
  skip,
}, () => {
  const parts = [airline(), metagpt(), banking(), functions()];
  const calls = parts.flatMap((part) => part.map((each, i) => ({ ...each, at: i / part.length })));
  const found = findTasks(calls, []);
  const truth = calls.map(({ tags }) => tags.source!);
  const ari = adjustedRandIndex(
    truth,
    calls.map((each) => found.assignment.get(each.id) ?? 'none'),
  );
  assert.ok(ari >= 0.95, `${ari}`);

  const half = findTasks(
    calls.filter((each) => each.at < 0.5),
    [],
  );
  const whole = findTasks(calls, half.tasks);
  for (const each of calls) {
    const before = half.assignment.get(each.id);
    if (before !== undefined && each.tags.source !== 'metagpt') {
      assert.equal(whole.assignment.get(each.id), before, each.id);
    }
  }
});
