/** The model process, whose event loop a signal stops for good: what a native call that never returns looks like. */
process.on('SIGUSR2', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
await import('../../src/runtime/server/main.ts');
