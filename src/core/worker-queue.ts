/**
 * Requests to a worker thread, one after the other, each answered by one message. The next is sent once the one before it is
 * answered, so a thread that dies takes with it the request in work and no other: those that wait go to a new thread.
 * Does not: know what is asked, or what a thread has left behind (onEnd).
 */
import type { Transferable, Worker } from 'node:worker_threads';

export interface WorkerQueue<Request, Reply> {
  /** Requests that are not answered yet, the one in work included. */
  readonly waiting: number;
  /**
   * @param transfer Moved to the thread with the request.
   * @throws as `failure` where the thread died or was too slow with this very request, or the queue was closed.
   */
  ask(request: Request, transfer?: readonly Transferable[]): Promise<Reply>;
  /** A message that has no answer, to the thread if one runs. */
  tell(message: Request): void;
  /** Lets the thread answer what waits, within `graceMs`; then says `last` to it and waits for its end. */
  close(graceMs: number, last?: Request): Promise<void>;
}

export interface WorkerQueueOptions {
  readonly start: () => Worker;
  /** The error for a request that came to nothing; `why` quotes no payload. */
  readonly failure: (why: string) => Error;
  /** A thread ended that was not asked to. */
  readonly onEnd?: () => void;
  /** A thread that takes longer over one request is ended. Default: no limit. */
  readonly maxMs?: number;
}

interface Job<Request, Reply> {
  readonly request: Request;
  readonly transfer: readonly Transferable[];
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

export function workerQueue<Request, Reply>(options: WorkerQueueOptions): WorkerQueue<Request, Reply> {
  const { failure, onEnd, maxMs } = options;
  const queue: Job<Request, Reply>[] = [];
  let worker: Worker | null = null;
  let inWork: Job<Request, Reply> | null = null;
  let jobTimer: NodeJS.Timeout | undefined;
  let tooSlow = false;
  let closed: Promise<void> | null = null;
  let onIdle = (): void => {};

  const settle = (settled: (job: Job<Request, Reply>) => void): void => {
    clearTimeout(jobTimer);
    const job = inWork;
    inWork = null;
    worker?.unref();
    if (job) settled(job);
    next();
  };
  const started = (): Worker => {
    if (worker) return worker;
    const thread = options.start();
    const ended = (why: string): void => {
      if (worker !== thread) return;
      worker = null;
      onEnd?.();
      const reason = tooSlow ? 'it took too long' : why;
      tooSlow = false;
      settle((job) => job.reject(failure(reason)));
    };
    thread.on('message', (reply: Reply) => {
      if (worker === thread) settle((job) => job.resolve(reply));
    });
    thread.on('messageerror', () => {
      if (worker === thread) settle((job) => job.reject(failure('its reply cannot be read')));
    });
    thread.on('error', (error: Error & { code?: string }) => ended(error.code ?? error.name));
    thread.on('exit', () => ended('the thread ended'));
    thread.unref();
    worker = thread;
    return thread;
  };
  const next = (): void => {
    if (inWork !== null) return;
    const job = queue.shift();
    if (job === undefined) {
      onIdle();
      return;
    }
    inWork = job;
    try {
      const thread = started();
      // Whoever waits for the answer keeps the program alive; an idle thread does not.
      thread.ref();
      thread.postMessage(job.request, job.transfer);
      if (maxMs === undefined) return;
      jobTimer = setTimeout(() => {
        tooSlow = true;
        void thread.terminate();
      }, maxMs);
    } catch (error) {
      // Where not even a thread can be started.
      settle((failed) => failed.reject(failure(error instanceof Error ? error.name : typeof error)));
    }
  };

  return {
    get waiting() {
      return queue.length + (inWork ? 1 : 0);
    },
    ask: (request, transfer = []) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(failure('closed'));
        queue.push({ request, transfer, resolve, reject });
        next();
      }),
    tell: (message) => worker?.postMessage(message),
    close: (graceMs, last) => {
      closed ??= (async () => {
        let timer: NodeJS.Timeout | undefined;
        if (inWork !== null) {
          await new Promise<void>((resolve) => {
            onIdle = resolve;
            timer = setTimeout(resolve, graceMs);
          });
        }
        const left = [...(inWork ? [inWork] : []), ...queue.splice(0)];
        for (const { reject } of left) reject(failure('closed'));
        inWork = null;
        clearTimeout(timer);
        clearTimeout(jobTimer);
        const thread = worker;
        worker = null;
        if (thread === null) return;
        if (left.length > 0 || last === undefined) {
          await thread.terminate();
          return;
        }
        thread.ref();
        const exited = new Promise((resolve) => thread.once('exit', resolve));
        thread.postMessage(last);
        timer = setTimeout(() => void thread.terminate(), graceMs);
        await exited;
        clearTimeout(timer);
      })();
      return closed;
    },
  };
}
