/**
 * What is done at a provider, each thing once: files that are there are used, jobs that are under way are followed,
 * and what may or may not have been done is looked for before it is done again.
 * Does not: remember anything itself (trainer.ts), or send (client.ts).
 */
import { FormData } from 'undici';
import { UnderstudyError } from '../../core/errors.ts';
import { isObject, type Json } from '../../core/json.ts';
import type { FineTuningApi, FineTuningOrder, RemoteJob, RemoteStep } from './apis.ts';
import { type Provider, pause } from './client.ts';

/** A provider, its API, and the signal of the one who waits. */
export interface JobClient {
  readonly api: FineTuningApi;
  readonly provider: Provider;
  readonly signal?: AbortSignal | undefined;
}

/** The id of the file of this name at the provider, which is uploaded where it is not there yet. */
export function findOrUpload(
  { api, provider, signal }: JobClient,
  name: string,
  content: string,
): Promise<string> {
  return findOrDo(
    async () => {
      const files = itemsOf(await provider.get(api.filesPath, signal));
      return files.map(api.readFile).find((file) => file?.name === name)?.id ?? null;
    },
    async () => {
      const form = new FormData();
      for (const [field, value] of Object.entries(api.uploadFields(name))) form.set(field, value);
      form.set('file', new File([content], name, { type: 'application/jsonl' }));
      return api.readFile(await provider.post(api.uploadPath, form, signal))?.id ?? null;
    },
  );
}

/** The id of the job on the order's training file, which is created where there is none that still counts. */
export function findOrCreate(client: JobClient, order: FineTuningOrder): Promise<string> {
  const { api, provider, signal } = client;
  return findOrDo(
    () => findJob(client, order.trainingFile),
    async () =>
      api.readJob(await provider.post(api.jobsPath, api.order(order), signal), Date.now())?.id ?? null,
  );
}

/** A job on this training file that has neither failed nor been cancelled. */
async function findJob({ api, provider, signal }: JobClient, trainingFile: string): Promise<string | null> {
  const jobs = itemsOf(await provider.get(api.listJobsPath, signal));
  const counts = (job: RemoteJob | null): boolean =>
    job?.trainingFile === trainingFile && job.state !== 'failed' && job.state !== 'cancelled';
  return jobs.map((each) => api.readJob(each, Date.now())).find(counts)?.id ?? null;
}

/** How often something that may have been done is looked for and, where it is not there, done again. */
const ATTEMPTS = 4;

async function findOrDo(
  find: () => Promise<string | null>,
  act: () => Promise<string | null>,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    let lists = true;
    const found = await find().catch((error: unknown) => {
      if (!hasCode(error, 'unsupported')) throw error;
      lists = false;
      return null;
    });
    if (found !== null) return found;
    try {
      const id = await act();
      if (id !== null) return id;
      throw unreadable();
    } catch (error) {
      // Where the provider lists nothing, what may have been done must not be done again.
      if (!hasCode(error, 'timed-out') || !lists || attempt === ATTEMPTS) throw error;
    }
  }
}

export interface Report {
  readonly done: number;
  readonly total: number;
  readonly note: string;
  readonly leftMs?: number;
}

/** How a job ended, and the last step that was told of. */
export interface Ending {
  readonly remote: RemoteJob;
  readonly last: RemoteStep | null;
}

const POLL_GROWTH = 1.5;
/** Longest wait between two looks, in first waits. */
const LONGEST_POLL = 12;
/** Answers in a row that cannot be read before it is given up. */
const MAX_UNREADABLE = 5;

/** Looks at the job until it is over, less often while nothing happens. */
export async function follow(
  { api, provider, signal }: JobClient,
  id: string,
  pollMs: number,
  on: (report: Report) => void,
): Promise<Ending> {
  const jobPath = `${api.jobsPath}/${encodeURIComponent(id)}`;
  let last: RemoteStep | null = null;
  let before = '';
  let waitMs = pollMs;
  for (let unread = 0; unread < MAX_UNREADABLE; await pause(waitMs, signal)) {
    const remote = api.readJob(await provider.get(jobPath, signal), Date.now());
    if (remote === null) {
      unread++;
      continue;
    }
    unread = 0;
    last = lastStep(await eventsOf(provider, jobPath, signal), api, last);
    const over = remote.state !== 'under-way';
    const total = last?.steps ?? 0;
    const loss = last?.loss == null ? '' : `, loss ${last.loss.toFixed(3)}`;
    on({
      done: remote.state === 'succeeded' ? total : Math.min(last?.step ?? 0, total),
      total,
      note: `${remote.status} at the provider${loss}`,
      ...(over || remote.leftMs === null ? {} : { leftMs: remote.leftMs }),
    });
    if (over) return { remote, last };
    const now = `${remote.status} ${last?.step}`;
    waitMs = now === before ? Math.min(waitMs * POLL_GROWTH, pollMs * LONGEST_POLL) : pollMs;
    before = now;
  }
  throw unreadable();
}

/** Events only tell how far it is: a provider may have none to give. */
async function eventsOf(
  provider: Provider,
  jobPath: string,
  signal: AbortSignal | undefined,
): Promise<readonly Json[]> {
  return provider.get(`${jobPath}/events`, signal).then(itemsOf, (error: unknown) => {
    if (hasCode(error, 'cancelled')) throw error;
    return [];
  });
}

function lastStep(events: readonly Json[], api: FineTuningApi, before: RemoteStep | null): RemoteStep | null {
  let last = before;
  for (const step of events.map(api.readEvent))
    if (step !== null && step.step >= (last?.step ?? 0))
      last = { ...step, steps: step.steps ?? last?.steps ?? null, loss: step.loss ?? last?.loss ?? null };
  return last;
}

const STOP_MS = 10_000;

/**
 * Tells the provider to stop the job, or one that was being created on this file. The one who waits has gone, so
 * little time is taken.
 * @returns whether no such job is running, as far as is known.
 */
export async function stopJob(client: JobClient, id: string | null, trainingFile: string): Promise<boolean> {
  const { api, provider } = client;
  const signal = AbortSignal.timeout(STOP_MS);
  try {
    const job = id ?? (await findJob({ ...client, signal }, trainingFile));
    if (job !== null) await provider.post(`${api.jobsPath}/${encodeURIComponent(job)}/cancel`, {}, signal);
    return true;
  } catch {
    return false;
  }
}

/** The items of a list, as OpenAI's API wraps them. */
function itemsOf(answer: Json): readonly Json[] {
  return isObject(answer) && Array.isArray(answer.data) ? answer.data : [];
}

function hasCode(error: unknown, code: UnderstudyError['code']): boolean {
  return error instanceof UnderstudyError && error.code === code;
}

function unreadable(): UnderstudyError {
  return new UnderstudyError('unsupported', 'The provider gave an answer that cannot be read.', {
    hint: 'Check train.hosted.baseUrl and train.hosted.api: it must be a fine-tuning API of that kind.',
  });
}
