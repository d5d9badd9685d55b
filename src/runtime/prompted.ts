/**
 * The runtime of cheaper models that are asked with the caller's own prompt, unchanged, at servers that speak OpenAI's chat
 * completions; on request with retrieved examples of the task. Confidence comes from log-probabilities where the server gives
 * them, else from the agreement of several samples.
 * Does not: know prices (train/prompted), or send a key to a server that the configuration does not name.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { answerOf, targetOf } from '../core/answer.ts';
import type { CallRequest, CallResponse } from '../core/call.ts';
import { nameOfServer, type PromptedServer } from '../core/config-prompted.ts';
import { whyNoAnswer } from '../core/ending.ts';
import { UnderstudyError } from '../core/errors.ts';
import { canonicalJson, isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import type { PredictOptions, Runtime, RuntimeHealth } from '../core/runtime.ts';
import type { Artefact, Prediction, Signals } from '../core/specialist.ts';
import { type ExampleFinder, exampleFinder, withExamples } from '../models/retrieval/few-shot.ts';
import { requestToJson } from '../wire/openai-chat-request.ts';
import { responseFromJson } from '../wire/openai-chat-response.ts';
import { httpClient } from './client.ts';
import { createGuard } from './guard.ts';
import { guardedRuntime, type ProbedRuntime } from './guarded.ts';
import { signalsOf } from './llama.ts';
import { pool } from './pool.ts';

export const PROMPTED_RUNGS = ['prompted'] as const;

/** What an artefact's file says. */
const artefactSchema = z.object({
  server: z.string(),
  baseUrl: z.string(),
  model: z.string(),
  /** Whether the server gives log-probabilities. */
  logprobs: z.boolean(),
  samples: z.int(),
  /** Retrieved examples in the prompt. */
  examples: z.int(),
  /** Longest answer, where the caller sets no limit. */
  maxTokens: z.int(),
});
type Prompted = z.output<typeof artefactSchema>;

/** Answers are random where several are compared, except the first. */
const SAMPLING = { temperature: 1, top_p: 1 } as const;
/** Work in bulk goes on where a server is slow now and then, but not where it hangs. */
const MAX_LATE = 3;
/** Of a caller's parameters: what names somebody, belongs to one provider, or asks for more than one answer. */
const DROPPED = [
  'stream_options',
  'user',
  'metadata',
  'store',
  'safety_identifier',
  'prompt_cache_key',
  'service_tier',
  'logprobs',
  'top_logprobs',
  'n',
  'seed',
  'temperature',
  'top_p',
  'prediction',
  'reasoning_effort',
];

/** Of all servers, each behind a breaker of its own. */
export interface PromptedRuntime extends Runtime {
  health(): readonly RuntimeHealth[];
}

/** @param options.guarded For agents' calls, which no server that hangs may hold up. */
export function promptedRuntime(options: {
  readonly servers: readonly PromptedServer[];
  readonly guarded: boolean;
  /** Hears of each answer, used or not, and what it took. */
  readonly onCharge?: (server: PromptedServer, usage: NonNullable<Prediction['usage']>) => void;
}): PromptedRuntime {
  const artefacts = new Map<string, Promise<Prompted>>();
  const read: ReadArtefact = (artefact) => {
    const known = artefacts.get(artefact.path);
    if (known) return known;
    const reading = readArtefact(artefact);
    artefacts.set(artefact.path, reading);
    reading.catch(() => artefacts.delete(artefact.path));
    return reading;
  };
  const guarded = options.servers.map((server) => {
    const maxLate = options.guarded ? 0 : MAX_LATE;
    const runtime = serverRuntime(server, read, maxLate, (usage) => options.onCharge?.(server, usage));
    return {
      server,
      runtime: options.guarded ? guardedRuntime(runtime, createGuard()) : { ...runtime, health: null },
    };
  });
  return {
    rungs: PROMPTED_RUNGS,
    varies: true,
    health: () => guarded.flatMap(({ runtime }) => (runtime.health === null ? [] : [runtime.health()])),
    async predict(artefact, input, predictOptions) {
      const { server: name, baseUrl, model } = await read(artefact);
      const found = guarded.find(
        ({ server }) => nameOfServer(server) === name && server.baseUrl === baseUrl && server.model === model,
      );
      if (found) return found.runtime.predict(artefact, input, predictOptions);
      throw new UnderstudyError(
        'unavailable',
        `This specialist is ${model} at ${baseUrl}, which the configuration does not name.`,
        { hint: `Name it in the section prompted, as ${name}, or learn again.`, status: 503 },
      );
    },
    close: async () => {
      await Promise.all(guarded.map(({ runtime }) => runtime.close()));
    },
  };
}

