import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AUDITED, type Call, type Message, recordedWith, UNTIMED } from '../core/call.ts';
import { type Dataset, SPLITS } from '../core/dataset.ts';
import type { JsonObject } from '../core/json.ts';
import type { Task } from '../core/task.ts';
import { buildDataset } from './dataset.ts';
import { neighbours, resemblance, shingles } from './similar.ts';
import { defaultShares, splitSessions } from './splits.ts';
import { usableCalls } from './usable.ts';

const task: Task = {
  id: 'task_1',
  name: 'sort',
  sites: [
    {
      id: 'site_1',
      system: { pieces: ['Sort the mail.'] },
      user: { pieces: ['', ''] },
      toolNames: [],
      formatHash: '',
      turn: 'user',
    },
  ],
  kind: 'label',
  labels: ['a', 'b'],
  tools: [],
  responseFormat: null,
  calls: 0,
};

const call = (id: number, session: number, text: string, answer: string): Call => ({
  id: `call_${id}`,
  at: 1000 + id,
  sessionId: `s${session}`,
  origin: '',
  tags: {},
  request: {
    model: 'm',
    messages: [
      { role: 'system', content: 'Sort the mail.' },
      { role: 'user', content: text },
    ],
    tools: [],
    stream: false,
    params: {},
  },
  response: {
    model: 'm',
    message: { role: 'assistant', content: `${answer} ` },
    finishReason: 'stop',
    usage: null,
  },
  status: 200,
  latencyMs: 1,
  served: { by: 'llm', reason: 'no-specialist' },
});

const words = 'spade rake hose fork seed pot lamp glove bucket ladder saw twine boot shed barrow'.split(' ');
/** Many repeats and many texts with one word of forty changed, over few sessions. */
const calls = fc
  .array(fc.tuple(fc.nat(12), fc.nat(5), fc.option(fc.nat(39)), fc.constantFrom('a', 'b')), { maxLength: 60 })
  .map((rows) =>
    rows.map(([session, base, changed, answer], id) => {
      const text = Array.from({ length: 40 }, (_, i) => words[(i * (base + 2) + base + (i >> 2)) % 15]!);
      if (changed !== null) text[changed] = 'other';
      return call(id, session, text.join(' '), answer);
    }),
  );
const all = (dataset: Dataset) =>
  SPLITS.flatMap((split) => dataset.splits[split].map((example) => ({ split, example })));
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, n) => total + n, 0);

test('no session on two sides; held back, each call stands for itself; the same each time', () => {
  fc.assert(
    fc.property(calls, fc.constantFrom('time' as const, 'shuffle-sessions' as const), (given, order) => {
      const dataset = buildDataset(task, given, { seed: 3, order });
      const examples = all(dataset);
      const sides = new Map<string, string>();
      for (const { split, example } of examples) {
        assert.equal(sides.get(example.sessionId) ?? split, split);
        sides.set(example.sessionId, split);
      }
      const train = dataset.splits.train.map(({ input }) => input);
      assert.equal(new Set(train).size, train.length);
      const counted =
        sum(examples.map(({ example }) => example.weight)) + sum(Object.values(dataset.dropped));
      assert.equal(counted, given.length);
      assert.ok(examples.every(({ split, example }) => split === 'train' || example.weight === 1));
      assert.deepEqual(buildDataset(task, given.toReversed(), { seed: 3, order }), dataset);
    }),
    { numRuns: 60 },
  );
});

test('a held-back call is left out for nothing that it resembles, and is marked where its input was learnt from', () => {
  fc.assert(
    fc.property(calls, (given) => {
      const { splits, dropped } = buildDataset(task, given, { seed: 3 });
      assert.deepEqual(dropped, {});
      const inputOf = new Map(given.map(({ id, request }) => [id, request.messages[1]!.content]));
      const trained = new Set(given.map(({ id }) => id));
      for (const name of SPLITS.slice(1)) for (const { callId } of splits[name]) trained.delete(callId);
      const learnt = new Set([...trained].map((id) => inputOf.get(id)!));
      for (const name of ['validation', 'calibration', 'exam'] as const) {
        for (const { input, seen } of splits[name]) assert.equal(seen ?? false, learnt.has(input));
        if (name === 'validation') for (const { input } of splits[name]) learnt.add(input);
      }
    }),
    { numRuns: 60 },
  );
});

