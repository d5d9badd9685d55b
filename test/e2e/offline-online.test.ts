/**
 * What is proved is what is served: for calls of many forms, the decision on the recorded call, which a candidate is
 * assessed by, is the decision on the call as it comes in. Recorded means redacted, sealed, journalled, drained and read
 * again; live means read through the live redaction by the router.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { signatureOf } from '../../src/callsite/signature.ts';
import { distil } from '../../src/callsite/variable-part.ts';
import { liveRedaction } from '../../src/capture/live-redaction.ts';
import { openRecorder } from '../../src/capture/recorder.ts';
import { redactEntities } from '../../src/capture/redact/redact.ts';
import type { Call, CallRequest, Tool } from '../../src/core/call.ts';
import type { EntityFinder } from '../../src/core/entity.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Specialist } from '../../src/core/specialist.ts';
import type { Task } from '../../src/core/task.ts';
import { offlineDecision } from '../../src/learn/offline-decision.ts';
import { createRouter } from '../../src/route/router.ts';
import { confidenceOf } from '../../src/stats/confidence.ts';
import { exampleCall, temporaryFolder } from '../support/calls.ts';
import { openDataFolder, REDACTION } from '../support/data-folder.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const codeSchema = (pattern: string): JsonObject => ({
  type: 'object',
  properties: { code: { type: 'string', pattern } },
  required: ['code'],
});
/** Schemas of each kind that agents send: newer drafts, patterns with and without `u`, and what cannot be checked. */
const SCHEMAS: readonly JsonObject[] = [
  {},
  {
    $schema: DRAFT,
    type: 'array',
    prefixItems: [{ type: 'integer' }, { $ref: '#/$defs/s' }],
    $defs: { s: { type: 'string' } },
  },
  { $schema: DRAFT, ...codeSchema('^[a-z]+$'), unevaluatedProperties: false },
  codeSchema('^[\\w\\-]+$'),
  codeSchema('^\\p{L}+$'),
  codeSchema('^(a+)+$'),
  { type: 'nonsense' },
];
const tool = (parameters: JsonObject): Tool => ({ name: 'look_up', description: '', parameters });
const TOOL_SETS: readonly (readonly Tool[])[] = [
  [
    tool({
      type: 'object',
      properties: { order: { type: 'string', pattern: '^[A-Z]\\-\\d+$' } },
      required: ['order'],
    }),
  ],
  [
    tool({
      $schema: DRAFT,
      type: 'object',
      properties: { order: { type: 'string' } },
      unevaluatedProperties: false,
    }),
  ],
  [tool({ type: 'nonsense' }), { name: 'other', description: '', parameters: {} }],
];
const BIAS = { '11': 50, '12': -1 };
const LABELS = ['late', 'broken', 'a label that is longer than a very narrow limit of length allows'];
const ECHO = 'the input';
const INVENTED = 'a name that nobody said';
const TEXT_ANSWERS = [ECHO, INVENTED, 'It is on its way.', 'STOP here', ''];
const TOOL_ANSWERS = [
  'look_up {"order":"A-17"}',
  'look_up {"order":"17"}',
  'look_up {"order":17}',
  'look_up {"order":"A-1","x":1}',
  'other {}',
  'look_up {"order":"A-1"}\nother {}',
  'I would call look_up.',
  '',
];
const ANSWERS: Readonly<Record<Task['kind'], readonly string[]>> = {
  label: [...LABELS, 'no label of the task', ''],
  text: TEXT_ANSWERS,
  mixed: [...TOOL_ANSWERS, ...TEXT_ANSWERS, '{"code":"ab"}'],
  json: ['{"code":"a-b"}', '{"code":"ab"}', '{"code":"é"}', '{"code":1}', '[1,"x"]', '["x",1]', 'none', ''],
  tool: TOOL_ANSWERS,
};
const TEXTS = [
  'Where is parcel 17?',
  'My name is Anna Schmidt, write to anna.schmidt@web.de.\n\nBest regards,\nAnna Schmidt',
  'Please call +49 171 1234567, my card is 4111 1111 1111 1111.',
  'My Kestrel kettle leaks. Tarnow of your shop told me to write.',
  'Kestrel kettle 17, order 90210: it leaks.',
];
/** A model that takes a word for a person in one text and not in another, as such models do. */
const FINDER: EntityFinder = {
  find: async (texts) =>
    texts.map((text) =>
      [...text.matchAll(/Kestrel|Tarnow/g)]
        .filter(() => text.startsWith('My'))
        .map(({ 0: { length }, index }) => ({ kind: 'person', start: index, end: index + length })),
    ),
  close: async () => {},
};

