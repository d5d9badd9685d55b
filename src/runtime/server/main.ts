/**
 * The model process: takes its settings over the channel to its parent, listens on a free port of the loopback
 * address, tells the parent which, and ends when the parent does.
 * Does not: log anything of a request.
 */
import type { AddressInfo } from 'node:net';
import { setPriority } from 'node:os';
import type { Bert } from '../../models/encoder/bert.ts';
import { modelServer } from './http.ts';
import { languageModel } from './language.ts';
import { startPulse } from './pulse.ts';
import { messageSchema } from './settings.ts';
import { extractorStore, tuningStore } from './tunings.ts';

process.once('message', async (message) => {
  const progress = await startPulse();
  const settings = messageSchema.parse(message);
  let bert: Promise<Bert> | undefined;
  const { encoderDir, language } = settings;
  const server = modelServer({
    baseName: language?.name ?? '',
    token: settings.token,
    tuning: tuningStore(),
    extractor: extractorStore(),
    language:
      language === null
        ? null
        : languageModel({
            modelPath: language.path,
            copiesDir: language.copiesDir,
            threads: settings.threads,
            sequences: settings.sequences,
            contextTokens: settings.contextTokens,
            contexts: settings.contexts,
            progress,
          }),
    encoder:
      encoderDir === null
        ? null
        : () => {
            // Only now: language models run also where onnxruntime has no build.
            bert ??= import('../../models/encoder/bert.ts').then(({ loadBert }) =>
              loadBert(encoderDir, { threads: settings.threads }),
            );
            bert.catch(() => {
              bert = undefined;
            });
            return bert;
          },
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
});
// The gateway's turn comes first: its work is a fraction of a millisecond, and an agent waits for it.
setPriority(10);
process.once('disconnect', () => process.exit(0));
// ctrl-C reaches the whole group; the parent decides when this ends.
process.on('SIGINT', () => undefined);
