/** A thread that finds entities for pool.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { openTokenClassifier } from './classifier.ts';
import type { FindReply, FindRequest } from './pool.ts';

const port = parentPort!;
const finder = openTokenClassifier(workerData as string);
port.on('message', ({ texts }: FindRequest) => {
  finder
    .then((opened) => opened.find(texts))
    .then(
      (found) => port.postMessage({ found } satisfies FindReply),
      (error: unknown) => {
        const message = error instanceof Error ? error.name : typeof error;
        port.postMessage({ error: message } satisfies FindReply);
      },
    );
});
