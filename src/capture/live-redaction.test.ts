import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { exampleCall, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder } from '../../test/support/data-folder.ts';
import type { CallRequest, Message } from '../core/call.ts';
import type { Entity } from '../core/entity.ts';
import { type FindIfItCan, liveRedaction, readPiece } from './live-redaction.ts';
import { createSealer } from './sealer.ts';
import { placesOf as placesOfWords, restorer } from './site-words.ts';
import { dayOf } from './vault.ts';
import { siteOf } from './vocabulary.ts';

const { vault, context, redact, stage } = openDataFolder(temporaryFolder());
await vault.prepare(dayOf(exampleCall(1).at));

const requestOf = (...messages: readonly Message[]): CallRequest => ({ ...exampleCall(1).request, messages });
const system: Message = {
  role: 'system',
  content: 'Answer the mail. Questions go to kim.lund@lampenwerk.io.',
};
const mail: Message = {
  role: 'user',
  content:
    'Please call +49 171 1234567 or write to anna.schmidt@web.de, my card is 4111 1111 1111 1111.\n\nBest regards,\nAnna Schmidt',
};
const live = (words: readonly string[] = [], find: FindIfItCan | null = null) => {
  const vocabulary = new Map([[siteOf(vault, requestOf(system)), words]]);
  const redacted = liveRedaction({
    sealing: vault,
    context,
    vocabulary: () => vocabulary,
    find,
    readElsewhere: null,
    readAgainMs: 0,
  });
  return (request: CallRequest) => redacted(request)!;
};

const placesOf = (text: string, name: string): Entity[] => {
  const start = text.indexOf(name);
  return start < 0 ? [] : [{ kind: 'person', start, end: start + name.length }];
};

