import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Example } from '../../core/dataset.ts';
import type { Judge, Judgement, TextToJudge } from '../../core/judge.ts';
import { measureJudge, spoiltPairs } from './quality.ts';
import { spoil, WAYS } from './spoil.ts';

const example = (
  i: number,
  answer = `Order ${1000 + i} will be sent to you in ${i} days by our partner.`,
): Example => ({
  id: `e${i}`,
  callId: `c${i}`,
  sessionId: `s${i}`,
  at: i,
  weight: 1,
  input: `Where is order ${1000 + i}?`,
  answer,
});
const EXAMPLES = Array.from({ length: 80 }, (_, i) => example(i));

/** A judge by a rule, and the pairs that it has seen. */
function judgeBy(rule: (pair: TextToJudge) => Judgement['outcome']) {
  const seen: TextToJudge[] = [];
  const judge: Judge = {
    name: 'by rule',
    identity: 'rule',
    refusal: null,
    isReady: () => true,
    estimate: () => ({ requests: 0, tokens: 0, dollars: 0 }),
    judge: async (pair) => {
      seen.push(pair);
      return { outcome: rule(pair), byPlace: null };
    },
  };
  return { judge, seen };
}

describe('spoil', () => {
  it('gives another text or none, and the same each time', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...WAYS),
        fc.string(),
        fc.string({ minLength: 1 }),
        (way, answer, other) => {
          const spoilt = spoil(way, answer, other);
          assert.equal(spoil(way, answer, other), spoilt);
          if (way === 'cut-short' || way === 'changed') assert.notEqual(spoilt, answer);
        },
      ),
    );
  });

  it('changes a number to another of the same length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), (number) => {
        const spoilt = spoil('changed', `It is ${number}.`, 'x') ?? '';
        assert.notEqual(spoilt, `It is ${number}.`);
        assert.equal(spoilt.length, `It is ${number}.`.length);
      }),
    );
  });

  it('denies what is said where there is no number, and affirms what is denied', () => {
    assert.equal(spoil('changed', 'It is here.', 'x'), 'It is not here.');
    assert.equal(spoil('changed', 'You can not pay by card.', 'x'), 'You can pay by card.');
    assert.equal(spoil('changed', 'Danke, gern.', 'Danke, Berta.'), 'Berta, gern.');
    assert.equal(spoil('changed', '東京駅', '東京駅'), null);
    assert.equal(spoil('cut-short', 'Yes, gladly.', 'x'), null);
  });
});

describe('known pairs', () => {
  it('are of one call a session, as many of each way, and none is the answer itself', () => {
    const crowded = EXAMPLES.map((each, i) => ({ ...each, sessionId: `s${i % 40}` }));
    const pairs = spoiltPairs(crowded, 80);
    assert.deepEqual(
      WAYS.map((way) => pairs.filter((pair) => pair.way === way).length),
      [20, 20, 20, 20],
    );
    for (const way of WAYS) {
      const inputs = pairs.filter((pair) => pair.way === way).map(({ input }) => input);
      const sessions = inputs.map((input) => crowded.find((each) => each.input === input)?.sessionId);
      assert.equal(new Set(sessions).size, inputs.length);
    }
    for (const { reference, answer } of pairs) assert.notEqual(answer, reference);
  });

  it('leave out a way that suits too few answers', () => {
    const short = EXAMPLES.map((each, i) => ({ ...each, answer: 'abcdefghij'[i % 10]!.repeat(3) }));
    assert.deepEqual(
      new Set(spoiltPairs(short, 80).map(({ way }) => way)),
      new Set(['another-call', 'changed', 'with-instruction']),
    );
    assert.deepEqual(spoiltPairs([], 80), []);
    assert.deepEqual(
      spoiltPairs(
        EXAMPLES.map((each) => ({ ...each, answer: 'a' })),
        80,
      ),
      [],
    );
  });
});

describe('judge quality', () => {
  it('tells what a judge misses, by the way an answer is worse', async () => {
    // It sees missing ends, and nothing else.
    const { judge, seen } = judgeBy(({ reference, answer }) =>
      reference.startsWith(answer) ? 'worse' : 'as-good',
    );
    const quality = await measureJudge({ judge, examples: EXAMPLES, count: 80 });
    assert.equal(seen.length, 80);
    assert.deepEqual(
      Object.entries(quality.caught).map(([way, { hits, n }]) => [way, hits, n]),
      [
        ['another-call', 0, 20],
        ['cut-short', 20, 20],
        ['changed', 0, 20],
        ['with-instruction', 0, 20],
      ],
    );
  });

  it('does not count what it cannot read as noticed', async () => {
    const { judge } = judgeBy(() => 'unreadable');
    const quality = await measureJudge({ judge, examples: EXAMPLES, count: 80 });
    assert.ok(Object.values(quality.caught).every(({ hits }) => hits === 0));
    assert.equal(quality.unreadable.share, 1);
  });
});