test('in time, the exam is later than the training', () => {
  fc.assert(
    fc.property(calls, (given) => {
      const { splits } = buildDataset(task, given, { seed: 1 });
      const start = new Map<string, number>();
      for (const each of given)
        start.set(each.sessionId, Math.min(start.get(each.sessionId) ?? 1e9, each.at));
      const starts = (name: (typeof SPLITS)[number]) =>
        splits[name].map((each) => start.get(each.sessionId)!);
      assert.ok(Math.max(0, ...starts('train')) < Math.min(1e9, ...starts('exam')));
      assert.ok(Math.max(0, ...starts('validation')) < Math.min(1e9, ...starts('calibration')));
    }),
  );
});

test('repeats become weight with the most frequent answer; the id follows the content', () => {
  const given = [
    call(1, 1, 'where is my order', 'a'),
    call(2, 1, 'where is my order', 'b'),
    call(3, 1, 'where is my order', 'b'),
    call(4, 1, 'cancel it', 'a'),
  ];
  const dataset = buildDataset(task, given, { seed: 1 });
  const [order] = dataset.splits.train;
  assert.equal(order?.weight, 3);
  assert.equal(order?.answer, 'b');
  assert.equal(dataset.splits.train.length, 2);
  const changed = buildDataset(task, given.with(3, call(4, 1, 'cancel it', 'b')), { seed: 1 });
  assert.notEqual(changed.id, dataset.id);
});

test('a repeat of a training text is measured as seen, and calls of another task are left out', () => {
  const given = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => call(i, i, i === 8 ? 'text 1' : `text ${i}`, 'a'));
  const foreign = call(9, 9, 'x', 'a');
  const other = { ...foreign, request: { ...foreign.request, messages: [foreign.request.messages[1]!] } };
  const dataset = buildDataset(task, [...given, other], { seed: 1 });
  assert.deepEqual(dataset.dropped, { unfamiliar: 1 });
  assert.deepEqual(
    dataset.splits.exam.map(({ callId, seen }) => [callId, seen]),
    [['call_8', true]],
  );
});

test('how often the LLM contradicts itself is counted over inputs that came more than once', () => {
  const said = ['a', 'b', 'a', 'a', 'b', 'b', 'a'];
  const given = said.map((answer, i) => call(i, i, ['x', 'x', 'x', 'x', 'y', 'y', 'z'][i]!, answer));
  assert.deepEqual(buildDataset(task, given, { seed: 1 }).contradictions, { repeated: 6, differing: 1 });
});

/** The LLM's answer to a served call, which was asked for with this probability. */
const audited = (one: Call, probability: number): Call => ({
  ...one,
  tags: { [AUDITED]: String(probability) },
  served: { by: 'llm', reason: 'audit' },
});

test('calls that an audit saw one in twenty of make up as much of what is held back as of the traffic', () => {
  // Of 20,000 calls 14,000 are served, of which 700 are on record; the text tells which kind a call is of.
  const given = Array.from({ length: 6_700 }, (_, i) => {
    const one = call(i, i, i % 67 < 7 ? `served ${i}` : `handed on ${i}`, 'a');
    return i % 67 < 7 ? audited(one, 0.05) : one;
  });
  const { splits, dropped } = buildDataset(task, given, { seed: 1 });
  const heldBack = SPLITS.slice(1).flatMap((name) => splits[name]);
  const served = heldBack.filter(({ input }) => input.startsWith('served')).length;
  // 70 % of the traffic; at this size within four standard errors.
  assert.ok(Math.abs(served / heldBack.length - 0.7) < 4 * Math.sqrt(0.21 / heldBack.length));
  assert.ok(heldBack.length > 400, String(heldBack.length));
  const counted = sum(SPLITS.flatMap((name) => splits[name].map(({ weight }) => weight)));
  assert.equal(counted + sum(Object.values(dropped)), given.length);
  assert.deepEqual(Object.keys(dropped), ['thinned']);
});

