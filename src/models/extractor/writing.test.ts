import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { written } from './edits.ts';
import { type Field, learnPlan, readExample } from './plan.ts';
import { foldedWords, quotedValues, spellingsIn, spelt } from './spelling.ts';
import { learnTargets } from './targets.ts';

const NOTHING = new Map<string, string>();
const CITIES = ['Aldenbury', 'Port Weller', 'Norvik', 'Casteln', 'Oster Bay'];

interface Asked {
  readonly input: string;
  readonly answer: string;
}

const fieldOf = (examples: readonly Asked[], name: string): Field => {
  const read = examples.map(({ input, answer }) => readExample('mixed', input, answer));
  return learnPlan('mixed', read).fields.find(({ path }) => path.at(-1) === name)!;
};

/** An agent that looks for rooms; one time in five the user calls Port Weller by another name. */
function rooms(count: number): Asked[] {
  return Array.from({ length: count }, (_, i) => {
    const isCalled = i % 5 === 0;
    const city = isCalled ? 'Port Weller' : CITIES[i % CITIES.length]!;
    const said = isCalled ? (i % 2 === 0 ? 'PW' : 'wellertown') : city;
    return {
      input: `user: hello, guest ${i} here\nassistant: Where to?\nuser: a room in ${said} for ${2 + (i % 3)} nights`,
      answer: `find {"city":"${city}"}`,
    };
  });
}

describe('writing', () => {
  it('of a field learns what its values are also called, from where they do not stand themselves', () => {
    const field = fieldOf(rooms(100), 'city');
    assert.deepEqual(field.aliases, [
      ['PW', 'Port Weller'],
      ['wellertown', 'Port Weller'],
    ]);
    assert.equal(written(field, 'pw', NOTHING), 'Port Weller');
    assert.equal(written(field, 'Norvik', NOTHING), 'Norvik');
  });

  it('takes no word for a name that is met in one conversation alone, or where other values are meant', () => {
    const once = rooms(100).map(({ input, answer }, i) => {
      const inputs =
        i % 5 === 0 ? `user: hello, guest 0 here\n${input.split('\n').slice(1).join('\n')}` : input;
      return { input: inputs.replace('wellertown', 'PW'), answer };
    });
    assert.deepEqual(fieldOf(once, 'city').aliases ?? [], []);
    const everywhere = rooms(100).map(({ input, answer }) => {
      return { input: input.replace(/in .* for/, 'in town for'), answer };
    });
    assert.deepEqual(fieldOf(everywhere, 'city')?.aliases ?? [], []);
  });

  it('shares names among the fields that have the value', () => {
    const both = rooms(100).map(({ input, answer }, i) => {
      if (i % 2 === 0) return { input, answer };
      const city = CITIES[(i * 3) % CITIES.length]!;
      return { input: `${input}\nassistant: In ${city}?\nuser: yes`, answer: `book {"place":"${city}"}` };
    });
    assert.deepEqual(fieldOf(both, 'place').aliases, fieldOf(both, 'city').aliases);
    assert.ok(fieldOf(both, 'place').aliases!.length > 0);
  });

  it('copies a number with as many decimals as all values have', () => {
    const stars = Array.from({ length: 60 }, (_, i) => {
      const rating = (30 + (i % 17)) / 10;
      const answer = `find {"rating":"${rating.toFixed(2)}"}`;
      return { input: `user: guest ${i}\nassistant: yes?\nuser: rated ${rating} or more`, answer };
    });
    const field = fieldOf(stars, 'rating');
    assert.deepEqual(field.edits, ['fixed 2']);
    assert.equal(written(field, '4.4', NOTHING), '4.40');
    assert.equal(written(field, 'four', NOTHING), '4.00');
    assert.equal(written(field, 'many', NOTHING), undefined);
    const { targets } = learnTargets('mixed', stars);
    assert.equal(targets.filter(({ lost }) => lost.length > 0).length, 0);
  });

  it('reads numbers in words where a field of that name does for another tool', () => {
    const words = ['two', 'three', 'four'];
    const asked = Array.from({ length: 60 }, (_, i) => {
      const n = 2 + (i % 3);
      const said = i % 2 === 0 ? String(n) : words[n - 2];
      return {
        input: `user: guest ${i}\nassistant: yes?\nuser: for ${said}`,
        answer: `find {"people":"${n}"}`,
      };
    });
    const digits = Array.from({ length: 60 }, (_, i) => {
      const n = 2 + (i % 3);
      return {
        input: `user: client ${i}\nassistant: yes?\nuser: for ${n}`,
        answer: `book {"people":"${n}"}`,
      };
    });
    const read = [...asked, ...digits].map(({ input, answer }) => readExample('mixed', input, answer));
    const fields = learnPlan('mixed', read).fields;
    assert.deepEqual(
      fields.map(({ edits }) => edits),
      [['numeral'], ['numeral']],
    );
  });

  it('spells a value as a tool’s result does, which a user writes loosely', () => {
    const named = Array.from({ length: 60 }, (_, i) => {
      const name = `${CITIES[i % 5]} House No ${i}`;
      const result = `tool: [{"name":"${name}","stars":"3"}]`;
      const input = `user: guest ${i}\nassistant: find {"stars":"3"}\n${result}\nassistant: ok?\nuser: take ${name.toLowerCase()}`;
      return { input, answer: `book {"name":"${name}"}` };
    });
    const field = fieldOf(named, 'name');
    const quoted = spellingsIn('tool: [{"name":"Norvik House No 7"}]');
    // Both places of an example say it then, the result and the user's words.
    const read = named.map(({ input, answer }) => readExample('mixed', input, answer));
    assert.ok(read.every(({ leaves }) => [...leaves.values()].flat()[0]!.singles[0]!.places.length === 2));
    assert.equal(written({ ...field, edits: ['spelt'] }, 'norvik house no 7', quoted), 'Norvik House No 7');
  });
});

describe('spelling', () => {
  it('finds the values of JSON, and no keys', () => {
    const text = 'tool: {"name":"Blue Inn","tags":["old","quiet"],"n":3,"q":"say \\"hi\\""}';
    const found = quotedValues(text).map(({ from, to }) => text.slice(from, to));
    assert.deepEqual(found, ['Blue Inn', 'old', 'quiet']);
  });

  it('gives words back as they stand, or something that differs in case and marks alone', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9' .-]{1,20}$/);
    fc.assert(
      fc.property(word, fc.array(word), (words, values) => {
        const text = `tool: ${JSON.stringify(values)}`;
        const value = spelt(words, spellingsIn(text));
        assert.equal(foldedWords(value), foldedWords(words));
        assert.ok(value === words || values.includes(value));
      }),
    );
  });
});
