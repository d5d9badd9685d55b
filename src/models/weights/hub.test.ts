import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, get as forward } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { type HubServer, sha256, startHubServer } from '../../../test/support/hub-server.ts';
import type { Progress } from '../../core/progress.ts';
import type { CatalogueEntry } from './entry.ts';
import { chooseFiles, quantisationOf } from './hub.ts';
import { addOwn } from './own.ts';
import { readPin } from './pins.ts';
import { ensureWeights, verifyWeights, type WeightsOptions } from './weights.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-hub-'));
after(() => rmSync(root, { recursive: true }));

const MODEL = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
const OTHER = Buffer.from(MODEL.map((byte) => byte ^ 1));
const TOKEN = 'hf_secret_of_the_test';

const entry: CatalogueEntry = {
  name: 'tiny',
  kind: 'language',
  parameters: 1,
  architecture: 'llama',
  context: 64,
  license: 'MIT',
  languages: [],
  promptFormat: null,
  toolFormat: null,
  quantisation: 'Q8_0',
  diskBytes: 1,
  tools: 'none',
  memory: { bytes: 1, measured: false },
  benchmarks: [],
  files: [],
  sources: [{ kind: 'hub', repository: 'maker/tiny-GGUF' }],
};

let hub: HubServer;
let dataDir: string;
beforeEach(async () => {
  hub = await startHubServer({
    'maker/tiny-GGUF': { files: { 'tiny-Q8_0.gguf': MODEL, 'tiny-Q4_K_M.gguf': OTHER, 'README.md': OTHER } },
    'maker/gated-GGUF': { files: { 'gated-q8_0.gguf': MODEL }, gated: TOKEN },
  });
  dataDir = mkdtempSync(join(root, 'data-'));
  addOwn(dataDir, entry);
  addOwn(dataDir, { ...entry, name: 'gated', sources: [{ kind: 'hub', repository: 'maker/gated-GGUF' }] });
  addOwn(dataDir, { ...entry, name: 'absent', sources: [{ kind: 'hub', repository: 'maker/absent' }] });
});
afterEach(() => hub.close());

const options = (more: Partial<WeightsOptions> = {}): WeightsOptions => ({
  dataDir,
  waitMs: () => 20,
  ...more,
  env: { HF_ENDPOINT: hub.endpoint, HF_HOME: join(dataDir, 'no-cache'), ...more.env },
});
const home = (): string => join(dataDir, 'weights', 'tiny');
/** What lies in the model's folder. */
const left = (): string[] => readdirSync(home()).sort();