test('the calls of a session in train are counted as they came, repeats included', () => {
  const calls: Call[] = [];
  const add = (session: number, text: string): void => {
    calls.push(call(calls.length, session, text, 'a'));
  };
  for (let session = 0; session < 40; session++)
    for (let i = 0; i < (session % 2 === 0 ? 8 : 1); i++)
      add(session, `the same again in ${'x'.repeat(session)}`);
  const { splits, trainSessions } = buildDataset(task, calls, { seed: 1 });
  assert.ok(splits.train.length < 40);
  const held = new Set([...splits.validation, ...splits.calibration, ...splits.exam].map((e) => e.sessionId));
  const expected = [...Map.groupBy(calls, ({ sessionId }) => sessionId)]
    .filter(([id]) => !held.has(id))
    .map(([, { length }]) => length);
  assert.deepEqual(trainSessions, expected);
});

test('an audit that is learnt from thins no call that is held back', () => {
  const calls = Array.from({ length: 400 }, (_, i) => call(i, i, `number ${i} of ${words[i % 15]}`, 'a'));
  const plain = buildDataset(task, calls, { seed: 1 });
  const { splits, dropped } = buildDataset(task, [audited(calls[0]!, 0.001), ...calls.slice(1)], { seed: 1 });
  assert.equal(dropped.thinned, undefined);
  assert.equal(splits.calibration.length, plain.splits.calibration.length);
});

test('a tag that an agent sends does not make its call an audit', () => {
  const forged = { ...call(1, 1, 'x', 'a'), tags: { [AUDITED]: '0.0001' } };
  assert.equal(recordedWith(forged), 1);
  for (const probability of [0, -1, 2, Number.NaN])
    assert.equal(recordedWith(audited(forged, probability)), 1);
});

/** The call, with log-probabilities that tell of other answers. */
const told = (one: Call, ...alternatives: readonly [string, number][]): Call => ({
  ...one,
  response: {
    ...one.response!,
    alternatives: alternatives.map(([start, probability]) => ({ start, probability })),
  },
});

test('labels to train on get soft targets among the labels of training, and nothing else does', () => {
  // In time: the first half trains, and only the exam knows the label c.
  const texts = 'rake hose fork seed pot lamp glove saw'.split(' ');
  const plain = texts.map((text, i) => call(i, i, text, i === 7 ? 'c' : i % 2 === 0 ? 'a' : 'b'));
  const given = plain.map((one) => told(one, ['b', 0.2], ['a', 0.1], ['c', 0.3]));
  const shares = { train: 0.5, validation: 0.125, calibration: 0.25, exam: 0.125 };
  const { splits } = buildDataset(task, given, { seed: 1, shares });
  assert.deepEqual(
    splits.train.map(({ answer, soft }) => [answer, soft]),
    [0, 1, 2, 3].map((i) =>
      i % 2 === 0 ? ['a', [{ answer: 'b', probability: 0.2 }]] : ['b', [{ answer: 'a', probability: 0.1 }]],
    ),
  );
  for (const split of ['validation', 'calibration', 'exam'] as const)
    for (const example of splits[split]) assert.ok(!('soft' in example));

  const hard = buildDataset(task, plain, { seed: 1, shares });
  assert.notEqual(buildDataset(task, given, { seed: 1, shares }).id, hard.id);
  // Texts have no labels to share a probability among.
  const text = { ...task, kind: 'text' as const };
  assert.deepEqual(
    buildDataset(text, given, { seed: 1, shares }),
    buildDataset(text, plain, { seed: 1, shares }),
  );
  // Nor does a beginning that is nobody's change anything.
  const vain = plain.map((one) => told(one, ['x', 0.5]));
  assert.deepEqual(buildDataset(task, vain, { seed: 1, shares }), hard);
});

