/**
 * The runtime of cheaper models that are asked with the caller's own prompt, unchanged, at servers that speak OpenAI's chat
 * completions; on request with retrieved examples of the task. Confidence comes from log-probabilities where the server gives
 * them, else from the agreement of several samples.
 * Does not: write requests or read answers (prompted-messages.ts), know prices (train/prompted), or send a key to a server that the configuration does not name.
 */
import { nameOfServer, type PromptedServer } from '../core/config-prompted.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { PredictOptions, Runtime, RuntimeHealth } from '../core/runtime.ts';
import type { Artefact, Prediction } from '../core/specialist.ts';
import { type ExampleFinder, exampleFinder, withExamples } from '../models/retrieval/few-shot.ts';
import { httpClient } from './client.ts';
import { createGuard } from './guard.ts';
import { guardedRuntime, type ProbedRuntime } from './guarded.ts';
import { pool } from './pool.ts';
import { type Prompted, readArtefact } from './prompted-artefact.ts';
import { answerIn, bareRequest, bodyOf, logprobsOf, noAnswer, usageOf } from './prompted-messages.ts';

export const PROMPTED_RUNGS = ['prompted'] as const;

/** Answers are random where several are compared, except the first. */
const SAMPLING = { temperature: 1, top_p: 1 } as const;

/** Work in bulk goes on where a server is slow now and then, but not where it hangs. */
const MAX_LATE = 3;

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
      const asked = request ?? bareRequest(input);
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
        return { ...answerIn(asked, answers, about.logprobs), usage: usageOf(answers), ms };
      } catch (error) {
        // Refused, too long perhaps: no answer, and not at all sure; not a fault of the server.
        const isLate = error instanceof UnderstudyError && error.code === 'timed-out' && ++late <= maxLate;
        if (isLate || isRefusal(error))
          return { ...noAnswer(about.logprobs), ms: performance.now() - started };
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
      await client.post(
        '/chat/completions',
        { ...bodyOf(about, bareRequest('probe')), max_tokens: 1 },
        signal,
      );
    },
    close: () => client.close(),
  };
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof UnderstudyError &&
    error.code === 'bad-input' &&
    error.status !== 401 &&
    error.status !== 403
  );
}