describe('a model of the hub', () => {
  test('is fetched, checked, pinned, and found without the hub from then on', async () => {
    const seen: Progress[] = [];
    const { path } = await ensureWeights('tiny', options({ onProgress: (each) => seen.push(each) }));
    assert.deepEqual(readFileSync(path), MODEL);
    assert.deepEqual(left(), ['checked', 'pinned.json', 'tiny-Q8_0.gguf']);
    const pin = readPin(home())!;
    assert.equal(pin.commit, 'a'.repeat(40));
    assert.deepEqual(pin.files, [{ name: 'tiny-Q8_0.gguf', bytes: MODEL.length, sha256: sha256(MODEL) }]);
    assert.match(seen.at(-1)!.note!, /maker\/tiny-GGUF/);
    assert.equal(seen.at(-1)!.done, seen.at(-1)!.total);
    for (const file of left()) assert.equal(statSync(join(home(), file)).mode & 0o077, 0, file);
    const asked = hub.asked.length;
    assert.equal((await ensureWeights('tiny', options())).path, path);
    assert.equal(hub.asked.length, asked);
  });

  test('resumes by a range after each cut, and fetches no byte twice', async () => {
    // What was on its way when a connection is cut may be lost: slow enough for the first pieces to be there.
    hub.misbehaviour.slowMs = 2;
    hub.misbehaviour.cuts = [60_000, 1, 50_000];
    const { path } = await ensureWeights('tiny', options());
    assert.deepEqual(readFileSync(path), MODEL);
    assert.ok(hub.asked.some((line) => / bytes=\d+-$/.test(line)));
    // What is in flight when a connection is cut may be lost, never more than what came after the last byte that was kept.
    assert.ok(hub.sent() < MODEL.length + 100_000, `${hub.sent()}`);
  });

  test('resumes in another process where the first was stopped', async () => {
    const stop = new AbortController();
    hub.misbehaviour.slowMs = 5;
    const stopped = ensureWeights(
      'tiny',
      options({ signal: stop.signal, onProgress: ({ done }) => (done > 0.05 ? stop.abort() : undefined) }),
    );
    await assert.rejects(stopped, { code: 'cancelled' });
    const kept = statSync(join(home(), 'tiny-Q8_0.gguf.part')).size;
    assert.ok(kept > 0 && kept < MODEL.length);
    assert.equal(existsSync(join(home(), 'fetching')), false);
    hub.misbehaviour.slowMs = 0;
    assert.deepEqual(readFileSync((await ensureWeights('tiny', options())).path), MODEL);
    assert.ok(hub.asked.some((line) => line.endsWith(` bytes=${kept}-`)));
  });

  test('resumes where a process was killed', async () => {
    hub.misbehaviour.slowMs = 40;
    const cli = join(import.meta.dirname, '../../cli.ts');
    const { PATH } = process.env;
    const child = spawn(process.execPath, [cli, 'models', 'download', 'tiny', '--data-dir', dataDir], {
      env: { PATH, HF_ENDPOINT: hub.endpoint, HF_HOME: join(dataDir, 'no-cache') },
      stdio: 'ignore',
    });
    const part = join(home(), 'tiny-Q8_0.gguf.part');
    while ((statSync(part, { throwIfNoEntry: false })?.size ?? 0) === 0 && child.exitCode === null)
      await pause(20);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const kept = statSync(part).size;
    assert.ok(kept > 0 && kept < MODEL.length, `${kept}`);
    hub.misbehaviour.slowMs = 0;
    assert.deepEqual(readFileSync((await ensureWeights('tiny', options())).path), MODEL);
    assert.ok(hub.asked.some((line) => line.endsWith(` bytes=${kept}-`)));
  });

  test('takes over the lock of a process that is gone, and not that of one that lives', async () => {
    mkdirSync(home(), { recursive: true });
    writeFileSync(join(home(), 'fetching'), String(process.pid));
    await assert.rejects(ensureWeights('tiny', options()), { code: 'in-use' });
    writeFileSync(join(home(), 'fetching'), '4194304');
    await ensureWeights('tiny', options());
  });

  test('starts anew where the server ignores ranges', async () => {
    hub.misbehaviour.ignoresRanges = true;
    hub.misbehaviour.cuts = [30_000];
    assert.deepEqual(readFileSync((await ensureWeights('tiny', options())).path), MODEL);
  });

  test('does not resume a part of another content', async () => {
    mkdirSync(home(), { recursive: true });
    writeFileSync(join(home(), 'tiny-Q8_0.gguf.part'), OTHER.subarray(0, 1000));
    assert.deepEqual(readFileSync((await ensureWeights('tiny', options())).path), MODEL);
  });

  test('is refused where another content comes than the hub promised, and nothing is left of it', async () => {
    hub.misbehaviour.swapped = OTHER;
    await assert.rejects(ensureWeights('tiny', options()), { code: 'corrupt' });
    assert.deepEqual(left(), []);
    hub.misbehaviour.swapped = null;
    await ensureWeights('tiny', options());
  });

  test('is refused where more or fewer bytes come than were promised', async () => {
    for (const body of [MODEL.subarray(0, 1000), Buffer.concat([MODEL, OTHER])]) {
      hub.misbehaviour.swapped = body;
      await assert.rejects(ensureWeights('tiny', options()), { code: 'corrupt' });
    }
  });

  test('of another content than at first is refused after it was deleted', async () => {
    const { path } = await ensureWeights('tiny', options());
    rmSync(path);
    hub.publish('maker/tiny-GGUF', { files: { 'tiny-Q8_0.gguf': OTHER } });
    await assert.rejects(ensureWeights('tiny', options()), { code: 'corrupt' });
    // The hub has moved on: its earlier commit is asked for.
    hub.publish('maker/tiny-GGUF', { files: { 'tiny-Q8_0.gguf': MODEL } });
    await ensureWeights('tiny', options());
    assert.ok(hub.asked.some((line) => line.includes(`/revision/${'a'.repeat(40)}`)));
  });

  test('that was changed on disk is deleted when it is verified', async () => {
    const { path } = await ensureWeights('tiny', options());
    writeFileSync(path, OTHER);
    const own = { ...entry };
    await assert.rejects(verifyWeights(own, options()), { code: 'corrupt' });
    assert.equal(existsSync(path), false);
  });

  test('is not begun where the disk has no room', async () => {
    const full = options({ freeBytes: () => 1000 });
    await assert.rejects(ensureWeights('tiny', full), { code: 'unavailable', status: 507 });
    assert.equal(hub.sent(), 0);
  });

  test('is tried again while the server is busy, and given up when it stays so', async () => {
    hub.misbehaviour.statuses = [503, 429];
    await ensureWeights('tiny', options());
    rmSync(home(), { recursive: true });
    hub.misbehaviour.statuses = Array(20).fill(500);
    await assert.rejects(ensureWeights('tiny', options()), { code: 'unavailable' });
    assert.equal(hub.misbehaviour.statuses.length, 16);
  });

  test('says so where what answers is no hub, nobody answers, or it is set offline', async () => {
    hub.misbehaviour.nonsense = true;
    await assert.rejects(ensureWeights('tiny', options()), { code: 'unavailable', hint: /HF_ENDPOINT/ });
    const env = { HF_ENDPOINT: 'http://127.0.0.1:1' };
    await assert.rejects(ensureWeights('tiny', options({ env })), { code: 'unavailable' });
    const asked = hub.asked.length;
    await assert.rejects(ensureWeights('tiny', options({ env: { HF_HUB_OFFLINE: '1' } })), {
      code: 'unavailable',
    });
    await assert.rejects(ensureWeights('tiny', options({ env: { HF_ENDPOINT: 'hub' } })), {
      code: 'bad-config',
    });
    assert.equal(hub.asked.length, asked);
  });
});