test('of collapsed calls the first with the kept answer and log-probabilities speaks', () => {
  const given = [
    told(call(1, 1, 'where is my order', 'a'), ['b', 0.4]),
    call(2, 1, 'where is my order', 'b'),
    told(call(3, 1, 'where is my order', 'b'), ['a', 0.3]),
    told(call(4, 1, 'where is my order', 'b'), ['a', 0.35]),
    call(5, 1, 'cancel it', 'a'),
  ];
  const [order, cancel] = buildDataset(task, given, { seed: 1 }).splits.train;
  assert.deepEqual(
    [order?.answer, order?.weight, order?.soft],
    ['b', 4, [{ answer: 'a', probability: 0.3 }]],
  );
  assert.ok(cancel && !('soft' in cancel));
});

/** The call with another response message, or other request params. */
const answered = (one: Call, message: Partial<Message>, params: JsonObject = {}): Call => ({
  ...one,
  request: { ...one.request, params },
  response: { ...one.response!, message: { role: 'assistant', content: '', ...message } },
});
const inFour = { train: 0.5, validation: 0.125, calibration: 0.25, exam: 0.125 };
const texts8 = 'rake hose fork seed pot lamp glove saw'.split(' ');

test('answers that are equal by schema or policy do not contradict each other', () => {
  const responseFormat: JsonObject = {
    type: 'json_schema',
    json_schema: { name: 'x', schema: { properties: { n: { type: 'number' }, note: { type: 'string' } } } },
  };
  const given = [
    '{"n":1,"note":"a"}',
    '{"note":"a","n":"1"}',
    '{"n":1.0,"note":"b"}',
    '{"n":2,"note":"a"}',
  ].map((content, i) => answered(call(i, i, 'one text', 'a'), { content }));
  const of = { ...task, kind: 'json', responseFormat } as const;
  assert.deepEqual(buildDataset(of, given, { seed: 1 }).contradictions, { repeated: 4, differing: 2 });
  const equality = { 'x.note': 'ignore' } as const;
  const lenient = buildDataset(of, given, { seed: 1, equality });
  assert.deepEqual(lenient.contradictions, { repeated: 4, differing: 1 });
  assert.equal(lenient.id, buildDataset(of, given, { seed: 1 }).id);
});

test('an answer that no specialist can give is not taught, and is held back for everyone to be wrong about', () => {
  const hard: readonly (readonly [Task['kind'], Partial<Message>, string])[] = [
    ['json', { content: '{"id":9007199254740993}' }, 'unsafe-number'],
    ['json', { content: '{"id":[{"x":-90071992547409931}]}' }, 'unsafe-number'],
    ['json', { content: '{"id":1e400}' }, 'unsafe-number'],
    ['json', { content: '{"share":0.12345678901234567891}' }, 'unsafe-number'],
    ['tool', { toolCalls: [{ id: 'c', name: 'f', arguments: '{"id":9007199254740993}' }] }, 'unsafe-number'],
    ['tool', { content: 'f {"id":1}' }, 'other-kind'],
    ['tool', { toolCalls: [{ id: 'c', name: 'f', arguments: '{"a":' }] }, 'broken-tool-call'],
    ['tool', { toolCalls: [{ id: 'c', name: '', arguments: '' }] }, 'broken-tool-call'],
    ['label', { toolCalls: [{ id: 'c', name: 'f', arguments: '' }] }, 'other-kind'],
  ];
  for (const [kind, message, reason] of hard) {
    const given = texts8.map((text, i) =>
      answered(call(i, i, text, 'a'), i % 2 === 0 ? message : { content: 'a' }),
    );
    const { splits, dropped } = buildDataset({ ...task, kind }, given, { seed: 1, shares: inFour });
    assert.deepEqual(dropped, { [reason]: 2 });
    assert.deepEqual(
      splits.train.map(({ answer }) => answer),
      ['a', 'a'],
    );
    const heldBack = SPLITS.slice(1).flatMap((name) => splits[name].map(({ answer }) => answer));
    assert.deepEqual(heldBack, ['', 'a', '', 'a']);
  }
});