interface Case {
  readonly task: Task;
  readonly call: Call;
  readonly answer: string;
  readonly confidence: number;
}

const kinds = fc.constantFrom<Task['kind']>('label', 'text', 'json', 'tool', 'mixed');
const cases = kinds.chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    answer: fc.constantFrom(...ANSWERS[kind]),
    confidence: fc.constantFrom(0.3, 0.7, 0.9),
    text: fc.constantFrom(...TEXTS),
    isLearntUnderBias: fc.boolean(),
    /** The system prompt is longer than what stood in its slot when the task was learnt. */
    isUnfamiliar: fc.constantFrom(false, false, false, true),
    logit_bias: fc.constantFrom(null, null, BIAS, { ...BIAS, '13': 1 }),
    max_tokens: fc.constantFrom(null, null, 1, 1000),
    knownLimit: fc.constantFrom(null, 1),
    n: fc.constantFrom(null, null, null, 1, 2),
    logprobs: fc.constantFrom(null, null, null, true),
    stop: fc.constantFrom(null, null, 'STOP', ['x', 'y']),
    parallel_tool_calls: fc.constantFrom(null, true, false),
    toolChoice: fc.constantFrom(undefined, undefined, 'auto', 'none', 'required', {
      type: 'function',
      function: { name: 'look_up' },
    }),
    schema: fc.constantFrom(...SCHEMAS),
    tools: fc.constantFrom(...TOOL_SETS),
  }),
);

function caseOf(drawn: typeof cases extends fc.Arbitrary<infer T> ? T : never, i: number): Case {
  const { kind, schema, tools, toolChoice, logit_bias, max_tokens, n, logprobs, stop, parallel_tool_calls } =
    drawn;
  const params = { logit_bias, max_tokens, n, logprobs, stop, parallel_tool_calls };
  const request: CallRequest = {
    model: 'gpt-4o',
    messages: [
      { role: 'system', content: `You do the ${kind} work of a shop.` },
      { role: 'user', content: drawn.text },
    ],
    tools: kind === 'tool' || kind === 'mixed' ? tools : [],
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(kind === 'json'
      ? { responseFormat: { type: 'json_schema', json_schema: { name: 'answer', schema } } as JsonObject }
      : {}),
    stream: false,
    params: Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null)),
  };
  const { toolNames, formatHash, turn } = signatureOf(request);
  const free = { pieces: ['', ''] };
  const task: Task = {
    id: `task_${i}`,
    name: 'a task',
    kind,
    tools: [],
    responseFormat: null,
    calls: 0,
    sites: [
      {
        id: 'site_1',
        system: free,
        user: free,
        toolNames,
        formatHash,
        turn,
        shapes: {
          system: [{ chars: drawn.isUnfamiliar ? 3 : 100, lines: 1, volatile: false }],
          user: [{ chars: 100, lines: 3, volatile: false }],
        },
      },
    ],
    labels: kind === 'label' ? LABELS : [],
    labelLimits: LABELS.map(() => drawn.knownLimit),
    ...(drawn.isLearntUnderBias ? { logitBias: BIAS } : {}),
  };
  const { answer, confidence } = drawn;
  return { task, call: exampleCall(i, { request }), answer, confidence };
}

