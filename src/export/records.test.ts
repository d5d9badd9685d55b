import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import { exampleCall, NOON, temporaryFolder } from '../../test/support/calls.ts';
import { conversation } from '../../test/support/imports.ts';
import { openaiFineTuning } from '../capture/importers/formats/openai-fine-tuning.ts';
import { sharegpt } from '../capture/importers/formats/sharegpt.ts';
import type { Importer } from '../capture/importers/importer.ts';
import { type OutputKind, targetOf } from '../core/answer.ts';
import type { CallRequest, Message } from '../core/call.ts';
import type { Json } from '../core/json.ts';
import { writeDataset } from './dataset-file.ts';
import { type ExportedExample, openaiRecord, sharegptRecord } from './records.ts';

const { request } = exampleCall(1);

function exported(kind: OutputKind, answer: string, over: Partial<CallRequest> = {}): ExportedExample {
  return {
    kind,
    split: 'train',
    request: { ...request, ...over },
    example: {
      id: 'e1',
      callId: 'call_1',
      sessionId: 's1',
      at: NOON,
      input: 'Where is parcel 1?',
      answer,
      weight: 2,
    },
  };
}

const used: Message = {
  role: 'assistant',
  content: '',
  toolCalls: [{ id: 'c1', name: 'look_up', arguments: '{"order":"7"}' }],
};
const turns: readonly Message[] = [
  ...request.messages,
  used,
  { role: 'tool', content: 'It is in Ulm.', toolCallId: 'c1' },
];
const twoTools = 'look_up {"order":"7"}\nlook_up {"order":"8"}';

/** The calls that our own importer reads from a record. */
function imported(importer: Importer, record: Json): readonly { request: CallRequest; last: Message }[] {
  assert.ok(importer.detect(record));
  const read = importer.begin().read(record, { path: 'f', line: 1, time: () => null });
  assert.ok('calls' in read, JSON.stringify(read));
  return read.calls.map((call) => ({ request: call.request, last: call.response!.message }));
}

for (const [name, importer, record] of [
  ['openai', openaiFineTuning, openaiRecord],
  ['sharegpt', sharegpt, sharegptRecord],
] as const) {
  test(`${name}: what is exported is imported as one call with the same messages, tools and answer`, () => {
    for (const [kind, answer, messages] of [
      ['label', 'delivery', request.messages],
      ['json', '{"city":"Ulm","n":2}', request.messages],
      ['tool', twoTools, request.messages],
      ['text', 'It is in Ulm.', turns],
    ] as const) {
      const calls = imported(importer, record(exported(kind, answer, { messages }), 'full'));
      // Earlier turns of the model have the weight 0, so that they are no calls of their own.
      assert.equal(calls.length, 1, kind);
      const [call] = calls;
      assert.deepEqual(
        call?.request.messages.map(({ role, content }) => [role, content]),
        messages.map(({ role, content }) => [role, content]),
      );
      assert.deepEqual(
        call?.request.tools.map(({ name: tool, parameters }) => [tool, parameters]),
        request.tools.map(({ name: tool, parameters }) => [tool, parameters]),
      );
      if (kind !== 'tool') assert.equal(call?.last.content, answer);
      else
        assert.deepEqual(
          call?.last.toolCalls?.map((use) => `${use.name} ${use.arguments}`),
          twoTools.split('\n'),
        );
    }
  });
}

test('distilled: a record is what the specialist sees and says', () => {
  assert.deepEqual(openaiRecord(exported('tool', twoTools), 'distilled'), {
    messages: [
      { role: 'user', content: 'Where is parcel 1?' },
      { role: 'assistant', content: twoTools },
    ],
  });
});

test('an answer that is empty is exported as an empty text, not as its sign', () => {
  const answer = targetOf({ kind: 'text', text: '' });
  const { messages } = openaiRecord(exported('text', answer), 'full') as { messages: { content: string }[] };
  assert.equal(messages.at(-1)?.content, '');
});

test('Parquet: the rows are read back by another reader as they were', async () => {
  const path = join(temporaryFolder(), 'rows.parquet');
  await writeDataset(path, [exported('label', 'delivery'), exported('tool', twoTools, { messages: turns })], {
    format: 'parquet',
    prompt: 'full',
  });
  const bytes = new Uint8Array(readFileSync(path));
  const rows = await parquetReadObjects({ file: bytes.buffer });
  assert.equal(rows.length, 2);
  const { at, messages, weight, ...first } = rows[0] as Record<string, unknown>;
  assert.deepEqual(first, {
    id: 'e1',
    call_id: 'call_1',
    session_id: 's1',
    split: 'train',
    input: 'Where is parcel 1?',
    answer: 'delivery',
    tools: JSON.stringify(openaiRecord(exported('label', 'x'), 'full').tools),
  });
  assert.deepEqual([weight, (at as Date).getTime()], [2, NOON]);
  assert.equal((JSON.parse(String(messages)) as unknown[]).length, request.messages.length + 1);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a conversation of the tests’ own is exported as it was imported', () => {
  const [first, last] = imported(openaiFineTuning, conversation as unknown as Json);
  assert.ok(first && last);
  const again = openaiRecord(exported('text', last.last.content, { ...last.request }), 'full');
  assert.deepEqual(imported(openaiFineTuning, again)[0]?.request.messages, last.request.messages);
});

test('a file that cannot be written leaves nothing behind', async () => {
  const path = join(temporaryFolder(), 'none', 'rows.jsonl');
  await assert.rejects(writeDataset(path, [exported('label', 'x')], { format: 'openai', prompt: 'full' }), {
    code: 'unavailable',
  });
});