test('which calls are held back does not depend on what was answered', () => {
  const message = fc.oneof(
    fc.record({
      content: fc.constantFrom(
        '',
        'a',
        'A.',
        '<think>x',
        '{"id":9007199254740993}',
        '{"a":',
        'b'.repeat(900),
      ),
    }),
    fc.record({
      toolCalls: fc.array(fc.record({ id: fc.string(), name: fc.string(), arguments: fc.string() }), {
        minLength: 1,
        maxLength: 2,
      }),
    }),
  );
  const kinds = fc.constantFrom<Task['kind']>('label', 'json', 'tool', 'text');
  fc.assert(
    fc.property(fc.array(message, { minLength: 8, maxLength: 8 }), kinds, (messages, kind) => {
      const given = usableCalls(texts8.map((text, i) => answered(call(i, i, text, 'a'), messages[i]!)));
      assert.deepEqual(given.dropped, {});
      const { splits } = buildDataset({ ...task, kind }, given.calls, { seed: 1, shares: inFour });
      const ids = SPLITS.slice(1).map((name) => splits[name].map(({ callId }) => callId));
      assert.deepEqual(ids, [['call_4'], ['call_5', 'call_6'], ['call_7']]);
      assert.ok(splits.train.every(({ answer }) => answer !== ''));
    }),
  );
});

test('nothing said and each spelling of a label are that label', () => {
  const said = ['', 'a', ' "A".', '**b**', '<think>so</think> a', 'B', ' ', 'b'];
  const given = texts8.map((text, i) => answered(call(i, i, text, 'a'), { content: said[i]! }));
  const learnt = { ...task, labels: ['a', 'b', ''] };
  const { splits } = buildDataset(learnt, given, { seed: 1, shares: inFour });
  assert.deepEqual(
    SPLITS.flatMap((name) => splits[name].map(({ answer }) => answer)),
    ['∅', 'a', 'a', 'b', 'a', 'b', '∅', 'b'],
  );
});

test('calls that no specialist would be asked about teach, and prove nothing', () => {
  const logit_bias = { 7: 1 };
  for (const [learnt, params, isAsked] of [
    [task, {}, true],
    [task, { logprobs: true }, false],
    [task, { n: 3 }, false],
    [task, { logit_bias }, false],
    [{ ...task, logitBias: logit_bias }, { logit_bias }, true],
    [{ ...task, logitBias: logit_bias }, {}, false],
  ] as readonly [Task, JsonObject, boolean][]) {
    const given = texts8.map((text, i) => answered(call(i, i, text, 'a'), { content: 'a' }, params));
    const { splits, dropped } = buildDataset(learnt, given, { seed: 1, shares: inFour });
    assert.equal(splits.train.length, 4);
    assert.equal(splits.calibration.length, isAsked ? 2 : 0, JSON.stringify(params));
    assert.deepEqual(dropped, isAsked ? {} : { policy: 4 });
  }
});

test('shares add up and hold enough back for the gate', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000 }), (n) => {
      const shares = defaultShares(n);
      assert.ok(Math.abs(sum(Object.values(shares)) - 1) < 1e-9);
      assert.ok(shares.train >= 0.35);
      if (n >= 1000) assert.ok(shares.calibration * n >= 399);
    }),
  );
});

test('sessions go whole into the splits, near to the shares, none of which stays empty', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 200 });
  fc.assert(
    fc.property(sizes, (given) => {
      const shares = defaultShares(sum(given));
      const names = splitSessions(given, shares);
      assert.equal(names.length, given.length);
      assert.deepEqual([...new Set(names)], [...SPLITS]);
      const train = sum(given.filter((_, i) => names[i] === 'train'));
      if (given.length >= 40) assert.ok(Math.abs(train / sum(given) - shares.train) < 0.1);
    }),
  );
});

