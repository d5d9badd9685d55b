/** Things that one request at a time may use: who comes when all are taken waits in line. */

import { UnderstudyError } from '../core/errors.ts';
import { requestCancelled } from './cancelled.ts';

export interface Pool<T> {
  /** @throws UnderstudyError 'overloaded' where the line is full, 'cancelled'. */
  take(signal?: AbortSignal): Promise<T>;
  give(item: T): void;
}

/** A pool of these items; at most `waiting` requests stand in line. */
export function pool<T>(items: readonly T[], waiting = 1000): Pool<T> {
  const free = [...items];
  const line: ((item: T) => void)[] = [];
  return {
    take(signal) {
      if (signal?.aborted) return Promise.reject(requestCancelled());
      const item = free.pop();
      if (item !== undefined) return Promise.resolve(item);
      if (line.length >= waiting)
        return Promise.reject(
          new UnderstudyError('overloaded', `${line.length} requests wait for the model already.`, {
            hint: 'Try again later.',
            data: { limit: waiting, actual: line.length },
            status: 429,
          }),
        );
      return new Promise<T>((resolve, reject) => {
        const leave = (): void => {
          line.splice(line.indexOf(enter), 1);
          reject(requestCancelled());
        };
        const enter = (next: T): void => {
          signal?.removeEventListener('abort', leave);
          resolve(next);
        };
        line.push(enter);
        signal?.addEventListener('abort', leave, { once: true });
      });
    },
    give(item) {
      const next = line.shift();
      if (next) next(item);
      else free.push(item);
    },
  };
}
