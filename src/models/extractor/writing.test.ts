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
    assert.equal(written(field, '4.999', NOTHING), undefined);
    assert.equal(written(field, 'constructor', NOTHING), undefined);
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
      [['numeral', 'same'], ['numeral']],
    );
  });

  it('leaves numbers that are names as they are, whatever another tool makes of the same name', () => {
    const people = Array.from({ length: 60 }, (_, i) => {
      const n = 2 + (i % 3);
      const said = i % 2 === 0 ? String(n) : ['two', 'three', 'four'][n - 2];
      return {
        input: `user: guest ${i}\nassistant: yes?\nuser: for ${said}`,
        answer: `find {"number":"${n}"}`,
      };
    });
    const accounts = Array.from({ length: 60 }, (_, i) => {
      const account = String(4_400 + 7 * i);
      const input = `user: client ${i}\nassistant: yes?\nuser: it is ${account}`;
      return { input, answer: `open {"number":"${account}"}` };
    });
    const read = [...people, ...accounts].map(({ input, answer }) => readExample('mixed', input, answer));
    const [, ofAccounts] = learnPlan('mixed', read).fields;
    for (const words of ['0042', 'A12', '4411']) assert.equal(written(ofAccounts!, words, NOTHING), words);
  });

  it('learns a rule rather than what it has met by heart', () => {
    const codes = ['SFO', 'LAX', 'JFK', 'ORD', 'DEN'];
    const flights = Array.from({ length: 60 }, (_, i) => {
      const code = codes[i % codes.length]!;
      const input = `user: guest ${i}\nassistant: where to?\nuser: fly to ${code.toLowerCase()} please`;
      return { input, answer: `fly {"to":"${code}"}` };
    });
    const field = fieldOf(flights, 'to');
    assert.deepEqual(field.edits, ['upper']);
    assert.equal(written(field, 'bos', NOTHING), 'BOS');
  });

  it('writes a value as answers have it wherever it stands, though one of its places has it so', () => {
    const types = ['Standard', 'Full-size', 'Compact'];
    const cars = Array.from({ length: 60 }, (_, i) => {
      const type = types[i % 3]!;
      const result = `assistant: find {"n":"1"}\ntool: [{"car":"${type}"}]`;
      const input = `user: guest ${i}\n${result}\nassistant: a ${type.toLowerCase()} car?\nuser: yes`;
      return { input, answer: `book {"car":"${type}"}` };
    });
    const field = fieldOf(cars, 'car');
    assert.deepEqual(field.edits, ['first']);
    assert.equal(written(field, 'full-size', NOTHING), 'Full-size');
  });

  it('lets what JSON has just so stand, whatever it may be another name for', () => {
    const field = fieldOf(rooms(100), 'city');
    assert.equal(written(field, 'PW', spellingsIn('tool: [{"name":"PW"}]')), 'PW');
  });

  it('takes no label for a word of the user, and bounds what it looks at', () => {
    const labelled = rooms(100).map(({ input, answer }) => {
      return { input: input.replace(/user: a room in (PW|wellertown)/, 'user: home'), answer };
    });
    const long = rooms(100).map(({ input, answer }) => ({
      input: input.replace('hello', `hello ${'so it is '.repeat(900)}`),
      answer,
    }));
    assert.ok((fieldOf(labelled, 'city').aliases ?? []).every(([words]) => !words.startsWith('user')));
    assert.deepEqual(fieldOf(long, 'city').aliases, fieldOf(rooms(100), 'city').aliases);
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

  it('takes no code, address or number for another one', () => {
    const text = 'tool: [{"a":"A-B12","b":"a.b@x.com","c":"1-11","d":"C++","e":"src/a/b.ts","f":"1.5"}]';
    const quoted = spellingsIn(text);
    for (const words of ['AB-12', 'ab@x.com', '11-1', 'C', 'src/ab.ts', '15'])
      assert.equal(spelt(words, quoted), words);
    assert.equal(spelt('a-b12', quoted), 'A-B12');
  });

  it('leaves words alone that are spelt in several ways', () => {
    const quoted = spellingsIn('tool: [{"a":"Blue Inn"},{"a":"Blue-Inn"}]');
    assert.equal(spelt('blue inn', quoted), 'blue inn');
  });

  it('takes quotes in prose for no JSON, and finds values where a text was cut', () => {
    assert.deepEqual(quotedValues('assistant: Is it "blue inn" or "old mill"?'), []);
    const whole = `tool: [{"name":"Blue Inn","city":"Norvik"},{"name":"Old Mill","city":"Norvik"}]`;
    for (let cut = 0; cut < whole.indexOf('},'); cut++) {
      const text = whole.slice(cut);
      assert.ok(
        quotedValues(text).some(({ from, to }) => text.slice(from, to) === 'Old Mill'),
        text,
      );
    }
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