test('the search for near-duplicates misses none', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 14 }).map((list) => list.join(' '));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 25 }), fc.constantFrom(0.5, 0.8, 0.9), (texts, bound) => {
      const index = neighbours(texts, bound);
      const sets = texts.map(shingles);
      for (const [i] of texts.entries()) {
        const expected = sets
          .slice(0, i)
          .flatMap((set, j) => (resemblance(set, sets[i]!) >= bound ? [j] : []));
        assert.deepEqual(index.near(i), expected);
        index.add(i);
      }
    }),
  );
});

test('in an epoch the gate and the exam get calls of after its change was found, and training what was before, too', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 700 }),
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 1, max: 5 }),
      (since, delay, perSession) => {
        const calls = Array.from({ length: 800 }, (_, i) =>
          call(i, Math.floor(i / perSession), `number ${i} of ${words[i % 15]}`, 'a'),
        );
        const at = (i: number): number => calls[Math.min(799, i)]!.at;
        const epoch = { since: at(since), found: at(since + delay), reason: 'for a test' };
        const dataset = buildDataset(task, calls, { seed: 1, epoch });
        const { train, validation, calibration, exam } = dataset.splits;
        assert.deepEqual(dataset.epoch, epoch);
        const begun = new Map<string, number>();
        for (const { sessionId, at: began } of calls)
          begun.set(sessionId, Math.min(began, begun.get(sessionId) ?? began));
        const isFrom = (time: number) => (each: { readonly sessionId: string }) =>
          begun.get(each.sessionId)! >= time;
        assert.ok(validation.every(isFrom(epoch.since)));
        assert.ok([...calibration, ...exam].every(isFrom(epoch.found)));
        const all = [...train, ...validation, ...calibration, ...exam];
        assert.equal(new Set(all.map(({ callId }) => callId)).size, all.length);
        // Three quarters of what came since it was found, or as much as of any task.
        const fresh = calls.filter(isFrom(epoch.found)).length;
        const own = calls.filter(isFrom(epoch.since)).length;
        assert.ok(
          calibration.length >= Math.min(0.38 * own, 0.7 * fresh) - 3 * perSession,
          `${calibration.length} of ${fresh}`,
        );
        // Another epoch is another dataset.
        assert.notEqual(buildDataset(task, calls, { seed: 1 }).splits.calibration, calibration);
      },
    ),
    { numRuns: 30 },
  );
});

test('in an epoch calls without a time are in no split, and the order is that of time, whatever is asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 60, maxLength: 120 }), fc.nat(119), (timed, since) => {
      const calls = timed.map((isTimed, i) => ({
        ...call(i, i, `number ${i} of ${words[i % 15]}`, 'a'),
        tags: isTimed ? {} : { [UNTIMED]: 'yes' },
      }));
      const at = calls[Math.min(since, calls.length - 1)]!.at;
      const epoch = { since: at, found: at, reason: 'for a test' };
      const known = calls.filter((_, i) => timed[i]);
      for (const order of ['time', 'shuffle-sessions'] as const) {
        const { splits, order: used, dropped } = buildDataset(task, calls, { seed: 1, epoch, order });
        assert.equal(used, 'time');
        assert.equal(dropped.untimed ?? 0, calls.length - known.length);
        assert.deepEqual(splits, buildDataset(task, known, { seed: 1, epoch }).splits);
      }
      // Before any change is known they teach and prove as others do.
      assert.equal(buildDataset(task, calls, { seed: 1 }).dropped.untimed, undefined);
    }),
    { numRuns: 20 },
  );
});

test('audits in one split thin no other one', () => {
  const calls = Array.from({ length: 400 }, (_, i) => call(i, i, `number ${i} of ${words[i % 15]}`, 'a'));
  const plain = buildDataset(task, calls, { seed: 1 });
  const last = plain.splits.exam.at(-1)!.callId;
  const { splits } = buildDataset(
    task,
    calls.map((one) => (one.id === last ? audited(one, 0.1) : one)),
    { seed: 1 },
  );
  assert.ok(splits.exam.length < plain.splits.exam.length);
  assert.ok(
    splits.calibration.length >= plain.splits.calibration.length - 40,
    `${splits.calibration.length}`,
  );
});
