/**
 * The hosted trainer: fine-tuning at a provider, over its files and fine-tuning jobs API. The examples leave this
 * machine (as they are stored: stripped of personal data), so it exists only where it is configured.
 * What was started before a kill is found again, by the state in the job's folder or else by what the provider lists,
 * so that nothing is uploaded or paid for twice.
 * Does not: run the model (runtime/remote.ts), deal with the provider (jobs.ts), or know what an API calls things
 * (apis.ts).
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Example } from '../../core/dataset.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import { type Json, parseJson } from '../../core/json.ts';
import type { OnProgress } from '../../core/progress.ts';
import type { Proposal, Trainer, TrainingJob } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import { exampleTokens } from '../../core/tokens.ts';
import { artefactOf, finishedCard, writeCard } from '../card.ts';
import { checkRecipe } from '../recipe.ts';
import { APIS, type FineTuningOrder, type RemoteJob } from './apis.ts';
import { cancelled, connectProvider } from './client.ts';
import {
  type Ending,
  findOrCreate,
  findOrUpload,
  follow,
  type JobClient,
  type Report,
  stopJob,
} from './jobs.ts';
import type { HostedRecipe } from './recipe.ts';

export interface HostedOptions {
  /** With its version path. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** The provider's name of the model to fine-tune; candidates of another base are refused. */
  readonly model: string;
  readonly api?: keyof typeof APIS;
  /** First wait between two looks at the job; up to a minute while nothing happens. Default: 5 s. */
  readonly pollMs?: number;
  /** First wait before a request is sent again. Default: 1 s. */
  readonly retryMs?: number;
}

const POLL_MS = 5000;

export function hostedTrainer(options: HostedOptions): Trainer {
  return {
    name: 'hosted',
    propose: (_, { splits }, { speedOf }) => [propose(splits.train, options.model, speedOf(options.model))],
    train: (job, on, signal) => train(options, job, on, signal),
  };
}

/** How fast a provider is, its queue included, only a finished job can tell; it takes none of this machine's time. */
function propose(train: readonly Example[], base: string, speed: number | null): Proposal {
  const work = train.reduce((sum, example) => sum + exampleTokens(example), 0);
  const minutes = speed === null ? null : work / speed / 60;
  return { rung: 'hosted', base, recipe: {}, cost: 'minutes', work, minutes, refusal: null, elsewhere: true };
}

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

  const provider = connectProvider(options);
  const client: JobClient = { api: APIS[options.api ?? 'openai'], provider, signal };
  const known = openNotebook(join(job.dir, `remote-${hash}.state.json`));
  const started = Date.now();
  try {
    const subject = job.candidate.taskId;
    on?.({ step: 'train', subject, done: 0, total: 0, note: 'sending the examples' });
    const files = {
      training: { name: `understudy-${hash}-train.jsonl`, content: training },
      validation: { name: `understudy-${hash}-validation.jsonl`, content: validation },
    };
    const wanted = { model: base, recipe, seed: job.seed };
    const { remote, last } = await tune(client, known, files, wanted, options.pollMs ?? POLL_MS, (report) =>
      on?.({ step: 'train', subject, ...report }),
    );
    if (remote.state !== 'succeeded' || remote.model === null) {
      known.keep({ remoteJob: null });
      throw failed(remote);
    }
    writeWhole(path, { baseUrl, model: remote.model, job: remote.id });
    const { createdAt, finishedAt } = remote;
    const card = writeCard(path, {
      job: hash,
      trainer: 'hosted',
      base,
      recipe,
      seed: job.seed,
      trainedMs: createdAt !== null && finishedAt !== null ? finishedAt - createdAt : Date.now() - started,
      figures: {
        examples: job.train.length,
        validationExamples: job.validation.length,
        ...(last === null ? {} : { steps: last.step }),
        ...(last?.loss == null ? {} : { finalLoss: last.loss }),
        ...(remote.trainedTokens === null ? {} : { paidTokens: remote.trainedTokens }),
      },
    });
    known.forget();
    return artefactOf(card, job.candidate, path);
  } finally {
    await provider.close();
  }
}

/** Sends what has not been sent, orders what has not been ordered, and waits for the end of it. */
async function tune(
  client: JobClient,
  known: Notebook,
  files: Readonly<Record<'training' | 'validation', { readonly name: string; readonly content: string }>>,
  wanted: Pick<FineTuningOrder, 'model' | 'recipe' | 'seed'>,
  pollMs: number,
  on: (report: Report) => void,
): Promise<Ending> {
  const send = async ({ name, content }: (typeof files)['training']): Promise<string | null> =>
    content === '' ? null : findOrUpload(client, name, content);
  const trainingFile = known.state().trainingFile ?? (await send(files.training))!;
  known.keep({ trainingFile });
  const validationFile = known.state().validationFile ?? (await send(files.validation));
  known.keep({ validationFile });
  try {
    const order = { ...wanted, trainingFile, validationFile };
    const remoteJob = known.state().remoteJob ?? (await findOrCreate(client, order));
    known.keep({ remoteJob });
    return await follow(client, remoteJob, pollMs, on);
  } catch (error) {
    // Cancelled: what would cost more money is stopped as well.
    if (client.signal?.aborted && (await stopJob(client, known.state().remoteJob, trainingFile)))
      known.keep({ remoteJob: null });
    throw error;
  }
}

/** Refuses what cannot be trained, before anything is sent. */
function check(
  { candidate, train }: TrainingJob,
  { model, api = 'openai' }: HostedOptions,
): { readonly base: string; readonly recipe: HostedRecipe } {
  if (candidate.rung !== 'hosted' || candidate.base !== model)
    throw new UnderstudyError(
      'unsupported',
      `The hosted trainer tunes ${model}, not the rung '${candidate.rung}' on ${candidate.base ?? 'nothing'}.`,
      { hint: 'Give it a candidate of the rung hosted with the configured model.' },
    );
  const recipe = checkRecipe(APIS[api].recipe, candidate.recipe, 'hosted');
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

function failed({ id, status, error }: RemoteJob): UnderstudyError {
  return new UnderstudyError('internal', `The fine-tuning job ended at the provider: ${error ?? status}.`, {
    hint: `Look at ${id} there. Started again, it is a new job on the same files.`,
  });
}

/** What is known of a job's doings at the provider. */
const stateSchema = z.object({
  trainingFile: z.string().nullable(),
  validationFile: z.string().nullable(),
  remoteJob: z.string().nullable(),
});
type State = z.output<typeof stateSchema>;

/** That knowledge in a file, so that it outlives a kill. */
interface Notebook {
  state(): State;
  keep(known: Partial<State>): void;
  forget(): void;
}

function openNotebook(path: string): Notebook {
  const read = stateSchema.safeParse(existsSync(path) ? parseJson(readFileSync(path, 'utf8')) : null);
  let state = read.data ?? { trainingFile: null, validationFile: null, remoteJob: null };
  return {
    state: () => state,
    keep: (known) => {
      state = { ...state, ...known };
      writeWhole(path, state);
    },
    forget: () => rmSync(path, { force: true }),
  };
}

function writeWhole(path: string, value: Json): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.part`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(`${path}.part`, path);
}
