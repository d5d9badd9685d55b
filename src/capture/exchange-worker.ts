/** A thread that records large exchanges: reads them, redacts, seals and writes segments of its own. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { SealedPart } from '../core/store.ts';
import { DIALECTS } from '../wire/dialects.ts';
import { readExchange } from '../wire/exchange.ts';
import { type CallWriter, openCallWriter } from './call-writer.ts';
import {
  MAX_TOLD_BYTES,
  type ThreadReply,
  type ThreadRequest,
  type ThreadSettings,
} from './exchange-thread.ts';
import { readPiece } from './live-redaction.ts';
import { compilePolicy, redactText } from './redact/redact.ts';
import { type Sealing, type SealingKeys, sealingWith } from './vault.ts';

const { dir, redaction, maxBodyBytes, segmentBytes, label } = workerData as ThreadSettings;
const port = parentPort!;
// On Linux a thread has a priority of its own (setpriority(2)): the event loop's turn comes first.
if (process.platform === 'linux') setPriority(10);

const policy = compilePolicy(redaction);
const days = new Map<string, Sealing>();
/** Of the call under way, for the event loop's sealer. */
let sealed: [contentId: string, part: SealedPart][] = [];
let told = 0;
let writer: CallWriter | null = null;

function writerFor(keys: SealingKeys): CallWriter {
  if (days.get(keys.day)?.keyId(keys.day) !== keys.id) days.set(keys.day, sealingWith(keys));
  if (writer) return writer;
  const context = { key: keys.surrogates, policy };
  writer = openCallWriter({
    dir,
    label,
    sealing: {
      ...sealingWith(keys),
      // The day's keys came with the exchange.
      seal: (day, text) => days.get(day)!.seal(day, text),
      keyId: (day) => days.get(day)!.keyId(day),
    },
    redact: (text) => redactText(text, context),
    onSealed: (contentId, part) => {
      told += part.sealed.length;
      // In memory of its own: what is sent takes all of its buffer along.
      if (told <= MAX_TOLD_BYTES) sealed.push([contentId, { ...part, sealed: new Uint8Array(part.sealed) }]);
    },
    ...(segmentBytes === null ? {} : { segmentBytes }),
  });
  return writer;
}

async function record({ exchange, keys }: ThreadRequest & { type: 'record' }): Promise<void> {
  let error: string | null = null;
  sealed = [];
  told = 0;
  try {
    const read = await readExchange(exchange, DIALECTS, maxBodyBytes);
    if ('call' in read) await writerFor(keys).write(read.call, read.sender);
    else if (read.none === 'unreadable') error = 'its body cannot be read';
  } catch (cause) {
    error = cause instanceof Error ? cause.name : typeof cause;
  }
  port.postMessage({ error, sealed } satisfies ThreadReply);
}

async function feedback({ feedback, at, keys }: ThreadRequest & { type: 'feedback' }): Promise<void> {
  let error: string | null = null;
  try {
    await writerFor(keys).writeFeedback(feedback, at);
  } catch (cause) {
    error = cause instanceof Error ? cause.name : typeof cause;
  }
  port.postMessage({ error, sealed: [] } satisfies ThreadReply);
}

function read({ piece, keep, key }: ThreadRequest & { type: 'read' }): void {
  try {
    const made = readPiece(piece, new Set(keep), { key, policy });
    port.postMessage({ error: null, read: made, sealed: [] } satisfies ThreadReply);
  } catch (cause) {
    const error = cause instanceof Error ? cause.name : typeof cause;
    port.postMessage({ error, sealed: [] } satisfies ThreadReply);
  }
}

/** One after the other: two large bodies at once would need the memory of both. */
let queue: Promise<void> = Promise.resolve();
port.on('message', (request: ThreadRequest) => {
  queue = queue.then(async () => {
    if (request.type === 'record') await record(request);
    else if (request.type === 'read') read(request);
    else if (request.type === 'feedback') await feedback(request);
    else if (request.type === 'rotate') writer?.rotate();
    else {
      writer?.close();
      port.close();
    }
  });
});
