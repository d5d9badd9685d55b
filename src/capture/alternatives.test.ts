/** What is kept of the other answers that an LLM considered: nothing that redaction would have taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleCall, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder } from '../../test/support/data-folder.ts';
import type { Call, Message } from '../core/call.ts';
import { createSealer } from './sealer.ts';
import { dayOf } from './vault.ts';

const { vault, redact, stage } = openDataFolder(temporaryFolder());
await vault.prepare(dayOf(exampleCall(1).at));

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

const newSealer = () => createSealer({ sealing: vault, redact });

/** The response as it is stored, after both stages, opened. */
async function kept(call: Call, sealer = newSealer()): Promise<NonNullable<Call['response']>> {
  const sealed = sealer.prepare(call).seal();
  const refined = await stage.refine([sealed.call], new Map(sealed.parts.map((part) => [part.id, part])));
  const id = refined.calls[0]?.responsePart;
  const ring = await vault.ring(refined.parts.map(({ day }) => day));
  return JSON.parse(ring.open(refined.parts.find((part) => part.id === id)!)!);
}

const startsOf = async (call: Call): Promise<readonly string[]> =>
  ((await kept(call)).alternatives ?? []).map(({ start }) => start);

const mail: Message = {
  role: 'user',
  content:
    'Where is my money? Call +49 30 901820, or write to anna.schmidt@web.de.\n\nBest regards,\nAnna Schmidt',
};

test('labels are kept, with their probabilities', async () => {
  const call = callWith('delivery', ['refund', 'can'], [mail]);
  assert.deepEqual((await kept(call)).alternatives, call.response?.alternatives);
});

test('a start that says, or begins to say, what is redacted is not kept', async () => {
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
  assert.deepEqual(await startsOf(callWith('delivery', [...telling, 'refund'], [mail])), ['refund']);
});

test('what stands in the tools counts as well', async () => {
  const call = callWith('delivery', ['thomas', 'refund']);
  const [tool] = call.request.tools;
  const tools = [{ ...tool!, description: 'Asks thomas.berger@web.de.' }];
  assert.deepEqual(await startsOf({ ...call, request: { ...call.request, tools } }), ['refund']);
});

test('an answer that is redacted keeps none', async () => {
  assert.deepEqual(await startsOf(callWith('anna.schmidt@web.de', ['refund'], [mail])), []);
});

test('what is safe beside one request need not be beside another', async () => {
  const sealer = newSealer();
  const starts = async (messages: readonly Message[]) =>
    (await kept(callWith('delivery', ['anna', 'refund'], messages), sealer)).alternatives?.length;
  assert.equal(await starts([]), 2);
  assert.equal(await starts([mail]), 1);
  assert.equal(await starts([]), 2);
});

test('a response without, or with none that may be kept, is the part that it always was', async () => {
  const sealer = newSealer();
  const partOf = async (starts: readonly string[]) => {
    const sealed = sealer.prepare(callWith('delivery', starts, [mail])).seal();
    const parts = new Map(sealed.parts.map((part) => [part.id, part]));
    return (await stage.refine([sealed.call], parts)).calls[0]?.responsePart;
  };
  assert.equal(await partOf(['anna']), await partOf([]));
  assert.notEqual(await partOf(['refund']), await partOf([]));
  assert.deepEqual(await kept(callWith('delivery', [])), exampleCall(1).response);
});
