/** A process that records calls and prints the id of each once it is acknowledged: for tests that kill it. */
import { join } from 'node:path';
import { openRecorder } from '../../src/capture/recorder.ts';
import { exampleCall } from './calls.ts';
import { openDataFolder, REDACTION } from './data-folder.ts';

const [dataDir = '', count = '0'] = process.argv.slice(2);
const { store, vault } = openDataFolder(dataDir, { env: process.env });
const recorder = await openRecorder({
  dir: join(dataDir, 'journal'),
  vault,
  redaction: REDACTION,
  log: (line) => console.error(line),
});
for (let n = 0; n < Number(count); n += 3) {
  const ids = await Promise.all(
    [n, n + 1, n + 2].map(async (i) => {
      const before = recorder.counts.failed;
      await recorder.record(exampleCall(i, { at: Date.now() }), 'key');
      return recorder.counts.failed === before ? `call_${i}\n` : '';
    }),
  );
  process.stdout.write(ids.join(''));
}
await recorder.close();
await store.close();