/** Whether the server gives log-probabilities; asked with a prompt of ours. @throws UnderstudyError as its client. */
export async function givesLogprobs(server: PromptedServer, signal?: AbortSignal): Promise<boolean> {
  const client = httpClient(server);
  const body = {
    model: server.model,
    messages: [{ role: 'user', content: 'Say yes.' }],
    max_tokens: 4,
    temperature: 0,
  };
  try {
    const answer = await client
      .post('/chat/completions', { ...body, logprobs: true }, signal)
      .catch((error) => {
        if (!isRefusal(error)) throw error;
        return null;
      });
    if (answer !== null) return logprobsOf(answer).length > 0;
    // Is it the log-probabilities that it refuses?
    await client.post('/chat/completions', body, signal);
    return false;
  } finally {
    await client.close();
  }
}

type ReadArtefact = (artefact: Artefact) => Promise<Prompted>;

/** @param maxLate Answers in a row that may come too late and count as none; one more fails. */
function serverRuntime(
  server: PromptedServer,
  aboutOf: ReadArtefact,
  maxLate: number,
  onCharge: (usage: NonNullable<Prediction['usage']>) => void,
): ProbedRuntime {
  let late = 0;
  const client = httpClient(server);
  const turns = pool(Array.from({ length: server.concurrency }, (_, i) => i));
  const finders = new Map<string, ExampleFinder>();
  const finderOf = (artefact: Artefact): ExampleFinder => {
    // By its path: the examples are not in the file, but in its name's hash.
    const found = finders.get(artefact.path) ?? exampleFinder(artefact.answers);
    finders.set(artefact.path, found);
    return found;
  };
  const send = async (body: JsonObject, signal: AbortSignal | undefined): Promise<Json> => {
    const turn = await turns.take(signal);
    try {
      return await client.post('/chat/completions', body, signal);
    } finally {
      turns.give(turn);
    }
  };
  return {
    rungs: PROMPTED_RUNGS,
    varies: true,
    async predict(artefact, input, { signal, request }: PredictOptions = {}) {
      const about = await aboutOf(artefact);
      const started = performance.now();
      const asked = request ?? bare(input);
      const examples = about.examples === 0 ? [] : finderOf(artefact).find(input, about.examples);
      const body = bodyOf(about, withExamples(asked, examples));
      const bodies = about.logprobs
        ? [{ ...body, logprobs: true }]
        : Array.from({ length: about.samples }, (_, i) =>
            i === 0 ? body : { ...body, ...SAMPLING, seed: i },
          );
      try {
        // Each by itself: of several samples those that came are charged for, whatever becomes of the others.
        const answers = await Promise.all(
          bodies.map(async (each) => {
            const answer = await send(each, signal);
            onCharge(usageOf([answer]));
            return answer;
          }),
        );
        const ms = performance.now() - started;
        late = 0;
        return { ...read(asked, answers, about.logprobs), usage: usageOf(answers), ms };
      } catch (error) {
        // Refused, too long perhaps: no answer, and not at all sure; not a fault of the server.
        const isLate = error instanceof UnderstudyError && error.code === 'timed-out' && ++late <= maxLate;
        if (isLate || isRefusal(error))
          return { ...nothing(about.logprobs), ms: performance.now() - started };
        if (error instanceof UnderstudyError && error.code === 'not-found')
          throw new UnderstudyError(
            'unavailable',
            `The server has no model ${about.model}: ${error.message}`,
            {
              hint: `Check the section prompted, or load the model at ${about.baseUrl}.`,
              status: 503,
              cause: error,
            },
          );
        throw error;
      }
    },
    async probe(artefact, signal) {
      const about = await aboutOf(artefact);
      // Not in line behind calls: those may be what hangs.
      await client.post('/chat/completions', { ...bodyOf(about, bare('probe')), max_tokens: 1 }, signal);
    },
    close: () => client.close(),
  };
}

