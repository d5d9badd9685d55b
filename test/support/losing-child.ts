/** A process that counts losses in a data folder: one at a time, with pauses, for tests of two that do so at once. */
import { setTimeout as pause } from 'node:timers/promises';
import { openLosses } from '../../src/capture/losses.ts';

const [dataDir = '', count = '0', pauseMs = '0', ending = 'close'] = process.argv.slice(2);
const losses = openLosses(dataDir);
for (let n = 0; n < Number(count); n++) {
  losses.add(n % 3 === 0 ? 'not-recorded' : 'damaged-in-journal');
  await pause(Number(pauseMs));
}
if (ending === 'close') await losses.close();
else {
  // Alive, and not closed, until it is killed.
  process.stdout.write('counted\n');
  setInterval(() => {}, 1000);
}
