/**
 * Loaded into every file of tests: a file that does not end by itself once its tests are done says what keeps it open and
 * fails, instead of holding up all that come after it (`--test-timeout` ends tests, not what they left behind).
 */
import { after } from 'node:test';

const GRACE_MS = 60_000;

if (process.argv[1]?.endsWith('.test.ts')) {
  after(() => {
    setTimeout(() => {
      console.error(
        `The tests of ${process.argv[1]} are done, and this is still open: ` +
          `${process.getActiveResourcesInfo().join(', ')}. Close it in an \`after\` hook.`,
      );
      process.exit(1);
    }, GRACE_MS).unref();
  });
}