describe('liveRedaction', () => {
  it('gives a specialist the texts that a stored call has', async () => {
    const call = exampleCall(1, { request: requestOf(system, mail) });
    const sealed = createSealer({ sealing: vault, redact }).prepare(call).seal();
    const refined = await stage.refine([sealed.call], new Map(sealed.parts.map((part) => [part.id, part])));
    const parts = new Map(refined.parts.map((part) => [part.id, part]));
    const ring = await vault.ring(refined.parts.map(({ day }) => day));
    const stored = refined.calls[0]?.requestParts
      .slice(2)
      .map((id) => JSON.parse(ring.open(parts.get(id)!)!) as Message);
    const { request } = live()(call.request);
    assert.deepEqual(request.messages, stored);
    assert.doesNotMatch(JSON.stringify(request), /schmidt|1234567|4111|lund/i);
  });

  it('puts back what an answer copies, in text and in JSON', () => {
    const { request, reveal } = live()(requestOf(system, mail));
    const read = request.messages[1]?.content ?? '';
    assert.equal(reveal(read, 'text'), mail.content);
    const address = /write to (\S+),/.exec(read)?.[1] ?? '';
    assert.notEqual(address, 'anna.schmidt@web.de');
    assert.deepEqual(JSON.parse(reveal(JSON.stringify({ to: address }), 'json') ?? ''), {
      to: 'anna.schmidt@web.de',
    });
  });

  it('gives no answer with a surrogate that stands for nothing in the request', () => {
    const { request } = live()(requestOf(system, mail));
    const address = /write to (\S+),/.exec(request.messages[1]?.content ?? '')?.[1] ?? '';
    const other = live()(requestOf(system, { role: 'user', content: 'Hello' }));
    assert.equal(other.reveal(`Write to ${address}`, 'text'), null);
    assert.equal(other.reveal('Write to us', 'text'), 'Write to us');
  });

  it('reads again what the model could not read, and what it has read once', async () => {
    let isThere = false;
    const asked: string[] = [];
    const find: FindIfItCan = async (texts) => {
      asked.push(...texts);
      return isThere ? texts.map((text): Entity[] => placesOf(text, 'Halvorsen')) : null;
    };
    const redacted = live([], find);
    const said = requestOf({ role: 'user', content: 'It was sent to Halvorsen by mistake.' });
    const complete = async () => (await redacted(said).complete!())!.request.messages[0]?.content;
    assert.match((await complete()) ?? '', /Halvorsen/);
    isThere = true;
    assert.doesNotMatch((await complete()) ?? '', /Halvorsen/);
    assert.doesNotMatch((await complete()) ?? '', /Halvorsen/);
    assert.equal(asked.length, 2);
  });

  it('leaves the words of a site as they are, and takes them in answers', () => {
    const { request, reveal } = live(['kim.lund@lampenwerk.io'])(requestOf(system, mail));
    assert.equal(request.messages[0]?.content, system.content);
    assert.equal(reveal('kim.lund@lampenwerk.io', 'label'), 'kim.lund@lampenwerk.io');
  });

  it('gives the same for a message that it has read before', () => {
    const redacted = live();
    const first = redacted(requestOf(system, mail));
    const again = redacted(requestOf(system, mail, { role: 'assistant', content: 'Done.' }));
    assert.deepEqual(again.request.messages.slice(0, 2), first.request.messages);
    assert.equal(again.reveal(again.request.messages[1]?.content ?? '', 'text'), mail.content);
  });

  it('has a message read by the model once, when a specialist is to be asked', async () => {
    const read: string[] = [];
    const redacted = live([], async (texts) => {
      read.push(...texts);
      return texts.map((text): Entity[] => {
        const start = text.indexOf('Tarnow');
        return start < 0 ? [] : [{ kind: 'person', start, end: start + 6 }];
      });
    });
    const said: Message = { role: 'user', content: 'It leaks, as Tarnow told you.' };
    const first = redacted(requestOf(system, said));
    assert.equal(read.length, 0);
    assert.match(first.request.messages[1]?.content ?? '', /Tarnow/);
    const whole = (await first.complete?.()) ?? assert.fail();
    const content = whole.request.messages[1]?.content ?? '';
    assert.doesNotMatch(content, /Tarnow/);
    assert.equal(whole.reveal(content, 'text'), said.content);
    // A person of one message is one in the others, too.
    const next = await redacted(
      requestOf(system, said, { role: 'user', content: 'Ask Tarnow.' }),
    ).complete?.();
    assert.doesNotMatch(JSON.stringify(next?.request), /Tarnow/);
    assert.equal(read.filter((text) => text === said.content).length, 1);
  });

  it('has long pieces read elsewhere, and gives nothing until they are', async () => {
    const elsewhere: number[] = [];
    const redacted = liveRedaction({
      sealing: vault,
      context,
      vocabulary: () => new Map(),
      find: null,
      readElsewhere: async (piece, keep) => {
        elsewhere.push(JSON.stringify(piece.value).length);
        return readPiece(piece, new Set(keep), context);
      },
    });
    const long: Message = {
      role: 'system',
      content: `${'Read the mail with care. '.repeat(1000)} ${mail.content}`,
    };
    assert.equal(redacted(requestOf(long, mail)), null);
    assert.equal(redacted(requestOf(long, mail)), null, 'asked for once');
    await new Promise((resolve) => setImmediate(resolve));
    const read = redacted(requestOf(long, mail));
    assert.equal(elsewhere.length, 1);
    assert.deepEqual(read?.request.messages, live()(requestOf(long, mail)).request.messages);
  });
});

