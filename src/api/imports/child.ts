/**
 * The process that imports one uploaded file and assesses the calls on record, by the code of `understudy import` and
 * `understudy assess`, at a low priority. Ends with its parent.
 */
import { constants, setPriority } from 'node:os';
import { configSchema } from '../../core/config.ts';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { refuseEmpty } from '../../report/import.ts';
import { openUnderstudy } from '../../understudy.ts';
import type { ImportSays, ImportSettings } from './uploads.ts';

const say = (said: ImportSays): Promise<void> =>
  new Promise((resolve) => (process.send ? process.send(said, () => resolve()) : resolve()));

process.on('SIGINT', () => undefined);
process.once('disconnect', () => process.exit(0));
process.once('message', (settings: ImportSettings) => {
  run(settings)
    .catch((error: unknown) => {
      const hint = error instanceof UnderstudyError ? error.hint : 'The log has more.';
      return say({ type: 'failed', message: messageOf(error), hint });
    })
    .then(() => process.exit(0));
});

async function run({ config, weightsDir, path }: ImportSettings): Promise<void> {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Some containers forbid it.
  }
  let state: 'importing' | 'assessing' = 'importing';
  const understudy = await openUnderstudy({
    config: { ...configSchema.parse({}), ...config },
    weightsDir,
    onProgress: (progress) => {
      // Its subject is the name that the file has here.
      const { subject, ...shown } = progress;
      void say({ type: 'progress', state, progress: state === 'importing' ? shown : progress });
    },
    log: (line) => process.stderr.write(`import: ${line}\n`),
  });
  try {
    const report = await understudy.import([path]);
    await say({ type: 'imported', report });
    refuseEmpty(report);
    state = 'assessing';
    await say({ type: 'assessed', report: await understudy.assess() });
  } finally {
    await understudy.close();
  }
}
