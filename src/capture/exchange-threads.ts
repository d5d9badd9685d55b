/**
 * The threads that record large exchanges, one for documents and one for what may take seconds, so that the ones are not
 * behind the others. Tells when a call has waited for others for long enough.
 * Does not: know what a thread does with an exchange (exchange-thread.ts).
 */
import type { RawExchange } from '../core/online.ts';
import {
  type ExchangeThread,
  openExchangeThread,
  sizeOfExchange,
  type ThreadOptions,
} from './exchange-thread.ts';
import type { SealingKeys } from './vault.ts';

/** Longer exchanges, and compressed ones, whose length nobody knows, go to the second thread. */
const MAX_MEDIUM_BYTES = 256 * 1024;
/** An exchange's own time in a thread, about: bytes a millisecond. */
const BYTES_A_MS = 16_000;
/** How much longer it may take because of others, milliseconds. */
const BEHIND_MS = 8;
/** What the first thread may take; the second has many times as much. */
const MEDIUM_MEMORY_MB = 512;

export interface ExchangeThreads extends Omit<ExchangeThread, 'record'> {
  /**
   * @param told.onCopied The bytes are needed here no more.
   * @param told.onBehind Others are recorded at the same time, and it takes longer than it would alone.
   * @throws as ExchangeThread.record.
   */
  record(exchange: RawExchange, keys: SealingKeys, told?: RecordingTold): Promise<void>;
}

export interface RecordingTold {
  readonly onCopied?: (() => void) | undefined;
  readonly onBehind?: (() => void) | undefined;
}

export function openExchangeThreads(options: Omit<ThreadOptions, 'label'>): ExchangeThreads {
  const medium = openExchangeThread({ memoryMb: MEDIUM_MEMORY_MB, ...options, label: '-medium' });
  const large = openExchangeThread({ ...options, label: '-large' });
  let underWay = 0;
  return {
    read: medium.read,
    feedback: medium.feedback,
    async record(exchange, keys, { onCopied, onBehind } = {}) {
      const size = sizeOfExchange(exchange);
      const isCompressed = exchange.request.encoding !== '' || (exchange.response?.encoding ?? '') !== '';
      const thread = isCompressed || size > MAX_MEDIUM_BYTES ? large : medium;
      const isAlone = underWay === 0;
      underWay++;
      const timer = setTimeout(
        () => {
          if (!isAlone || underWay > 1) onBehind?.();
        },
        BEHIND_MS + size / BYTES_A_MS,
      );
      try {
        await thread.record(exchange, keys, onCopied);
      } finally {
        clearTimeout(timer);
        underWay--;
      }
    },
    rotate: () => {
      medium.rotate();
      large.rotate();
    },
    close: async (graceMs) => {
      await Promise.all([medium.close(graceMs), large.close(graceMs)]);
    },
  };
}