const bare = (input: string): CallRequest => ({
  model: '',
  messages: [{ role: 'user', content: input }],
  tools: [],
  stream: false,
  params: {},
});

/** The caller's request for another model, which is to answer as it is surest. */
function bodyOf({ model, maxTokens }: Prompted, request: CallRequest): JsonObject {
  const params = Object.fromEntries(
    Object.entries(request.params).filter(([name]) => !DROPPED.includes(name)),
  ) as JsonObject;
  const isLimited = ['max_tokens', 'max_completion_tokens'].some((name) => params[name] !== undefined);
  return {
    ...requestToJson({ ...request, model, params, stream: false }),
    ...(isLimited ? {} : { max_tokens: maxTokens }),
    temperature: 0,
  };
}

/** The answer that most samples give, the first counting where it is a tie; one that was cut off is none. */
function read(
  request: CallRequest,
  answers: readonly Json[],
  logprobs: boolean,
): Pick<Prediction, 'answer' | 'signals'> {
  const responses = answers.map((answer) => {
    const response = responseFromJson(answer);
    if (response !== null) return response;
    throw new UnderstudyError('internal', 'The model server gave an answer that cannot be read.', {
      hint: 'Check that it offers OpenAI’s chat completions.',
    });
  });
  const texts = responses.map((response) => textOf(request, response));
  if (logprobs) {
    const given = logprobsOf(answers[0]!);
    return texts[0] === ''
      ? nothing(true)
      : { answer: texts[0]!, signals: { answered: 1, ...signalsOf(given) } };
  }
  const votes = Map.groupBy(texts, comparable);
  const [best] = [...votes.values()].sort((a, b) => b.length - a.length);
  const [answer = ''] = best ?? [];
  if (answer === '') return nothing(false);
  return { answer, signals: { answered: 1, agreement: (best!.length + 0.5) / (texts.length + 1) } };
}

const textOf = (request: CallRequest, response: CallResponse): string =>
  whyNoAnswer(request, response) === null ? targetOf(answerOf(response)) : '';

/** Answers that differ in spaces, case or the order of keys alone are one. */
function comparable(answer: string): string {
  return answer
    .split('\n')
    .map((line) => {
      const brace = line.indexOf('{');
      const value = brace < 0 ? undefined : parseJson(line.slice(brace));
      return value === undefined ? line.trim().toLowerCase() : line.slice(0, brace) + canonicalJson(value);
    })
    .join('\n');
}

/** Unsure by every signal there may be: one that is missing anywhere is used nowhere. */
function nothing(logprobs: boolean): Pick<Prediction, 'answer' | 'signals'> {
  const signals: Signals = logprobs ? { answered: 0, ...signalsOf([]) } : { answered: 0, agreement: 0 };
  return { answer: '', signals };
}

function logprobsOf(answer: Json): readonly number[] {
  const choice = isObject(answer) && Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  const content = isObject(choice) && isObject(choice.logprobs) ? choice.logprobs.content : undefined;
  if (!Array.isArray(content)) return [];
  return content.flatMap((item) =>
    isObject(item) && typeof item.logprob === 'number' ? [item.logprob] : [],
  );
}

function usageOf(answers: readonly Json[]): NonNullable<Prediction['usage']> {
  const usages = answers.map((answer) => responseFromJson(answer)?.usage);
  const sum = (of: 'promptTokens' | 'completionTokens'): number =>
    usages.reduce((total, usage) => total + (usage?.[of] ?? 0), 0);
  return { promptTokens: sum('promptTokens'), completionTokens: sum('completionTokens') };
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof UnderstudyError &&
    error.code === 'bad-input' &&
    error.status !== 401 &&
    error.status !== 403
  );
}

/** @throws UnderstudyError 'unavailable' where the file names no model. */
async function readArtefact({ path }: Artefact): Promise<Prompted> {
  const found = artefactSchema.safeParse(parseJson(await readFile(path, 'utf8').catch(() => ''))).data;
  if (found) return found;
  throw new UnderstudyError('unavailable', `${path} names no model at a server.`, {
    hint: 'Learn again.',
    status: 503,
  });
}
