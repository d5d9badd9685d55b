/**
 * The process that works on one job, at a low priority: it may use much memory and block its thread, and takes both with it
 * when it ends. It ends with its parent, and the job is resumed by the next one.
 */
import { constants, setPriority } from 'node:os';
import { UnderstudyError } from '../../core/errors.ts';
import { connectLlm } from '../../evaluate/llm.ts';
import { openUnderstudy } from '../../understudy.ts';
import type { JobSettings } from './job-process.ts';
import { workOn } from './work.ts';

const interrupt = new AbortController();
const stop = (): void =>
  interrupt.abort(new UnderstudyError('cancelled', 'The job was stopped.', { hint: 'It can be resumed.' }));

// Ctrl-C reaches the whole group; the parent decides when this ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', stop);
process.once('disconnect', () => process.exit(0));
process.once('message', (settings: JobSettings) => {
  run(settings).then(
    () => process.exit(0),
    (error: unknown) => {
      // What failed is on the job's record; only what could not be written there is told.
      if (!interrupt.signal.aborted) process.stderr.write(`learning: ${String(error)}\n`);
      process.exit(1);
    },
  );
});

async function run({ config, weightsDir, jobId }: JobSettings): Promise<void> {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Some containers forbid it; learning works all the same.
  }
  const apiKey = process.env.OPENAI_API_KEY;
  const llm =
    config.learn.askAgain && apiKey ? connectLlm({ baseUrl: config.upstream.baseUrl, apiKey }) : null;
  let report: Parameters<Parameters<typeof workOn>[1]['learn']>[1] = () => {};
  const understudy = await openUnderstudy({
    config,
    weightsDir,
    signal: interrupt.signal,
    onProgress: (progress) => report(progress),
    log: (line) => process.stderr.write(`learning: ${line}\n`),
    ...(llm ? { askAgain: llm.ask } : {}),
  });
  try {
    await workOn(jobId, {
      config,
      signal: interrupt.signal,
      store: await understudy.store(),
      learn: (options, onProgress) => {
        report = onProgress;
        return understudy.learn(options);
      },
    });
  } finally {
    await understudy.close();
    await llm?.close();
  }
}
