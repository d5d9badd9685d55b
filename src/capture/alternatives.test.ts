/** What is kept of the other answers that an LLM considered: nothing that redaction would have taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleCall, temporaryFolder } from '../../test/capture/calls.ts';
import type { Call, Message } from '../core/call.ts';
import type { WrappedKey } from '../core/store.ts';
import { createSealer } from './sealer.ts';
import { openVault } from './vault.ts';

const keys = new Map<string, WrappedKey>();
const vault = openVault({
  dataDir: temporaryFolder(),
  store: { key: (day) => keys.get(day) ?? null, addKey: (key) => keys.set(key.day, key) },
  env: { UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 5).toString('base64') },
});

const callWith = (content: string, starts: readonly string[], messages: readonly Message[] = []): Call => {
  const { request, response } = exampleCall(1);
  return exampleCall(1, {
    request: { ...request, messages: [...request.messages, ...messages] },
    response: {
      ...response!,
      message: { role: 'assistant', content },
      ...(starts.length > 0 ? { alternatives: starts.map((start) => ({ start, probability: 0.1 })) } : {}),
    },
  });
};

/** The sealed response, opened. */
function kept(call: Call, sealer = createSealer(vault)): NonNullable<Call['response']> {
  const { call: stored, parts } = sealer.seal(call);
  return JSON.parse(vault.open(parts.find(({ id }) => id === stored.responsePart)!)!);
}

const startsOf = (call: Call): readonly string[] => (kept(call).alternatives ?? []).map(({ start }) => start);

const mail: Message = {
  role: 'user',
  content:
    'Where is my money? Call +49 30 901820, or write to anna.schmidt@web.de.\n\nBest regards,\nAnna Schmidt',
};

test('labels are kept, with their probabilities', () => {
  const call = callWith('delivery', ['refund', 'can'], [mail]);
  assert.deepEqual(kept(call).alternatives, call.response?.alternatives);
});

test('a start that says, or begins to say, what is redacted is not kept', () => {
  const telling = [
    'anna.schmidt@web.de',
    'anna.sch',
    'Anna',
    'It is from Anna Sch',
    'SCHMI',
    '+49 30 9018',
    'Dear Thomas Berger,',
    'sk-proj-Zq8vN2kLx7Wm4Rt9Yb3Hc6Jd1Fg5Ps0A',
  ];
  assert.deepEqual(startsOf(callWith('delivery', [...telling, 'refund'], [mail])), ['refund']);
});

test('what stands in the tools counts as well', () => {
  const call = callWith('delivery', ['thomas', 'refund']);
  const [tool] = call.request.tools;
  const tools = [{ ...tool!, description: 'Asks thomas.berger@web.de.' }];
  assert.deepEqual(startsOf({ ...call, request: { ...call.request, tools } }), ['refund']);
});

test('an answer that is redacted keeps none', () => {
  assert.deepEqual(startsOf(callWith('anna.schmidt@web.de', ['refund'], [mail])), []);
});

test('what is safe beside one request need not be beside another', () => {
  const sealer = createSealer(vault);
  const starts = (messages: readonly Message[]) =>
    kept(callWith('delivery', ['anna', 'refund'], messages), sealer).alternatives?.length;
  assert.equal(starts([]), 2);
  assert.equal(starts([mail]), 1);
  assert.equal(starts([]), 2);
});

test('a response without, or with none that may be kept, is the part that it always was', () => {
  const sealer = createSealer(vault);
  const partOf = (starts: readonly string[]) =>
    sealer.seal(callWith('delivery', starts, [mail])).call.responsePart;
  assert.equal(partOf(['anna']), partOf([]));
  assert.notEqual(partOf(['refund']), partOf([]));
  assert.deepEqual(kept(callWith('delivery', [])), exampleCall(1).response);
});
