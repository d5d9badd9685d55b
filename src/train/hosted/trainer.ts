/**
 * The hosted trainer: fine-tuning at a provider, over its files and fine-tuning jobs API. The examples leave this
 * machine (as they are stored: stripped of personal data), so it exists only where it is configured.
 * What was started before a kill is found again, by the state in the job's folder or else by what the provider lists,
 * so that nothing is uploaded or paid for twice.
 * Does not: run the model (runtime/remote.ts), or know what an API calls things (apis.ts).
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FormData } from 'undici';
import { z } from 'zod';
import type { Example } from '../../core/dataset.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import { isObject, type Json, parseJson } from '../../core/json.ts';
import type { OnProgress } from '../../core/progress.ts';
import type { Trainer, TrainingJob } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import { artefactOf, finishedCard, writeCard } from '../card.ts';
import { checkRecipe } from '../recipe.ts';
import { APIS, type FineTuningApi, type RemoteJob, type RemoteStep } from './apis.ts';
import { cancelled, connectProvider, type Provider, pause } from './client.ts';
import { type HostedRecipe, hostedRecipeSchema } from './recipe.ts';

export interface HostedOptions {
  /** With its version path. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** The provider's name of the model to fine-tune; candidates of another base are refused. */
  readonly model: string;
  readonly api?: keyof typeof APIS;
  /** First wait between two looks at the job, 5 s unless told; up to a minute while nothing happens. */
  readonly pollMs?: number;
  /** First wait before a request is sent again, 1 s unless told. */
  readonly retryMs?: number;
}

const POLL_MS = 5000;
const POLL_GROWTH = 1.5;
/** Longest wait between two looks, in first waits. */
const LONGEST_POLL = 12;
/** How often something that may have been done is looked for and, where it is not there, done again. */
const ATTEMPTS = 4;
const STOP_MS = 10_000;

export function hostedTrainer(options: HostedOptions): Trainer {
  return {
    name: 'hosted',
    rungs: ['hosted'],
    train: (job, on, signal) => train(options, job, on, signal),
  };
}

/** What is known of a job's doings at the provider. */
const stateSchema = z.object({
  trainingFile: z.string().nullable(),
  validationFile: z.string().nullable(),
  remoteJob: z.string().nullable(),
});
type State = z.output<typeof stateSchema>;

async function train(
  options: HostedOptions,
  job: TrainingJob,
  on?: OnProgress,
  signal?: AbortSignal,
): Promise<Artefact> {
  const { base, recipe } = check(job, options);
  const training = jsonLines(job.train);
  const validation = jsonLines(job.validation);
  const { baseUrl } = options;
  const of = [baseUrl, base, recipe, job.seed, training, validation];
  const hash = contentHash(JSON.stringify(of), 16);
  const path = join(job.dir, `remote-${hash}.model`);
  const done = finishedCard(hash, path);
  if (done) return artefactOf(done, job.candidate, path);
  if (signal?.aborted) throw cancelled();

  const api = APIS[options.api ?? 'openai'];
  const provider = connectProvider(options);
  const statePath = join(job.dir, `remote-${hash}.state.json`);
  let state = readState(statePath);
  const keep = (known: Partial<State>): void => {
    state = { ...state, ...known };
    writeWhole(statePath, state);
  };
  const started = Date.now();
  try {
    const subject = job.candidate.taskId;
    on?.({ step: 'train', subject, done: 0, total: 0, note: 'sending the examples' });
    const file = (name: string, content: string): Promise<string> =>
      findOrUpload(api, provider, name, content, signal);
    if (state.trainingFile === null)
      keep({ trainingFile: await file(`understudy-${hash}-train.jsonl`, training) });
    if (state.validationFile === null && job.validation.length > 0)
      keep({ validationFile: await file(`understudy-${hash}-validation.jsonl`, validation) });
    const trainingFile = state.trainingFile!;
    if (state.remoteJob === null) {
      const order = api.order({
        ...{ model: base, trainingFile, validationFile: state.validationFile, recipe, seed: job.seed },
      });
      keep({ remoteJob: await findOrCreate(api, provider, order, trainingFile, signal) });
    }
    const id = state.remoteJob!;
    const followed = await follow(
      api,
      provider,
      id,
      options.pollMs ?? POLL_MS,
      (report) => {
        on?.({ step: 'train', subject, ...report });
      },
      signal,
    ).catch(async (error: unknown) => {
      // Told to stop: what would go on costing money is stopped as well.
      if (signal?.aborted && (await stop(api, provider, id))) keep({ remoteJob: null });
      throw error;
    });
    const { remote, last } = followed;
    if (remote.state !== 'succeeded' || remote.model === null) {
      keep({ remoteJob: null });
      throw failed(remote);
    }
    writeWhole(path, { baseUrl, model: remote.model, job: remote.id });
    const { createdAt, finishedAt } = remote;
    const card = writeCard(path, {
      answerKeys: null,
      ...{ job: hash, trainer: 'hosted', base, recipe, seed: job.seed },
      trainedMs: createdAt !== null && finishedAt !== null ? finishedAt - createdAt : Date.now() - started,
      figures: {
        examples: job.train.length,
        validationExamples: job.validation.length,
        ...(last === null ? {} : { steps: last.step }),
        ...(last?.loss == null ? {} : { finalLoss: last.loss }),
        ...(remote.trainedTokens === null ? {} : { tokens: remote.trainedTokens }),
      },
    });
    rmSync(statePath, { force: true });
    return artefactOf(card, job.candidate, path);
  } finally {
    await provider.close();
  }
}

