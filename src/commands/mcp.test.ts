import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { keptTerminal } from '../../test/support/terminal.ts';
import type { JsonObject } from '../core/json.ts';
import { mcpServer } from './mcp-protocol.ts';
import { buildProgram } from './program.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-mcp-'));
after(() => rmSync(dir, { recursive: true, force: true }));

/** What the command answers to these messages. */
async function answers(messages: readonly unknown[], ...options: string[]): Promise<JsonObject[]> {
  const input = new PassThrough();
  const { terminal, said } = keptTerminal(dir, { input });
  for (const message of messages)
    input.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  input.end();
  await buildProgram(terminal).parseAsync(['mcp', ...options], { from: 'user' });
  return said.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);
}

const ask = (id: number, method: string, params: object = {}) => ({ jsonrpc: '2.0', id, method, params });
const call = (id: number, name: string, args: object = {}) =>
  ask(id, 'tools/call', { name, arguments: args });
const resultOf = <T = JsonObject>(answer: JsonObject | undefined): T => {
  assert.ok(answer);
  return answer.result as T;
};
const namesIn = (answer: JsonObject | undefined): string[] =>
  resultOf<{ tools: { name: string; annotations: { readOnlyHint: boolean } }[] }>(answer).tools.map(
    ({ name, annotations }) => `${name} ${annotations.readOnlyHint}`,
  );

test('a client learns the version that both speak, and the tools, which only read', async () => {
  const [begun, other, listed] = await answers([
    ask(1, 'initialize', { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: {} }),
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    ask(2, 'initialize', { protocolVersion: '1999-01-01' }),
    ask(3, 'tools/list'),
  ]);
  const version = (answer: JsonObject | undefined) => resultOf(answer).protocolVersion;
  assert.deepEqual([version(begun), version(other)], ['2025-03-26', '2025-11-25']);
  assert.deepEqual(namesIn(listed), [
    'status true',
    'replaceable_tasks true',
    'explain_call true',
    'savings true',
  ]);
});

test('a tool gives what its command gives, and an error that says what to do', async () => {
  const [status, tasks, unknown, missing] = await answers([
    call(1, 'status'),
    call(2, 'replaceable_tasks'),
    call(3, 'explain_call', { call_id: 'call_none' }),
    call(4, 'explain_call', { call_id: '--help' }),
  ]);
  const result = (answer: JsonObject | undefined) =>
    resultOf<{ structuredContent: JsonObject; content: [{ text: string }]; isError?: boolean }>(answer);
  assert.equal(result(status).structuredContent.kind, 'status');
  assert.deepEqual(JSON.parse(result(status).content[0].text), result(status).structuredContent);
  assert.deepEqual(result(tasks).structuredContent, { tasks: [] });
  assert.deepEqual([result(unknown).isError, result(missing).isError], [true, true]);
  assert.match(result(unknown).content[0].text, /call_none/);
});

test('tools that change anything are there only where that was allowed', async () => {
  const stop = call(2, 'stop_task', { task: 'none', reason: 'a test' });
  const [refused] = await answers([stop]);
  assert.equal((refused?.error as JsonObject | undefined)?.code, -32_602);
  const [listed, tried] = await answers([ask(1, 'tools/list'), stop], '--allow-changes');
  assert.deepEqual(namesIn(listed).slice(4), [
    'stop_task false',
    'resume_task false',
    'approve_task false',
    'reject_task false',
  ]);
  assert.equal(resultOf(tried).isError, true);
});

test('what is no message, or asks for what there is not, is answered with the protocol’s error', async () => {
  const server = mcpServer({ version: '1', instructions: '' }, []);
  const code = async (line: string): Promise<unknown> => {
    const answer = await server(line);
    return answer === null ? null : JSON.parse(answer).error?.code;
  };
  assert.equal(await code('{'), -32_700);
  assert.equal(await code('[1]'), -32_600);
  assert.equal(await code(JSON.stringify(ask(1, 'constructor'))), -32_601);
  assert.equal(await code(JSON.stringify(call(1, 'constructor'))), -32_602);
  assert.equal(await code('{"jsonrpc":"2.0","method":"tools/list"}'), null);
});
