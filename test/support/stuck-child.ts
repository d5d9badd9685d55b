/** The model process, whose event loop a signal stops for good: what a native call that never returns looks like. */
import { writeSync } from 'node:fs';

process.on('SIGUSR2', () => {
  writeSync(2, 'stuck');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
await import('../../src/runtime/server/main.ts');