describe('a site’s words', () => {
  const words = [
    'Halden oak stool',
    'Linnea duvet cover',
    'Linnea bath towel',
    'kestrel kettle',
    'Tarn moka pot',
  ];
  const goods = [
    ...['Halden oak stool', '2 halden oak stools', 'oak stools', 'Linnea duvet covers', 'linnea bath towels'],
    ...['four Kestrel kettles', 'my kettle', 'tarn moka pot', 'Aster rice cookers', 'the stool (Halden)'],
  ];
  const texts = fc
    .tuple(
      fc.constantFrom('Dear team,', 'hi', 'Hello Anna,', '55902'),
      fc.constantFrom('I got the wrong', 'please replace', 'where is'),
      fc.constantFrom(...goods),
      fc.constantFrom('from order 12345.', 'in black', 'i want my money back'),
      fc.constantFrom('', 'Regards,\nTessa Nguyen', 'best,\nlinnea', 'Best,\nLinnea Weber'),
    )
    .map((lines) => lines.join('\n').replace(/(with|wrong|replace|is)\n/, '$1 '));
  /** Which words in a row a finder takes, for what. */
  const taking = fc.record({
    kind: fc.constantFrom<Entity['kind']>('person', 'address'),
    at: fc.nat(14),
    length: fc.integer({ min: 1, max: 3 }),
  });
  const finderOf =
    (taken: readonly { kind: Entity['kind']; at: number; length: number }[]) =>
    async (texts: readonly string[]): Promise<Entity[][]> =>
      texts.map((text) => {
        const all = [...text.matchAll(/[\p{L}\p{N}]+/gu)];
        return taken.flatMap(({ kind, at, length }): Entity[] => {
          const [first, last] = [all[at], all[Math.min(at + length, all.length) - 1]];
          if (!first || !last) return [];
          return [{ kind, start: first.index, end: last.index + last[0].length }];
        });
      });

  it('read the same in a live request as in what was recorded, whatever a finder takes them for', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.array(taking, { maxLength: 2 }), async (content, taken) => {
        const find = finderOf(taken);
        const folder = openDataFolder(temporaryFolder(), { finder: { find, close: async () => {} } });
        await folder.vault.prepare(dayOf(exampleCall(1).at));
        const request = requestOf(system, { role: 'user', content });
        const sealed = createSealer({ sealing: folder.vault, redact: folder.redact })
          .prepare(exampleCall(1, { request }))
          .seal();
        const refined = await folder.stage.refine(
          [sealed.call],
          new Map(sealed.parts.map((part) => [part.id, part])),
        );
        const parts = new Map(refined.parts.map((part) => [part.id, part]));
        const ring = await folder.vault.ring(refined.parts.map(({ day }) => day));
        const stored = JSON.parse(ring.open(parts.get(refined.calls[0]!.requestParts.at(-1)!)!)!) as Message;
        const recorded = restorer(placesOfWords(words), folder.context)(stored.content);
        const redacted = liveRedaction({
          sealing: folder.vault,
          context: folder.context,
          vocabulary: () => new Map([[siteOf(folder.vault, request), words]]),
          find,
          readElsewhere: null,
        })(request);
        const read = (await redacted?.complete?.())?.request.messages.at(-1)?.content;
        assert.equal(read, recorded);
      }),
      { numRuns: 80 },
    );
  });
});

describe('reveal', () => {
  const about = (text: string) => live()(requestOf(system, { role: 'user', content: text }));

  it('changes no word or number that is no surrogate', () => {
    const { request, reveal } = about(
      'The patient is 8 years old, order 4421486, room 26. Write to anna.schmidt@web.de.',
    );
    const read = request.messages[1]?.content ?? '';
    const age = /patient is (\d+)/.exec(read)?.[1] ?? '';
    assert.notEqual(age, '8');
    for (const answer of [`1${age}`, `${age}0`, `{"dose":1${age},"room":2${age}9}`, 'x', 'order 4421486']) {
      assert.equal(reveal(answer, answer.startsWith('{') ? 'json' : 'text'), answer);
    }
    // Whether it is the age, or a number that the specialist found by itself, nobody can say.
    assert.equal(reveal(age, 'label'), null);
  });

  it('replaces nothing twice', () => {
    const { request, reveal } = about('Write to anna.schmidt@web.de or to bernd.acker@web.de.');
    const [first = '', second = ''] = (request.messages[1]?.content ?? '').match(/\S+@\S+(?=[ .]|$)/g) ?? [];
    const answer = `${second} ${first.replace(/\.$/, '')} ${second}`.replaceAll(/\.(?= |$)/g, '');
    const revealed = reveal(answer, 'text') ?? '';
    assert.equal(revealed.match(/anna\.schmidt@web\.de/g)?.length, 1);
    assert.equal(revealed.match(/bernd\.acker@web\.de/g)?.length, 2);
  });

  it('puts back a number that an answer copies from what was taken as a whole', async () => {
    const text = 'The fan is broken, Bestellung 85922, since 3 May.';
    const start = text.indexOf('Bestellung');
    const taken: Entity = { kind: 'address', start, end: start + 'Bestellung 85922'.length };
    const find: FindIfItCan = async (texts) => texts.map((each) => (each === text ? [taken] : []));
    const read = await live([], find)(requestOf(system, { role: 'user', content: text })).complete?.();
    const seen = read?.request.messages[1]?.content ?? '';
    const number = /, \S+ (\d{5}),/.exec(seen)?.[1] ?? '';
    assert.notEqual(number, '85922');
    assert.equal(read?.reveal(`{"order":"${number}"}`, 'json'), '{"order":"85922"}');
    assert.equal(read?.reveal('{"order":"85921"}', 'json'), '{"order":"85921"}', 'another number stays');
  });
});
