import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { exampleCall, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import type { EntityFinder } from '../core/entity.ts';
import { UnderstudyError } from '../core/errors.ts';
import { drain, nothingDrained } from './drain.ts';
import { tryLock } from './lock.ts';
import { journalState } from './quarantine.ts';
import { openRecorder } from './recorder.ts';
import { secondStage } from './second-stage.ts';

async function recorded(count: number, over: (n: number) => object = () => ({})) {
  const dataDir = temporaryFolder();
  const folder = openDataFolder(dataDir);
  const dir = join(dataDir, 'journal');
  const recorder = await openRecorder({ dir, vault: folder.vault, redaction: REDACTION, log: assert.fail });
  for (let n = 0; n < count; n++) await recorder.record(exampleCall(n, over(n)), 'k');
  await recorder.close();
  const stageWith = (finder: EntityFinder | null) =>
    secondStage({ vault: folder.vault, store: folder.store, finder, context: folder.context });
  return { ...folder, dir, stageWith };
}

describe('drain', () => {
  it('leaves calls in the journal while the model fails, and takes them once it does not', async () => {
    const { dir, store, stageWith } = await recorded(5);
    let failing = true;
    const finder: EntityFinder = {
      find: async (texts) => {
        if (failing) throw new UnderstudyError('internal', 'out of memory', { hint: '' });
        return texts.map(() => []);
      },
      close: async () => {},
    };
    const options = { dir, store, openStage: async () => stageWith(finder) };
    await assert.rejects(drain(options), { code: 'unavailable' });
    assert.equal(await store.countCalls(), 0);
    assert.equal(existsSync(join(dir, 'quarantine')), false);
    failing = false;
    assert.deepEqual(await drain(options), { ...nothingDrained(), calls: 5 });
    await store.close();
  });

  it('leaves what is still written to for later where it may, and reads it once', async () => {
    const dataDir = temporaryFolder();
    const { store, stage, vault } = openDataFolder(dataDir);
    const dir = join(dataDir, 'journal');
    const recorder = await openRecorder({ dir, vault, redaction: REDACTION, log: assert.fail });
    const asked: string[] = [];
    const knownCalls = (ids: readonly string[]) => {
      asked.push(...ids);
      return store.knownCalls(ids);
    };
    const options = { dir, store: { ...store, knownCalls }, openStage: async () => stage };
    await recorder.record(exampleCall(1), 'k');
    assert.equal((await drain({ ...options, mayWait: () => true })).calls, 0);
    assert.deepEqual(asked, []);
    recorder.rotate();
    assert.equal((await drain({ ...options, mayWait: () => true })).calls, 1);
    assert.deepEqual(asked, [exampleCall(1).id]);
    await recorder.close();
    await store.close();
  });

  it('lets a gateway start while it drains', async () => {
    const { dir, store, stage } = await recorded(3);
    let free: boolean | null = null;
    const openStage = async () => {
      const lock = tryLock(dir);
      free = lock !== null;
      lock?.release();
      return stage;
    };
    await drain({ dir, store, openStage });
    assert.equal(free, true);
    await store.close();
  });

  it('takes the other segments where one cannot be read, and says so', async () => {
    const { dir, store, stage } = await recorded(3);
    // A folder under the name of a segment that comes first.
    const broken = join(dir, 'j_0.segment');
    mkdirSync(broken);
    await assert.rejects(drain({ dir, store, openStage: async () => stage }), { code: 'unavailable' });
    assert.equal(await store.countCalls(), 3);
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.endsWith('.segment')),
      ['j_0.segment'],
    );
    await store.close();
  });

  it('seeks nobody in the names and words of schemas, and redacts their prose', async () => {
    const schema = {
      type: 'object',
      properties: {
        quantity: { type: ['integer', 'null'], description: 'as Anna says' },
        ship: { enum: ['now'] },
      },
      required: ['quantity', 'ship'],
    };
    const { dir, store, stageWith, calls } = await recorded(1, (n) => ({
      request: {
        ...exampleCall(n).request,
        tools: [{ name: 'lookup_order', description: 'finds Anna', parameters: schema }],
        responseFormat: { type: 'json_schema', json_schema: { name: 'order', schema } },
      },
    }));
    // A model that sees a person in every word.
    const finder: EntityFinder = {
      find: async (texts) =>
        texts.map((text) =>
          [...text.matchAll(/\p{L}+/gu)].map(({ index, 0: word }) => ({
            kind: 'person' as const,
            start: index,
            end: index + word.length,
          })),
        ),
      close: async () => {},
    };
    await drain({ dir, store, openStage: async () => stageWith(finder) });
    const [{ request } = assert.fail()] = await calls();
    const { description, ...quantity } = schema.properties.quantity;
    const read = request.tools[0]?.parameters as typeof schema;
    assert.deepEqual(read.properties.ship, schema.properties.ship);
    assert.deepEqual(read.required, schema.required);
    const { description: told, ...kept } = read.properties.quantity;
    assert.deepEqual(kept, quantity);
    assert.ok(told !== description && !told.includes('Anna'), told);
    assert.equal(request.tools[0]?.name, 'lookup_order');
    assert.deepEqual(request.responseFormat, {
      type: 'json_schema',
      json_schema: { name: 'order', schema: read },
    });
    await store.close();
  });

  it('lets an answer copy what its call says, whatever the model sees in either', async () => {
    const said = 'my Halden stool from Varde broke';
    const { dir, store, stageWith, calls } = await recorded(1, (n) => {
      const call = exampleCall(n);
      const content = '{"product":"Halden stool","shop":"Varde"}';
      return {
        request: { ...call.request, messages: [{ role: 'user', content: said }] },
        response: { ...call.response, message: { role: 'assistant', content } },
      };
    });
    // A model that sees a brand in prose only, and another in JSON only.
    const finder: EntityFinder = {
      find: async (texts) =>
        texts.map((text) => {
          const word = text === said ? 'Varde' : 'Halden';
          const start = text.indexOf(word);
          return start < 0 ? [] : [{ kind: 'address' as const, start, end: start + word.length }];
        }),
      close: async () => {},
    };
    await drain({ dir, store, openStage: async () => stageWith(finder) });
    const [{ request, response } = assert.fail()] = await calls();
    const mail = request.messages[0]?.content ?? '';
    const { product, shop } = JSON.parse(response?.message.content ?? '') as Record<string, string>;
    assert.ok(!mail.includes('Varde'), mail);
    assert.ok(mail.includes(product!) && mail.includes(shop!), `${mail} ${product} ${shop}`);
    await store.close();
  });

  it('redacts every part, however much comes at once', async () => {
    const noise = (n: number): string =>
      Array.from({ length: 60_000 }, (_, i) => ((i * 7919 + n * 104_729) % 1_000_003).toString(36)).join(' ');
    const { dir, store, stage, calls } = await recorded(6, (n) => ({
      request: {
        ...exampleCall(n).request,
        messages: [
          { role: 'user', content: `Dear Ms Zbigniewska,\n${noise(n)}\nBest regards,\nZofia Kowalczyk` },
        ],
      },
    }));
    await drain({ dir, store, openStage: async () => stage });
    const read = await calls();
    assert.equal(read.length, 6);
    for (const { request } of read)
      assert.doesNotMatch(request.messages[0]?.content ?? '', /Kowalczyk|Zbigniewska/);
    await store.close();
  });

  it('takes a killed process for a death, and one that was asked to end for none', async () => {
    const { dir, store, stage } = await recorded(3);
    const deathsFile = join(dir, 'drain', 'deaths.json');
    const stuck = { ...stage, refine: () => new Promise<never>(() => {}) };
    const dying = { dir, store, openStage: async () => stuck };
    void drain(dying);
    while (!existsSync(deathsFile)) await pause(5);
    const { marked } = JSON.parse(readFileSync(deathsFile, 'utf8'));
    assert.match(marked, /^j_[0-9a-f]+ 0$/);
    const other = temporaryFolder();
    // As another process finds it, once this one is dead.
    for (const name of readdirSync(dir))
      if (name.endsWith('.segment')) cpSync(join(dir, name), join(other, name));
    mkdirSync(join(other, 'drain'));
    cpSync(deathsFile, join(other, 'drain', 'deaths.json'));
    const options = { dir: other, store, openStage: async () => stage };
    const failing = async (): Promise<never> => {
      throw new UnderstudyError('unavailable', 'no model', { hint: '' });
    };
    for (let n = 0; n < 5; n++) await assert.rejects(drain({ ...options, openStage: failing }));
    const counted = JSON.parse(readFileSync(join(other, 'drain', 'deaths.json'), 'utf8'));
    assert.deepEqual(counted, { marked: null, counts: { [marked]: 1 } });
    assert.deepEqual(await drain(options), { ...nothingDrained(), calls: 3 });
    assert.equal(existsSync(join(other, 'drain', 'deaths.json')), false);
    await store.close();
  });

  it('keeps quarantine within its bounds: the oldest go first, and are counted', async () => {
    const { dir, store, stage } = await recorded(1);
    const aside = join(dir, 'quarantine');
    mkdirSync(aside);
    const now = Date.now();
    for (let day = 0; day < 6; day++) {
      const path = join(aside, `j_${day}.segment`);
      writeFileSync(path, Buffer.alloc(100));
      utimesSync(path, (now - day * 86_400_000) / 1000, (now - day * 86_400_000) / 1000);
    }
    const options = { dir, store, openStage: async () => stage };
    const bounded = await drain({ ...options, quarantine: { maxBytes: 1e6, maxDays: 3.5 } });
    assert.deepEqual(bounded, { ...nothingDrained(), calls: 1, removed: 2 });
    const smaller = await drain({ ...options, quarantine: { maxBytes: 250, maxDays: 30 } });
    assert.equal(smaller.removed, 2);
    assert.deepEqual(readdirSync(aside).sort(), ['j_0.segment', 'j_1.segment']);
    assert.deepEqual((await journalState([dir], now)).quarantine, { segments: 2, bytes: 200 });
    await store.close();
  });

  it('tells what waits and for how long', async () => {
    const { dir, store } = await recorded(3);
    const [name] = readdirSync(dir).filter((each) => each.endsWith('.segment'));
    const { mtimeMs, size } = statSync(join(dir, name!));
    const { waiting } = await journalState([dir, join(dir, 'none')], mtimeMs + 90_000);
    assert.deepEqual(waiting, { segments: 1, bytes: size, oldestSeconds: 90 });
    await store.close();
  });
});
