/** A thread that finds entities for pool.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { openTokenClassifier } from './classifier.ts';
import type { FindReply, FindRequest } from './pool.ts';

const port = parentPort!;
const finder = openTokenClassifier(workerData as string);
port.on('message', ({ no, texts }: FindRequest) => {
  finder
    .then((opened) => opened.find(texts))
    .then(
      (found) => port.postMessage({ no, found } satisfies FindReply),
      (error: unknown) => {
        const message = error instanceof Error ? error.name : typeof error;
        port.postMessage({ no, error: message } satisfies FindReply);
      },
    );
});
