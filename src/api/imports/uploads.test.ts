import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { configSchema } from '../../core/config.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { DiskOptions } from './disk.ts';
import { uploadFolder } from './folder.ts';
import { openUploads, type Sent } from './uploads.ts';

const dirs: string[] = [];
after(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

type By = Parameters<ReturnType<typeof openUploads>['take']>[1];

function uploadsIn(free: number | DiskOptions, dataDir = mkdtempSync(join(tmpdir(), 'understudy-uploads-'))) {
  dirs.push(dataDir);
  const { admin } = configSchema.parse({});
  const uploads = openUploads({
    config: { admin: { ...admin, maxUploadMb: 1 }, dataDir },
    weightsDir: dataDir,
    onImported: async () => {},
    log: () => {},
    disk: typeof free === 'number' ? { freeBytes: async () => free } : free,
  });
  const all = join(dataDir, 'uploads');
  const files = (): string[] =>
    readdirSync(all, { recursive: true, encoding: 'utf8' }).filter((file) =>
      basename(file).startsWith('import_'),
    );
  return {
    dataDir,
    all,
    files,
    send: (sent: Omit<Sent, 'name'>) => uploads.take({ name: 'a', ...sent }, {} as By),
  };
}

const bodyOf = (chunk: Uint8Array, onPull: () => void = () => {}): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      pull: (controller) => {
        onPull();
        controller.enqueue(chunk);
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );

const refused = (status: number, code: string, message: RegExp) => (error: unknown) =>
  error instanceof UnderstudyError &&
  error.status === status &&
  error.code === code &&
  message.test(error.message) &&
  error.hint !== '';

test('a file that the disk has no room for is refused before any of it is read, one that is too large too', async () => {
  const { send, files } = uploadsIn(500_000);
  const unread = bodyOf(new Uint8Array(1), () => assert.fail('it was read'));
  await assert.rejects(
    send({ body: unread, bytes: 600_000 }),
    refused(507, 'unavailable', /no room.*0 MB are free/),
  );
  await assert.rejects(
    send({ body: unread, bytes: 1_000_001 }),
    refused(413, 'bad-input', /larger than 1 MB/),
  );
  assert.deepEqual(files(), []);
});

test('a file whose size is not told is given up where the disk has no more room, and leaves nothing behind', async () => {
  const { send, files } = uploadsIn(500_000);
  for (let time = 0; time < 2; time++)
    await assert.rejects(
      send({ body: bodyOf(new Uint8Array(600_000)), bytes: null }),
      refused(507, 'unavailable', /no room/),
    );
  assert.deepEqual(files(), []);
});

test('another process on the same data folder leaves an upload that is on its way alone, and removes what is left behind', async () => {
  const { send, files, all, dataDir } = uploadsIn(500_000);
  let rest!: ReadableStreamDefaultController<Uint8Array>;
  const begun = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      rest = controller;
      controller.enqueue(new Uint8Array(10));
    },
    pull: () => begun.resolve(),
  });
  const sending = send({ body, bytes: null });
  await begun.promise;
  const left = join(all, 'uploads_gone');
  mkdirSync(left);
  writeFileSync(join(left, 'import_1'), 'a killed process was at work');
  writeFileSync(join(all, 'import_2.jsonl'), 'of an earlier version');
  const other = uploadsIn(500_000, dataDir);
  assert.equal(files().length, 1);
  assert.equal(existsSync(left), false);
  await assert.rejects(other.send({ body: null, bytes: null }), { status: 400 });
  assert.equal(files().length, 1);
  rest.error(new Error('the sender is gone'));
  await assert.rejects(sending, /the sender is gone/);
  assert.deepEqual(files(), []);
});

test('a folder of uploads is removed with what is in it, and nothing of others', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-uploads-'));
  dirs.push(dataDir);
  const [one, other] = [uploadFolder(dataDir), uploadFolder(dataDir)];
  writeFileSync(join(one.path(), 'import_1'), '');
  writeFileSync(join(other.path(), 'import_2'), '');
  one.remove();
  const names = readdirSync(join(dataDir, 'uploads'), { recursive: true, encoding: 'utf8' }).map((path) =>
    basename(path),
  );
  assert.deepEqual([names.includes('import_1'), names.includes('import_2')], [false, true]);
  other.remove();
});

test('a folder of uploads that somebody has removed is made anew', async () => {
  const { send, all } = uploadsIn(500_000);
  for (let time = 0; time < 3; time++) {
    await assert.rejects(send({ body: null, bytes: null }), refused(400, 'bad-input', /file/));
    rmSync(all, { recursive: true });
  }
});

test('a disk that says nothing, or not in time, is told, and the next file is not kept waiting', async () => {
  let asked = 0;
  const hung = Promise.withResolvers<number>();
  const freeBytes = (): Promise<number> => {
    asked++;
    return hung.promise;
  };
  const { send } = uploadsIn({ freeBytes, maxMs: 1 });
  for (let time = 0; time < 3; time++)
    await assert.rejects(send({ body: null, bytes: 1 }), refused(503, 'unavailable', /does not answer/));
  assert.equal(asked, 1, 'each holds a thread');
  hung.reject(new Error('EIO: i/o error'));
  await assert.rejects(send({ body: null, bytes: 1 }), refused(503, 'unavailable', /EIO|does not answer/));
  const gone = uploadsIn({});
  rmSync(gone.dataDir, { recursive: true });
  await assert.rejects(gone.send({ body: null, bytes: 1 }), refused(503, 'unavailable', /ENOENT/));
});

test('a disk that is full has no room, whether the system or SQLite says so, before a folder is made or after', async () => {
  const full = uploadsIn(0);
  rmSync(full.all, { recursive: true });
  await assert.rejects(full.send({ body: null, bytes: 1 }), refused(507, 'unavailable', /no room/));
  assert.equal(existsSync(full.all), false);
  const { send } = uploadsIn(500_000);
  for (const told of [{ code: 'ENOSPC' }, { code: 'EDQUOT' }, { code: 'ERR_SQLITE_ERROR', errcode: 13 }]) {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(Object.assign(new Error('as the disk says'), told)),
    });
    await assert.rejects(send({ body, bytes: 1 }), refused(507, 'unavailable', /no room/));
  }
});
