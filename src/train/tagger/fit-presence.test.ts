/** How the two that say whether a field is copied are weighed, and what that does for values that are met now and then. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../core/random.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import { composeAnswer } from '../../models/extractor/compose.ts';
import { COPY, type ExtractionPlan, type Field } from '../../models/extractor/plan.ts';
import type { Target } from '../../models/extractor/targets.ts';
import { unitsOf } from '../../models/extractor/units.ts';
import { readTagger } from '../../models/tagger/model.ts';
import { copiedOdds } from '../../models/tagger/presence.ts';
import { fitTagger } from './fit.ts';
import { fitPresence } from './fit-presence.ts';

const field = (options: readonly string[], chosen: boolean): Field => ({
  key: '["count"]',
  path: ['count'],
  repeated: false,
  many: false,
  tag: 0,
  edits: ['number'],
  options,
  chosen,
});
const planOf = (each: Field): ExtractionPlan => ({ fields: [each], tags: 1, kept: [], order: [] });
const target = (isCopied: boolean): Target => ({
  input: '',
  form: '{}',
  options: new Map([[0, isCopied ? COPY : 'null']]),
  spans: [],
  copied: new Map([[0, isCopied]]),
  ignored: [],
  lost: [],
});

describe('fitPresence', () => {
  const plan = planOf(field([COPY, 'null', '1'], true));
  const random = seededRandom(4);
  const there = Array.from({ length: 400 }, (_, i) => i % 8 === 0);
  const told = there.map((isCopied) => (isCopied ? 4 : -4) + 2 * random.next());
  const noise = there.map(() => 6 * random.next() - 3);

  it('follows whichever of the two tells, and hardly the other', () => {
    const spansTell = fitPresence(
      plan,
      there.map(target),
      told.map((odds) => [odds]),
      new Map([[0, Float64Array.from(noise)]]),
    );
    const headTells = fitPresence(
      plan,
      there.map(target),
      noise.map((odds) => [odds]),
      new Map([[0, Float64Array.from(told)]]),
    );
    assert.ok(copiedOdds(spansTell, 0, 4, -2)! > 1);
    assert.ok(copiedOdds(spansTell, 0, -4, 2)! < -1);
    assert.ok(copiedOdds(headTells, 0, -2, 4)! > 1);
    assert.ok(copiedOdds(headTells, 0, 2, -4)! < -1);
  });

  it('is never less sure of a value where either of the two is surer of it', () => {
    const odds = fc.double({ min: -9, max: 9, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(odds, odds, fc.boolean()), { minLength: 1, maxLength: 30 }),
        fc.tuple(odds, odds, odds, odds),
        (rows, [a, b, c, d]) => {
          const presence = fitPresence(
            plan,
            rows.map(([, , isCopied]) => target(isCopied)),
            rows.map(([spans]) => [spans]),
            new Map([[0, Float64Array.from(rows, ([, head]) => head)]]),
          );
          const [low, high] = [
            copiedOdds(presence, 0, Math.min(a, b), Math.min(c, d))!,
            copiedOdds(presence, 0, Math.max(a, b), Math.max(c, d))!,
          ];
          assert.ok(Number.isFinite(low) && low <= high + 1e-6, `${low} ${high}`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('asks nobody about a field that is always copied, or one whose units say it', () => {
    const always = fitPresence(planOf(field([COPY], false)), [], [], new Map());
    assert.ok(copiedOdds(always, 0, -9, null)! > 8);
    const many = { ...field([COPY, '[]'], false), many: true };
    assert.equal(copiedOdds(fitPresence(planOf(many), [], [], new Map()), 0, 5, null), null);
  });
});

const THINGS = ['kettle', 'lamp', 'wool blanket', 'moka pot', 'bread knife', 'wall clock', 'toaster'];
const ASKED = ['Where is my', 'I want to give back the', 'Please cancel my', 'There is a crack in the'];
const REST = ['Thank you.', 'I need it by the 4th.', 'I am away until 5 pm.', 'It cost 12 euros.', ''];
const WORDS = ['two', 'three', 'four'];

/** Mails of which one in seven states how many pieces it is about, in digits or words; `slips` of the answers make one up. */
function mails(count: number, seed: number, slips: number): TrainingJob['train'] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const many = random.next() < 1 / 7 ? 2 + random.below(3) : null;
    const said = many === null ? '' : random.pick([` ${many}x`, ` ${WORDS[many - 2]}`, ` ${many}`]);
    const order = String(20_000 + random.below(60_000));
    const thing = random.pick(THINGS);
    const input = `${random.pick(ASKED)}${said} ${thing}, order ${order}. ${random.pick(REST)}`;
    const quantity = many === null && random.next() < slips ? 1 : many;
    const id = `${seed}-${i}`;
    const answer = JSON.stringify({ order, thing, quantity });
    return { id, callId: id, sessionId: id, at: i, input, answer, weight: 1 };
  });
}

describe('fitTagger', () => {
  it('finds values that are met now and then, whatever few values the LLM makes up beside them', async () => {
    const { model, lesson } = await fitTagger({ kind: 'json', train: mails(300, 1, 0.03), seed: 1 });
    const quantity = lesson.plan.fields.find(({ path }) => path[0] === 'quantity')!;
    assert.ok(quantity.chosen && quantity.options.includes('1'), 'what is made up is an option');
    const fresh = mails(200, 2, 0);
    let right = 0;
    for (const { input, answer } of fresh) {
      const units = unitsOf(input);
      const composed = composeAnswer('json', lesson, units, readTagger(model, lesson, units));
      if (composed.answer === answer) right++;
    }
    assert.ok(right >= 194, `${right} of ${fresh.length}`);
  });

  it('calls a tool that needs a value where there is one, and the one that asks for it elsewhere', async () => {
    const calls = (count: number, seed: number): TrainingJob['train'] => {
      const random = seededRandom(seed);
      return mails(count, seed, 0).map((mail) => {
        const order = /order (\d+)/.exec(mail.input)![1]!;
        const isTold = random.next() < 0.85;
        const input = isTold ? mail.input : mail.input.replace(/, order \d+/, '');
        const answer = isTold ? `look_up ${JSON.stringify({ order })}` : 'ask {}';
        return { ...mail, input, answer };
      });
    };
    const { model, lesson } = await fitTagger({ kind: 'tool', train: calls(240, 3), seed: 1 });
    const fresh = calls(200, 4);
    const wrong = fresh.filter(({ input, answer }) => {
      const units = unitsOf(input);
      return composeAnswer('tool', lesson, units, readTagger(model, lesson, units)).answer !== answer;
    });
    assert.ok(wrong.length <= 2, wrong.map(({ input }) => input).join('\n'));
  });
});