const THRESHOLD = 0.6;
const MODEL = { signals: ['p'], weights: [1], bias: 0 };

describe('the offline decision', () => {
  const { store, vault, context, ...folder } = openDataFolder(temporaryFolder(), { finder: FINDER });
  const drawn = fc.sample(cases, { numRuns: 2500, seed: 12 }).map(caseOf);
  /** As recorded, by id. */
  let recorded: ReadonlyMap<string, Call>;

  before(async () => {
    const dir = temporaryFolder();
    const recorder = await openRecorder({ dir, vault, redaction: REDACTION, log: assert.fail });
    for (const { call } of drawn) await recorder.record(call, 'key');
    await recorder.close();
    await folder.drain(dir);
    recorded = new Map((await folder.calls()).map((call) => [call.id, call]));
  });

  /** What a specialist says that reads this input; a name that nobody said has the look of a surrogate. */
  const answerTo = (input: string, answer: string): string => {
    if (answer === ECHO) return input;
    const name = 'Bertolt Hagedorn';
    const entity = { kind: 'person' as const, start: 0, end: name.length };
    return answer === INVENTED ? `I told ${redactEntities(name, [entity], [], context)}.` : answer;
  };

  it('is the online decision, with the same reason', async () => {
    const vocabulary = await store.vocabulary();
    const seen = new Map<string, number>();
    for (const { task, call, answer, confidence } of drawn) {
      let input: string | null = null;
      const artefact = { rung: 'lexical', base: null, path: '', sha256: '', trainedMs: 0, figures: {} };
      const specialist = {
        id: 'spec_1',
        taskId: task.id,
        artefact,
        confidence: MODEL,
        evidence: { gate: {} },
      } as unknown as Specialist;
      const deployment = { id: 'dep_1', taskId: task.id, specialistId: 'spec_1', stage: 'live' as const };
      const router = createRouter(
        {
          tasks: [task],
          deployments: [{ ...deployment, threshold: THRESHOLD, history: [] }],
          specialists: [specialist],
        },
        {
          runtimes: [
            {
              rungs: ['lexical'],
              predict: async (_, text) => {
                input = text;
                return { answer: answerTo(text, answer), signals: { p: confidence }, ms: 0 };
              },
              close: async () => {},
            },
          ],
          canaryShare: 1,
          auditProbability: () => 0,
          timeoutMs: 10_000,
          maxInFlight: 1,
          now: () => 0,
          redact: liveRedaction({
            sealing: vault,
            context,
            vocabulary: () => vocabulary,
            find: FINDER.find,
            readElsewhere: null,
          }),
          assign: () => task,
          right: () => true,
          onAudit: () => {},
        },
      );
      const incoming = { id: call.id, request: call.request, llmAskedFor: false };
      const { served } = await router.route(incoming, new AbortController().signal);

      const stored = recorded.get(call.id) ?? assert.fail('not recorded');
      const read = distil(task, stored.request) ?? '';
      const refused = offlineDecision(task, new Map([[call.id, stored.request]]))(
        { callId: call.id, at: call.at },
        answerTo(read, answer),
      );
      const isSure = confidenceOf(MODEL, { p: confidence }) >= THRESHOLD;
      const offline = refused ?? (isSure ? 'confident' : 'low-confidence');
      assert.equal(offline, served.reason, `${task.kind} '${answer}' ${JSON.stringify(call.request)}`);
      if (input !== null) assert.equal(read, input);
      const kind = `${task.kind} ${offline}`;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
    // Each outcome was met for each kind of answer: the calls test something.
    for (const kind of ['label', 'text', 'json', 'tool', 'mixed'])
      for (const reason of ['confident', 'low-confidence', 'invalid-output', 'policy', 'unfamiliar-input'])
        assert.ok((seen.get(`${kind} ${reason}`) ?? 0) > 0, `${kind} ${reason}`);
  });
});
