/** Records to import, and a data folder that they are imported into. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importFiles } from '../../src/capture/importers/import.ts';
import { type ImportSink, journalSink } from '../../src/capture/importers/sink.ts';
import type { Call } from '../../src/core/call.ts';
import type { Json } from '../../src/core/json.ts';
import { temporaryFolder } from './calls.ts';
import { openDataFolder } from './data-folder.ts';

export const request = (text: string) => ({
  model: 'gpt-4o',
  messages: [
    { role: 'system', content: 'Sort the mail.' },
    { role: 'user', content: text },
  ],
  temperature: 0,
});
export const response = (text: string) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
});
export const toolTurn = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{"q": "x"}' } }],
};
export const conversation = {
  messages: [
    { role: 'user', content: 'Find x.' },
    toolTurn,
    { role: 'tool', tool_call_id: 'c1', content: 'x is here' },
    { role: 'assistant', content: 'Here it is.', weight: 0 },
    { role: 'user', content: 'Thanks' },
    { role: 'assistant', content: 'Welcome.', weight: 1 },
  ],
  tools: [
    { type: 'function', function: { name: 'find', description: 'Finds.', parameters: { type: 'object' } } },
  ],
  parallel_tool_calls: false,
};

export const NOW = Date.UTC(2026, 4, 1, 12);
export function setUp() {
  const dir = temporaryFolder();
  const folder = openDataFolder(dir);
  const { store, vault } = folder;
  const journal = join(dir, 'journal');
  /** Session names as they were read: the store has their pseudonyms. */
  const sessions = new Map<string, string>();
  const load = async (paths: readonly string[], options: object = {}) => {
    const sink = journalSink({ ...folder, dir: journal });
    const add: ImportSink['add'] = (calls) => {
      for (const call of calls) sessions.set(call.id, call.sessionId);
      return sink.add(calls);
    };
    try {
      return await importFiles(paths, { sink: { ...sink, add }, now: () => NOW, ...options });
    } finally {
      sink.close();
      await folder.drain(journal);
    }
  };
  const write = (name: string, records: readonly (Json | object)[]): string => {
    const path = join(dir, name);
    writeFileSync(
      path,
      records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record))).join('\n'),
    );
    return path;
  };
  const read = async (): Promise<Call[]> =>
    (await folder.calls()).map((call) => {
      const named = sessions.get(call.id) ?? '';
      assert.equal(call.sessionId, vault.pseudonym(`session ${named}`));
      return { ...call, sessionId: named };
    });
  return {
    dir,
    store,
    vault,
    folder,
    write,
    load: (...paths: string[]) => load(paths),
    loadWith: load,
    read,
  };
}

export const said = (call: Call): string =>
  `${call.request.messages.at(-1)?.content} → ${call.response?.message.content}`;
export const log = (n: number, more: object = {}) => ({
  request: request(`mail ${n}`),
  response: response(`label ${n}`),
  ...more,
});
