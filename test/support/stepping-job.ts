/**
 * A job's process whose learning is ten steps, each a line in `steps`, so that a test sees where it resumes. The file
 * `behaviour` says what goes wrong: 'fails' (at step 3), or 'hangs' (deaf to SIGTERM from step 3 on).
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnderstudyError } from '../../src/core/errors.ts';
import type { JobSettings } from '../../src/learn/jobs/job-process.ts';
import { workOn } from '../../src/learn/jobs/work.ts';
import { openStorage } from '../../src/setup/data-folder.ts';
import { sampleLearnReport } from './sample-reports.ts';

const STEPS = 10;
const interrupt = new AbortController();
process.on('SIGTERM', () => interrupt.abort());
process.once('disconnect', () => process.exit(0));
process.once('message', async ({ config, jobId }: JobSettings) => {
  const { store, close } = await openStorage(config);
  const path = join(config.dataDir, 'steps');
  const behaviourFile = join(config.dataDir, 'behaviour');
  const behaviour = existsSync(behaviourFile) ? readFileSync(behaviourFile, 'utf8') : '';
  const done = (): number => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0);
  await workOn(jobId, {
    config,
    store,
    signal: interrupt.signal,
    learn: async (_, onProgress) => {
      for (let step = done() + 1; step <= STEPS; step++) {
        if (behaviour !== 'hangs') interrupt.signal.throwIfAborted();
        if (behaviour === 'fails' && step === 3)
          throw new UnderstudyError('diverged', 'The loss is no number.', { hint: 'Try again.' });
        appendFileSync(path, `${process.pid}\n`);
        onProgress({ step: 'train', done: step, total: STEPS });
        while (behaviour === 'hangs' && step === 3) await sleep(50);
        await sleep(200);
      }
      return sampleLearnReport();
    },
  }).catch(() => undefined);
  await close();
  process.exit(0);
});
