import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classProbabilities, decode } from './decode.ts';
import { classesOf } from './kinds.ts';
import { tokeniser } from './pieces.ts';
import { worthReading } from './worth-reading.ts';

const LABELS = [
  'O',
  'GIVEN_NAME',
  'SURNAME',
  'EMAIL',
  'PHONE',
  'URL',
  'GOVERNMENT_ID',
  'BUILDING_NUMBER',
  'STREET_NAME',
  'CITY',
  'ZIP_CODE',
];
const classes = classesOf(LABELS.map((label) => (label === 'O' ? label : `B-${label}`)));
const { split } = tokeniser(new Map([['[UNK]', 0]]));

/** What is found where each word that is named is surely of its class, and no other of any. */
function found(text: string, labels: Readonly<Record<string, string>>, logit = 5): string[] {
  const pieces = split(text);
  const width = classes.meanings.length;
  const probabilities = new Float32Array(pieces.ids.length * width);
  pieces.ids.forEach((_, i) => {
    const label = labels[text.slice(pieces.starts[i], pieces.ends[i])] ?? 'O';
    const logits = new Float32Array(LABELS.length);
    logits[LABELS.indexOf(label)] = logit;
    classProbabilities(logits, 0, classes, probabilities, i * width);
  });
  return decode(text, pieces, probabilities, classes).map(
    ({ start, end, kind }) => `${kind} ${text.slice(start, end)}`,
  );
}

test('neighbouring words of a kind are one entity, over hyphens and apostrophes too', () => {
  const names = { Ana: 'GIVEN_NAME', Luisa: 'GIVEN_NAME', O: 'SURNAME', Brien: 'SURNAME', Bob: 'GIVEN_NAME' };
  assert.deepEqual(found("Ana-Luisa O'Brien, Bob", names), ["person Ana-Luisa O'Brien", 'person Bob']);
  assert.deepEqual(found('Ana\nBob', names), ['person Ana', 'person Bob']);
});

test('an address goes on over lines; a town, a number or a web address alone is none', () => {
  const parts = {
    '12': 'BUILDING_NUMBER',
    Kerkstraat: 'STREET_NAME',
    Delft: 'CITY',
    '2611': 'ZIP_CODE',
    www: 'URL',
  };
  assert.deepEqual(found('Kerkstraat 12\n2611 Delft', parts), ['address Kerkstraat 12\n2611 Delft']);
  assert.deepEqual(found('2611 Delft', parts), ['address 2611 Delft']);
  assert.deepEqual(found('The fair in Delft has 12 halls and www', parts), []);
  assert.deepEqual(found('postal code: 2611', parts), ['address 2611']);
});

test('a phone number begins with its plus, and has six digits or more', () => {
  const parts = { '+': 'PHONE', '31': 'PHONE', '6': 'PHONE', '12345678': 'PHONE' };
  assert.deepEqual(found('call +31 6 12345678.', parts), ['phone +31 6 12345678']);
  assert.deepEqual(found('call 31 now', parts), []);
});

test('a number is an id of a person where a word before it says so', () => {
  const id = { '87654321X': 'GOVERNMENT_ID' };
  assert.deepEqual(found('DNI: 87654321X', id), ['national-id 87654321X']);
  assert.deepEqual(found('order 87654321X', id), []);
});

test('identifiers are no names, and names in small letters must be sure', () => {
  const names = { MinHash: 'SURNAME', maria: 'GIVEN_NAME', Maria: 'GIVEN_NAME' };
  assert.deepEqual(found('MinHash of it', names), []);
  assert.deepEqual(found('new Maria() and maria_id and {"maria": 1}', names), []);
  assert.deepEqual(found('hi maria here', names), ['person maria']);
  assert.deepEqual(found('Maria 李', { ...names, 李: 'SURNAME' }), ['person Maria']);
  assert.deepEqual(found('hi maria here', names, 3), []);
  assert.deepEqual(found('hi Maria here', names, 3), ['person Maria']);
});