/** Refuses what cannot be trained, before anything is sent. */
function check(
  { candidate, train }: TrainingJob,
  { model }: HostedOptions,
): { readonly base: string; readonly recipe: HostedRecipe } {
  if (candidate.rung !== 'hosted' || candidate.base !== model)
    throw new UnderstudyError(
      'unsupported',
      `The hosted trainer tunes ${model}, not the rung '${candidate.rung}' on ${candidate.base ?? 'nothing'}.`,
      { hint: 'Give it a candidate of the rung hosted with the configured model.' },
    );
  const recipe = checkRecipe(hostedRecipeSchema, candidate.recipe, 'hosted');
  if (train.length === 0)
    throw new UnderstudyError('bad-input', 'There is no example to train on.', {
      hint: 'Capture more calls of this task first.',
    });
  return { base: model, recipe };
}

/** OpenAI fine-tuning format: a conversation a line, asked for later in the same words (runtime/remote.ts). */
function jsonLines(examples: readonly Example[]): string {
  return examples
    .map(({ input, answer }) => {
      const messages = [
        { role: 'user', content: input },
        { role: 'assistant', content: answer },
      ];
      return `${JSON.stringify({ messages })}\n`;
    })
    .join('');
}

/** The id of the file of this name at the provider, which is uploaded where it is not there yet. */
async function findOrUpload(
  api: FineTuningApi,
  provider: Provider,
  name: string,
  content: string,
  signal: AbortSignal | undefined,
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

/** The id of the job on this training file, which is created where there is none that still counts. */
async function findOrCreate(
  api: FineTuningApi,
  provider: Provider,
  order: Json,
  trainingFile: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  return findOrDo(
    async () => {
      const jobs = itemsOf(await provider.get(api.listJobsPath, signal));
      const counts = (job: RemoteJob | null): boolean =>
        job?.trainingFile === trainingFile && job.state !== 'failed' && job.state !== 'cancelled';
      return jobs.map((each) => api.readJob(each, Date.now())).find(counts)?.id ?? null;
    },
    async () => api.readJob(await provider.post(api.jobsPath, order, signal), Date.now())?.id ?? null,
  );
}

/** Looks before it does, and again where it is not known whether it was done. */
async function findOrDo(
  find: () => Promise<string | null>,
  act: () => Promise<string | null>,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const found = await find();
    if (found !== null) return found;
    try {
      const id = await act();
      if (id !== null) return id;
      throw unreadable();
    } catch (error) {
      const unsure = error instanceof UnderstudyError && error.code === 'timed-out';
      if (!unsure || attempt === ATTEMPTS) throw error;
    }
  }
}

interface Report {
  readonly done: number;
  readonly total: number;
  readonly note: string;
  readonly leftMs?: number;
}

/** Looks at the job until it is over, less often while nothing happens. */
async function follow(
  api: FineTuningApi,
  provider: Provider,
  id: string,
  pollMs: number,
  on: (report: Report) => void,
  signal: AbortSignal | undefined,
): Promise<{ readonly remote: RemoteJob; readonly last: RemoteStep | null }> {
  const jobPath = `${api.jobsPath}/${encodeURIComponent(id)}`;
  let last = null as RemoteStep | null;
  let before = '';
  let waitMs = pollMs;
  for (;;) {
    const remote = api.readJob(await provider.get(jobPath, signal), Date.now());
    if (remote === null) throw unreadable();
    const events = itemsOf(await provider.get(`${jobPath}/events`, signal));
    for (const step of events.map(api.readEvent))
      if (step !== null && step.step >= (last?.step ?? 0))
        last = { ...step, steps: step.steps ?? last?.steps ?? null };
    const total = last?.steps ?? 0;
    const over = remote.state !== 'under-way';
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
    await pause(waitMs, signal);
  }
}

/** Tells the provider to stop; whether it heard. The one who waits has gone, so it is asked once. */
async function stop(api: FineTuningApi, provider: Provider, id: string): Promise<boolean> {
  try {
    await provider.post(`${api.jobsPath}/${encodeURIComponent(id)}/cancel`, {}, AbortSignal.timeout(STOP_MS));
    return true;
  } catch {
    return false;
  }
}

/** The items of a list, as OpenAI's API wraps them. */
function itemsOf(answer: Json): readonly Json[] {
  return isObject(answer) && Array.isArray(answer.data) ? answer.data : [];
}

function failed(remote: RemoteJob): UnderstudyError {
  const { status, error } = remote;
  if (remote.state === 'cancelled')
    return new UnderstudyError('cancelled', 'The fine-tuning job was cancelled at the provider.', {
      hint: 'Start it again: files that the provider has are used again.',
    });
  return new UnderstudyError('internal', `The fine-tuning job ended at the provider: ${error ?? status}.`, {
    hint: `Look at ${remote.id} there. Started again, it is a new job on the same files.`,
  });
}

function unreadable(): UnderstudyError {
  return new UnderstudyError('unsupported', 'The provider gave an answer that cannot be read.', {
    hint: 'Check train.hosted.baseUrl and train.hosted.api: it must be a fine-tuning API of that kind.',
  });
}

function readState(path: string): State {
  const read = stateSchema.safeParse(existsSync(path) ? parseJson(readFileSync(path, 'utf8')) : null);
  return read.data ?? { trainingFile: null, validationFile: null, remoteJob: null };
}

function writeWhole(path: string, value: Json): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.part`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(`${path}.part`, path);
}
