/** The thread that records large exchanges: reads them, redacts, seals and writes segments of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { DIALECTS } from '../wire/dialects.ts';
import { readExchange } from '../wire/exchange.ts';
import { type CallWriter, openCallWriter } from './call-writer.ts';
import type { ThreadReply, ThreadRequest, ThreadSettings } from './exchange-thread.ts';
import { compilePolicy, redactText } from './redact/redact.ts';
import { type Sealing, type SealingKeys, sealingWith } from './vault.ts';

const { dir, redaction, maxBodyBytes, segmentBytes } = workerData as ThreadSettings;
const port = parentPort!;
const days = new Map<string, Sealing>();
let writer: CallWriter | null = null;

function writerFor(keys: SealingKeys): CallWriter {
  if (!days.has(keys.day)) days.set(keys.day, sealingWith(keys));
  if (writer) return writer;
  const context = { key: keys.surrogates, policy: compilePolicy(redaction) };
  writer = openCallWriter({
    dir,
    sealing: {
      ...sealingWith(keys),
      // The day's keys came with the exchange.
      seal: (day, text) => days.get(day)!.seal(day, text),
    },
    redact: (text) => redactText(text, context),
    ...(segmentBytes === null ? {} : { segmentBytes }),
  });
  return writer;
}

async function record({ no, exchange, keys }: ThreadRequest & { type: 'record' }): Promise<void> {
  let error: string | null = null;
  try {
    const read = await readExchange(exchange, DIALECTS, maxBodyBytes);
    if (read) await writerFor(keys).write(read.call, read.sender);
  } catch (cause) {
    error = cause instanceof Error ? cause.name : typeof cause;
  }
  port.postMessage({ no, error } satisfies ThreadReply);
}

/** One after the other: two large bodies at once would need the memory of both. */
let queue: Promise<void> = Promise.resolve();
port.on('message', (request: ThreadRequest) => {
  queue = queue.then(async () => {
    if (request.type === 'record') await record(request);
    else if (request.type === 'rotate') writer?.rotate();
    else {
      writer?.close();
      port.close();
    }
  });
});
