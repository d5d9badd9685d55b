import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Example } from '../../core/dataset.ts';
import type { Judge, Judgement, TextToJudge } from '../../core/judge.ts';
import { countsOf, measureJudge, secondOutcome, spoiltPairs } from './quality.ts';
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
  const kept = new Map<string, string>();
  const judge: Judge = {
    name: 'by rule',
    identity: 'rule',
    refusal: null,
    isReady: () => true,
    left: () => 1,
    estimate: () => ({ requests: 0, tokens: 0, dollars: 0 }),
    judge: async (pair) => {
      seen.push(pair);
      return { outcome: rule(pair), byPlace: null };
    },
    remember: async (name, work) => {
      const known = kept.get(name) ?? (await work());
      kept.set(name, known);
      return known;
    },
  };
  return { judge, seen };
}
const same = (a: string, b: string): boolean => a === b;

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
    assert.equal(spoil('changed', 'Danke, gern.', 'x'), null);
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
      new Set(['another-call', 'with-instruction']),
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
    const quality = await measureJudge({ judge, examples: EXAMPLES, count: 80, same });
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
    assert.equal(quality.failed, null);
    assert.equal(countsOf(quality).second, null);
  });

  it('does not count what it cannot read as noticed', async () => {
    const { judge } = judgeBy(() => 'unreadable');
    const quality = await measureJudge({
      judge,
      examples: EXAMPLES,
      count: 80,
      same,
      again: async ({ answer }) => `${answer} Thank you.`,
    });
    assert.ok(Object.values(quality.caught).every(({ hits }) => hits === 0));
    assert.equal(quality.unreadable.share, 1);
    // Nor as fine.
    assert.equal(quality.failed?.share, 1);
  });

  it('asks about second answers of the LLM that differ, and about each once', async () => {
    const { judge } = judgeBy(({ answer }) => (answer.endsWith('Sorry.') ? 'worse' : 'as-good'));
    let asked = 0;
    const again = async ({ answer, at }: Example): Promise<string | null> => {
      asked++;
      return at % 4 === 0
        ? null
        : at % 4 === 1
          ? answer
          : at % 4 === 2
            ? `${answer} Sorry.`
            : `${answer} Thanks.`;
    };
    const options = { judge, examples: EXAMPLES, count: 160, same, again };
    const { failed } = await measureJudge(options);
    assert.deepEqual([failed?.hits, failed?.n], [20, 40]);
    assert.equal(asked, 80);
    await measureJudge(options);
    assert.equal(asked, 80, 'what is known is not asked again');
    assert.equal(await secondOutcome(options, EXAMPLES[2]!), 'worse');
    assert.equal(await secondOutcome(options, EXAMPLES[1]!), null);
    assert.equal(asked, 80);
  });
});
