/**
 * The protocol of the Hugging Face hub, as far as fetching needs it: which files a repository has, their sizes and
 * hashes, and where each is (https://huggingface.co/docs/hub/api). Mirrors speak it too (HF_ENDPOINT).
 * Does not: transfer or keep files (download.ts), or choose a repository.
 */
import { z } from 'zod';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import type { CatalogueEntry, HubSource } from './entry.ts';
import { type HttpClient, type HttpResponse, httpClient } from './http.ts';

export interface HubFile {
  readonly name: string;
  readonly bytes: number;
  /** Of large files, from their large-file pointer; null of the others, which have git's hash. */
  readonly sha256: string | null;
  readonly gitSha1: string | undefined;
}

export interface HubRepository {
  /** The commit that the revision stands for now. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

export interface Hub {
  /** Where it is, for people: 'huggingface.co'. */
  readonly host: string;
  readonly token: string | undefined;
  readonly http: HttpClient;
  /** @throws UnderstudyError 'unavailable', 'not-found'; those of `errorOf`. */
  list(source: HubSource, signal?: AbortSignal): Promise<HubRepository>;
  urlOf(repository: string, commit: string, name: string): URL;
  /** What a status other than 2xx means. */
  errorOf(repository: string, response: Pick<HttpResponse, 'status' | 'header'>): UnderstudyError;
  close(): Promise<void>;
}

const DEFAULT_ENDPOINT = 'https://huggingface.co';

/** What is read of `GET /api/models/OWNER/NAME/revision/REVISION?blobs=true`. */
const repositorySchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.int().nonnegative().nullish(),
      blobId: z.string().nullish(),
      lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).nullish(),
    }),
  ),
});

/**
 * @param env HF_ENDPOINT, HF_TOKEN (or HUGGING_FACE_HUB_TOKEN), HF_HUB_OFFLINE, and the proxies.
 * @throws UnderstudyError 'bad-config' where HF_ENDPOINT is no http address; 'unavailable' where HF_HUB_OFFLINE is set.
 */
export function openHub(env: NodeJS.ProcessEnv): Hub {
  if (isOffline(env))
    throw new UnderstudyError('unavailable', 'HF_HUB_OFFLINE is set: nothing is fetched from the hub.', {
      hint: 'Unset it, or put the files into the folder that UNDERSTUDY_WEIGHTS names.',
      status: 503,
    });
  const endpoint = endpointOf(env);
  const token = env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN || undefined;
  const http = httpClient(env);
  const at = (path: string): URL => new URL(`${endpoint.pathname.replace(/\/$/, '')}${path}`, endpoint);
  const hub: Hub = {
    host: endpoint.host,
    token,
    http,
    urlOf: (repository, commit, name) => at(`/${repository}/resolve/${commit}/${encodePath(name)}`),
    async list({ repository, revision = 'main' }, signal) {
      checkRepository(repository);
      const url = at(`/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`);
      const response = await http.get(url, { token, signal }).catch((error: unknown) => {
        if (error instanceof UnderstudyError || signal?.aborted) throw error;
        throw new UnderstudyError('unavailable', `${url.host} cannot be reached (${messageOf(error)}).`, {
          hint: 'Check the network, HTTPS_PROXY and HF_ENDPOINT; models that are here work without it.',
          status: 503,
          cause: error,
        });
      });
      if (response.status !== 200) {
        await response.body.dump();
        throw hub.errorOf(repository, response);
      }
      return repositoryOf(await response.body.json().catch(() => null), url.host);
    },
    errorOf: (repository, { status, header }) => errorOf(endpoint, repository, status, header, token),
    close: () => http.close(),
  };
  return hub;
}

export function isOffline(env: NodeJS.ProcessEnv): boolean {
  return ['1', 'true', 'yes', 'on'].includes((env.HF_HUB_OFFLINE ?? '').toLowerCase());
}

function endpointOf(env: NodeJS.ProcessEnv): URL {
  const text = env.HF_ENDPOINT || DEFAULT_ENDPOINT;
  const endpoint = URL.parse(text);
  if (endpoint !== null && ['http:', 'https:'].includes(endpoint.protocol)) return endpoint;
  throw new UnderstudyError('bad-config', 'HF_ENDPOINT is not the address of a hub.', {
    hint: `Set it to an address that begins with https://, or leave it out for ${DEFAULT_ENDPOINT}.`,
  });
}

const encodePath = (name: string): string => name.split('/').map(encodeURIComponent).join('/');

/** @throws UnderstudyError 'bad-input' where it is not OWNER/NAME. */
export function checkRepository(repository: string): void {
  if (/^[\w][\w.-]*\/[\w][\w.-]*$/.test(repository) && !repository.includes('..')) return;
  throw new UnderstudyError('bad-input', `${repository} is no repository of the hub.`, {
    hint: 'It is named OWNER/NAME, as in its address.',
  });
}

