/** The trainer of linear extractors on a made-up agent that books tables, greets, and says what nobody could foresee. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { proposalContract } from '../../../test/contracts/trainer.ts';
import { seededRandom } from '../../core/random.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import { taggerRuntime } from '../../runtime/tagger.ts';
import { taggerTrainer } from './trainer.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-tagger-'));
after(() => rmSync(dir, { recursive: true }));

const SYLLABLES = ['Ka', 'Lo', 'Mi', 'Ru', 'Sen', 'Tar', 'Vel', 'Zo'];
const HELLO = 'Hello! Where would you like to eat?';

/** Places are made up anew by the seed: what is learnt is where they stand. */
function turns(count: number, seed: number): TrainingJob['train'] {
  const random = seededRandom(seed);
  const name = (): string =>
    random.pick(SYLLABLES) + random.pick(SYLLABLES).toLowerCase() + random.pick(['ne', 'ra']);
  return Array.from({ length: count }, (_, i) => {
    const id = `${seed}-${i}`;
    const common = { id, callId: id, sessionId: id, at: i, weight: 1 };
    const which = i % 3;
    if (which === 0) return { ...common, input: `user: hi there, ${name()} here`, answer: HELLO };
    const [place, other] = [`${name()} ${name()}`, name()];
    const people = 2 + random.below(7);
    const day = 1 + random.below(28);
    const asked = `user: I am hungry, I was at ${other} before.\nassistant: Where, and when?\nuser: a table for ${people} at ${place} on March ${day}, please`;
    if (which === 1)
      return {
        ...common,
        input: `${asked}\nassistant: Anything else?\nuser: tell me a story`,
        answer: `Once upon a time in ${name()} ${i}`,
      };
    const date = `2026-03-${String(day).padStart(2, '0')}`;
    return {
      ...common,
      input: asked,
      answer: `book ${JSON.stringify({ place, people: String(people), date })}`,
    };
  });
}

/** One booking for today, so that the day beside which the others are named is told. */
const today = {
  id: 't',
  callId: 't',
  sessionId: 't',
  at: 0,
  weight: 1,
  input: 'user: a table for 4 at Vello Sora on today, please',
  answer: 'book {"place":"Vello Sora","people":"4","date":"2026-03-01"}',
};
const train = [...turns(360, 1), today, { ...today, id: 't2', sessionId: 't2' }];
const job = (name: string, changes: Partial<TrainingJob> = {}): TrainingJob => ({
  candidate: { id: 'c1', taskId: 'toy', rung: 'tagger', base: null, recipe: {} },
  kind: 'mixed',
  train,
  validation: [],
  dir: join(dir, name),
  seed: 3,
  ...changes,
});

proposalContract('tagger', () => ({
  trainer: taggerTrainer(),
  candidate: { rung: 'tagger', base: null },
  examples: train,
  kind: 'mixed',
}));

describe('taggerTrainer', () => {
  let artefact: Artefact;
  const runtime = taggerRuntime();
  before(async () => {
    artefact = await taggerTrainer().train(job('whole'));
  });

  it('calls the tool with values it never saw, repeats what is repeated, and abstains on the rest', async () => {
    const fresh = turns(90, 2);
    const right = { book: 0, hello: 0, silent: 0 };
    for (const { input, answer } of fresh) {
      const prediction = await runtime.predict(artefact, input);
      if (answer.startsWith('Once')) {
        if (prediction.answer === '') right.silent++;
      } else if (prediction.answer === answer) right[answer === HELLO ? 'hello' : 'book']++;
      for (const [signal, value] of Object.entries(prediction.signals))
        assert.ok(value >= 0 && value <= 1, `${signal} ${value}`);
    }
    assert.ok(right.book >= 26 && right.hello >= 28 && right.silent >= 28, JSON.stringify(right));
  });

  it('gives the same file for the same job, which holds no word of a caller', async () => {
    const again = await taggerTrainer().train(job('again'));
    assert.equal(again.sha256, artefact.sha256);
    assert.deepEqual(await taggerTrainer().train(job('again')), again);
    const bytes = readFileSync(again.path);
    for (const word of ['hungry', 'table', 'Hello', 'book', 'place']) assert.ok(!bytes.includes(word), word);
  });

  it('reads no model of an earlier version, whose weights mean something else', async () => {
    const old = join(dir, 'old.understudy-tagger');
    const bytes = readFileSync(artefact.path);
    assert.equal(bytes.subarray(0, 20).toString(), 'understudy-tagger 3\n');
    writeFileSync(old, Buffer.concat([Buffer.from('understudy-tagger 2\n'), bytes.subarray(20)]));
    await assert.rejects(runtime.predict({ ...artefact, path: old, sha256: 'old' }, 'user: hi'), {
      code: 'corrupt',
    });
  });

  it('fills JSON as it fills tool calls', async () => {
    const asJson = train
      .filter(({ answer }) => answer.startsWith('book '))
      .map((example) => ({ ...example, answer: example.answer.slice('book '.length) }));
    const json = await taggerTrainer().train(job('json', { kind: 'json', train: asJson }));
    const fresh = turns(60, 5).filter(({ answer }) => answer.startsWith('book '));
    let right = 0;
    for (const { input, answer } of fresh)
      if ((await runtime.predict(json, input)).answer === answer.slice('book '.length)) right++;
    assert.ok(right >= 17, `${right} of ${fresh.length}`);
  });

  it('refuses what has no fields', async () => {
    await assert.rejects(taggerTrainer().train(job('label', { kind: 'label' })), { code: 'unsupported' });
    await assert.rejects(runtime.predict({ ...artefact, path: join(dir, 'none'), sha256: 'x' }, 'hi'), {
      code: 'not-found',
    });
  });
});