describe('the token', () => {
  const env = { HF_TOKEN: TOKEN };

  test('opens a gated model, and never reaches the host that is redirected to', async () => {
    await ensureWeights('gated', options({ env }));
    assert.ok(hub.tokens.hub.every((token) => token === `Bearer ${TOKEN}`));
    assert.deepEqual(new Set(hub.tokens.content), new Set([undefined]));
  });

  test('is asked for where there is none, with where to accept the licence, and stands in no message', async () => {
    await assert.rejects(ensureWeights('gated', options()), {
      code: 'unavailable',
      hint: /Accept it at http.*maker\/gated-GGUF.*HF_TOKEN/,
    });
    for (const [name, more] of [
      ['gated', { HF_TOKEN: 'hf_wrong_one' }],
      ['absent', env],
    ] as const) {
      const error = await ensureWeights(name, options({ env: more })).then(
        () => assert.fail('it was given'),
        (thrown: unknown) => thrown as Error & { hint: string; data: object },
      );
      assert.doesNotMatch(`${error.stack} ${error.hint} ${JSON.stringify(error.data)}`, /hf_/);
    }
  });
});

describe('a proxy', () => {
  test('is used where the environment names one, unless the hub is exempt', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      // As http goes through a proxy: the whole address in the request line.
      asked.push(request.url ?? '');
      const onward = forward(request.url ?? '', { headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      onward.end();
    });
    proxy.on('connect', (request, socket, head) => {
      asked.push(request.url ?? '');
      const [host = '', port] = (request.url ?? '').split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      await ensureWeights('tiny', options({ env: { http_proxy: address } }));
      const hubHost = new URL(hub.endpoint).host;
      assert.ok(asked.some((url) => url.includes(hubHost)));
      const count = asked.length;
      rmSync(home(), { recursive: true });
      await ensureWeights('tiny', options({ env: { HTTP_PROXY: address, NO_PROXY: '127.0.0.1' } }));
      assert.equal(asked.length, count);
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });
});

describe('an encoder', () => {
  test('is its three files, the small ones checked by git’s hash', async () => {
    const files = {
      'model.safetensors': MODEL,
      'tokenizer.json': Buffer.from('{"a":1}'),
      'config.json': Buffer.from('{}'),
      'pytorch_model.bin': OTHER,
    };
    hub.publish('maker/bert', { files });
    addOwn(dataDir, {
      ...entry,
      name: 'bert',
      kind: 'encoder',
      quantisation: null,
      dimensions: 2,
      sources: [{ kind: 'hub', repository: 'maker/bert' }],
    });
    const { path } = await ensureWeights('bert', options());
    assert.deepEqual(readFileSync(join(path, 'tokenizer.json')), files['tokenizer.json']);
    assert.equal(existsSync(join(path, 'pytorch_model.bin')), false);
    rmSync(path, { recursive: true });
    hub.publish('maker/bert', { files: { ...files, 'config.json': Buffer.from('[]') } });
    hub.misbehaviour.swapped = Buffer.from('{}');
    await assert.rejects(ensureWeights('bert', options()), { code: 'corrupt' });
  });
});

describe('what is on this machine already', () => {
  test('is taken from the user’s folder, and pinned', async () => {
    const users = join(dataDir, 'users');
    mkdirSync(join(users, 'tiny'), { recursive: true });
    writeFileSync(join(users, 'tiny', 'mine-Q8_0.gguf'), MODEL);
    const env = { UNDERSTUDY_WEIGHTS: users };
    const found = await ensureWeights('tiny', options({ env, offline: true }));
    assert.equal(found.path, join(users, 'tiny', 'mine-Q8_0.gguf'));
    writeFileSync(found.path, OTHER);
    await assert.rejects(ensureWeights('tiny', options({ env, offline: true })), { code: 'corrupt' });
    assert.equal(existsSync(found.path), true);
    assert.equal(hub.asked.length, 0);
  });

  test('is taken from the cache of the hub’s own tools where it lies', async () => {
    const cache = join(dataDir, 'cache');
    const repository = join(cache, 'hub', 'models--maker--tiny-GGUF');
    const [blobs, snapshot] = [join(repository, 'blobs'), join(repository, 'snapshots', 'b'.repeat(40))];
    for (const dir of [blobs, snapshot, join(repository, 'refs')]) mkdirSync(dir, { recursive: true });
    writeFileSync(join(repository, 'refs', 'main'), 'b'.repeat(40));
    writeFileSync(join(blobs, sha256(MODEL)), MODEL);
    symlinkSync(join(blobs, sha256(MODEL)), join(snapshot, 'tiny-Q8_0.gguf'));
    const env = { HF_HOME: cache };
    const found = await ensureWeights('tiny', options({ env }));
    assert.equal(found.dir, snapshot);
    assert.equal(readPin(home())!.commit, 'b'.repeat(40));
    assert.equal(hub.asked.length, 0);
    rmSync(home(), { recursive: true });
    writeFileSync(join(blobs, sha256(MODEL)), OTHER);
    await assert.rejects(ensureWeights('tiny', options({ env })), { code: 'corrupt' });
  });
});

describe('the file of a language model', () => {
  test('is the one of the quantisation, neither a projector nor one of several parts', () => {
    const names = [
      'a-Q4_K_M-optimized.gguf',
      'a-Q4_K_M.gguf',
      'a-Q4_K_S.gguf',
      'a-q8_0.gguf',
      'mmproj-a-Q8_0.gguf',
      'a-BF16.gguf',
      'README.md',
    ];
    const repository = {
      commit: '',
      files: names.map((name) => ({ name, bytes: 1, sha256: null, gitSha1: undefined })),
    };
    const chosen = (quantisation: string): string =>
      chooseFiles({ ...entry, quantisation }, { kind: 'hub', repository: 'a/b' }, repository)[0]!.name;
    assert.equal(chosen('Q4_K_M'), 'a-Q4_K_M.gguf');
    assert.equal(chosen('Q8_0'), 'a-q8_0.gguf');
    assert.equal(chosen('BF16'), 'a-BF16.gguf');
    assert.throws(() => chosen('Q5_K_M'), { code: 'not-found' });
    const parts = { commit: '', files: [{ ...repository.files[0]!, name: 'a-q4_k_m-00001-of-00002.gguf' }] };
    assert.throws(
      () => chooseFiles({ ...entry, quantisation: 'Q4_K_M' }, { kind: 'hub', repository: 'a/b' }, parts),
      {
        code: 'unsupported',
      },
    );
  });

  test('has its quantisation read from any name that holds it', () => {
    const known = [
      'Q4_0',
      'Q4_1',
      'Q5_0',
      'Q8_0',
      'Q4_K_M',
      'Q4_K_S',
      'Q6_K',
      'IQ4_XS',
      'BF16',
      'F16',
      'F32',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...known),
        fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}(-[0-9]{1,2}[bB])?$/),
        fc.constantFrom('-', '.', '_'),
        fc.boolean(),
        (quantisation, name, separator, small) => {
          const written = small ? quantisation.toLowerCase() : quantisation;
          assert.equal(quantisationOf(`${name}${separator}${written}.gguf`), quantisation);
        },
      ),
    );
  });
});