function repositoryOf(answer: unknown, host: string): HubRepository {
  const parsed = repositorySchema.safeParse(answer);
  if (!parsed.success)
    throw new UnderstudyError('unavailable', `${host} does not answer as a model hub does.`, {
      hint: 'Check HF_ENDPOINT.',
      status: 503,
    });
  return {
    commit: parsed.data.sha,
    files: parsed.data.siblings.map(({ rfilename, size, blobId, lfs }) => ({
      name: rfilename,
      bytes: lfs?.size ?? size ?? 0,
      sha256: lfs?.sha256 ?? null,
      gitSha1: blobId ?? undefined,
    })),
  };
}

function errorOf(
  endpoint: URL,
  repository: string,
  status: number,
  header: HttpResponse['header'],
  token: string | undefined,
): UnderstudyError {
  const page = new URL(`/${repository}`, endpoint).href;
  const code = header('x-error-code');
  const data = { repository, status };
  if (code === 'GatedRepo' || status === 403)
    return new UnderstudyError(
      'unavailable',
      `${repository} is gated: its makers want its licence accepted first.`,
      {
        hint: `Accept it at ${page}, then set HF_TOKEN to a token of that account.`,
        data,
        status: 503,
      },
    );
  // The hub answers 401 for what is not there, too, so as not to tell what is private.
  if (status === 401)
    return new UnderstudyError(
      'unavailable',
      `${endpoint.host} does not let ${token === undefined ? 'anybody without a token' : 'this token'} read ${repository}.`,
      {
        hint: `Check the name; if the model is gated or private, accept its licence at ${page} and set HF_TOKEN.`,
        data,
        status: 503,
      },
    );
  if (status === 404)
    return new UnderstudyError(
      'not-found',
      `${endpoint.host} has no ${code === 'RevisionNotFound' ? `such revision of ${repository}` : code === 'EntryNotFound' ? `such file in ${repository}` : repository}.`,
      {
        hint: `Look at ${page}.`,
        data,
        status: 404,
      },
    );
  return new UnderstudyError('unavailable', `${endpoint.host} answers ${status} for ${repository}.`, {
    hint: status === 429 ? 'It is asked too often: wait, or set HF_TOKEN.' : 'Try again later.',
    data,
    status: 503,
  });
}

/** Files of an encoder. */
export const ENCODER_FILES = ['model.safetensors', 'tokenizer.json', 'config.json'];

/**
 * The files of a repository that an entry needs, the model first.
 * @throws UnderstudyError 'not-found' or 'unsupported' naming what there is instead.
 */
export function chooseFiles(
  entry: Pick<CatalogueEntry, 'name' | 'kind' | 'quantisation'>,
  source: HubSource,
  { files }: HubRepository,
): readonly HubFile[] {
  const wanted = source.files ?? (entry.kind === 'language' ? null : ENCODER_FILES);
  if (wanted !== null)
    return wanted.map((name) => {
      const file = files.find((each) => each.name === name);
      if (file !== undefined) return file;
      throw missing(source, `no ${name}`, files);
    });
  const models = files.filter(({ name }) => name.endsWith('.gguf') && !/mmproj|imatrix/i.test(name));
  const wantedOnes = models.filter(({ name }) => quantisationOf(name) === entry.quantisation);
  // The plain one before variants such as MODEL-Q4_K_M-optimized.gguf.
  const [first] = wantedOnes
    .filter(({ name }) => !/-\d{5}-of-\d{5}\.gguf$/.test(name))
    .toSorted((a, b) => a.name.length - b.name.length);
  if (first !== undefined) return [first];
  if (wantedOnes.length > 0)
    throw new UnderstudyError(
      'unsupported',
      `${source.repository} has its ${entry.quantisation} in several files.`,
      {
        hint: 'Add a repository that has it in one: `understudy models add NAME --hub OWNER/NAME --file FILE`.',
      },
    );
  throw missing(source, `no GGUF file in ${entry.quantisation ?? 'a quantisation that is known'}`, models);
}

function missing(source: HubSource, what: string, files: readonly HubFile[]): UnderstudyError {
  const names = files.slice(0, 12).map(({ name }) => name);
  return new UnderstudyError('not-found', `${source.repository} has ${what}.`, {
    hint: names.length === 0 ? 'It has no model files.' : `It has ${names.join(', ')}.`,
    status: 404,
  });
}

/** 'Q4_K_M' of 'model-q4_k_m.gguf'; null where the name has none. */
export function quantisationOf(name: string): string | null {
  const found = /[-._](IQ\d_\w+?|Q\d_\d|Q\d_K(?:_[SML])?|BF16|F16|F32)(?=[-.]|$)/i.exec(
    name.replace(/\.gguf$/i, ''),
  );
  return found?.[1]?.toUpperCase() ?? null;
}