test('a single word must be surer than one beside an initial, a colon or another name', () => {
  const names = { Lehmann: 'SURNAME', Bruil: 'SURNAME', Ana: 'GIVEN_NAME' };
  assert.deepEqual(found('it was Lehmann again', names, 2.7), []);
  assert.deepEqual(found('it was K. Lehmann again', names, 2.7), ['person Lehmann']);
  assert.deepEqual(found('Lehmann: it was late', names, 2.7), ['person Lehmann']);
  assert.deepEqual(found('it was Lehmann, Bruil and Ana', names, 2.7), [
    'person Lehmann',
    'person Bruil',
    'person Ana',
  ]);
  assert.deepEqual(found('it was Lehmann again', names, 4), ['person Lehmann']);
});

test('words in small letters beside a name are none of it, but for its particles', () => {
  const names = {
    Petra: 'GIVEN_NAME',
    nochmal: 'SURNAME',
    van: 'SURNAME',
    Dijk: 'SURNAME',
    lamp: 'GIVEN_NAME',
  };
  assert.deepEqual(found('hier ist Petra nochmal', names), ['person Petra']);
  assert.deepEqual(found('the lamp Petra van Dijk bought', names), ['person Petra van Dijk']);
  assert.deepEqual(found('to van Dijk', names), ['person van Dijk']);
});

test('abbreviations, programs and cited authors are no names', () => {
  const names = {
    JSON: 'SURNAME',
    KRUSE: 'SURNAME',
    Kafka: 'SURNAME',
    Hayou: 'SURNAME',
    AdamW: 'GIVEN_NAME',
  };
  assert.deepEqual(found('Give the answer as JSON with a title', names, 9), []);
  assert.deepEqual(found('MR KRUSE CALLED AGAIN', names, 9), ['person KRUSE']);
  assert.deepEqual(found('I spoke to Mr KRUSE about it', names, 9), ['person KRUSE']);
  assert.deepEqual(found('the value of KRUSE is missing', names, 9), []);
  assert.deepEqual(found('it is read by Kafka, then by AdamW', names, 9), []);
  assert.deepEqual(found('see Hayou et al. 2024', names, 9), []);
});

test('sizes are no addresses, and parts of ids and numbers of things no phones', () => {
  const parts = {
    Walnut: 'STREET_NAME',
    '160': 'BUILDING_NUMBER',
    '5305': 'PHONE',
    '4368': 'PHONE',
    '007576974908': 'PHONE',
  };
  assert.deepEqual(found('Walnut, 160 by 80 centimetres', parts), []);
  assert.deepEqual(found('in Walnut, 160, by noon', parts), ['address Walnut, 160']);
  assert.deepEqual(found('id 076a-5305-4368-b91d', parts), []);
  assert.deepEqual(found('tracking 007576974908', parts), []);
  assert.deepEqual(found('reach me: 007576974908', parts), ['phone 007576974908']);
});

test('entities of any probabilities are in order, apart, and begin and end with whole words', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'Aü1 .-@\n😀\ud83d') }),
  );
  fc.assert(
    fc.property(text, fc.infiniteStream(fc.float({ min: -9, max: 9, noNaN: true })), (value, numbers) => {
      const pieces = split(value);
      const width = classes.meanings.length;
      const probabilities = new Float32Array(pieces.ids.length * width);
      pieces.ids.forEach((_, i) => {
        const logits = Float32Array.from(LABELS, () => numbers.next().value);
        classProbabilities(logits, 0, classes, probabilities, i * width);
      });
      let last = 0;
      for (const { start, end } of decode(value, pieces, probabilities, classes)) {
        assert.ok(start >= last && end > start && end <= value.length);
        last = end;
        assert.ok(!/[a-zA-Zü0-9]{2}/.test(value.slice(start - 1, start + 1).padStart(2)) || start === 0);
        assert.ok(!/[a-zA-Zü0-9]{2}/.test(value.slice(end - 1, end + 1)));
      }
    }),
    { numRuns: 300 },
  );
});

test('prose is read whole, and of code the lines that can hold something', () => {
  const read = (text: string): string =>
    worthReading(text)
      .map(({ start, end }) => text.slice(start, end))
      .join('');
  const prose = 'the parcel is late. hi, maria here\nSee you';
  assert.equal(read(prose), prose);
  assert.equal(read('const x = f(y);\nname = "Maria";\nreturn x[0];\n'), 'name = "Maria";');
  assert.equal(read('a(b)\ncall(0612345678)'), 'call(0612345678)');
  assert.equal(read(''), '');
});
