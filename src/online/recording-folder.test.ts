import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Capture, openRecordingFolder, type RecordingFolderOptions } from './recording-folder.ts';

/** A data folder that counts how often it is closed, and what is needed beside it. */
function parts(over: Partial<RecordingFolderOptions> = {}) {
  const lines: string[] = [];
  const counts = { closed: 0 };
  const capture = {
    redaction: () => () => null,
    close: async () => {
      counts.closed++;
    },
  } as unknown as Capture;
  const options = {
    open: () => capture,
    vocabulary: () => new Map(),
    losses: { add: () => {} } as unknown as RecordingFolderOptions['losses'],
    log: (line: string) => lines.push(line),
    ...over,
  };
  return { capture, options, counts, lines };
}

test('a folder that is being opened while the gateway closes is closed, too', async (context) => {
  let tries = 0;
  let finish = (): void => {};
  const { capture, options, counts } = parts();
  const folder = await openRecordingFolder({
    ...options,
    open: async () => {
      if (tries++ === 0) throw new Error('no disk');
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return capture;
    },
  });
  const later = performance.now() + 3_600_000;
  context.mock.method(performance, 'now', () => later);
  const retried = folder.retry();
  const closed = folder.close();
  finish();
  await Promise.all([retried, closed]);
  assert.deepEqual([tries, counts.closed], [2, 1]);
  await folder.retry();
  assert.equal(tries, 2);
});

test('what follows the opening is tried again where it fails, and calls are recorded meanwhile', async () => {
  let tries = 0;
  const { options, lines } = parts({
    onOpen: () => {
      if (tries++ < 2) throw new Error('locked');
    },
  });
  const folder = await openRecordingFolder(options);
  assert.deepEqual(folder.state(), { state: 'open' });
  assert.doesNotMatch(lines.join(), /not recorded/);
  for (let i = 0; i < 3; i++) await folder.retry();
  assert.equal(tries, 3);
});
