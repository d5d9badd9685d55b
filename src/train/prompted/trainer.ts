/**
 * The trainer of the prompted rung trains nothing: it proposes the cheaper models that the configuration names, each as it is
 * and, where that is wanted, with retrieved examples in its prompt.
 * Does not: ask a model about a call (runtime/prompted), or compare costs (select).
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { nameOfServer, type PromptedServer } from '../../core/config-prompted.ts';
import type { Dataset, Example } from '../../core/dataset.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import type { OnProgress } from '../../core/progress.ts';
import type { Proposal, TokenPrice, Trainer, TrainingJob, TrainingLimits } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import { estimateTokens } from '../../core/tokens.ts';
import { keepExamples } from '../../models/retrieval/few-shot.ts';
import { artefactOf, finishedCard, writeCard } from '../card.ts';
import { checkRecipe } from '../recipe.ts';

export interface PromptedOptions {
  readonly servers: readonly PromptedServer[];
  /** What a server's answers cost; null where that is not known. */
  readonly priceOf: (server: PromptedServer) => TokenPrice | null;
  /** Whether a server gives log-probabilities. @throws UnderstudyError 'unavailable' and the like. */
  readonly givesLogprobs: (server: PromptedServer, signal?: AbortSignal) => Promise<boolean>;
}

/** The latest examples are kept to be retrieved from, up to these many, and these many characters. */
const [MAX_KEPT, MAX_CHARACTERS] = [2_000, 4_000_000];
/** What most servers allow. */
const MAX_TOKENS = 4096;
/** Calls a second that are expected of a server before one was tried. */
const SPEED = 1;

const recipeSchema = z.strictObject({ examples: z.int().min(0).default(0) });

export function promptedTrainer(options: PromptedOptions): Trainer {
  return {
    name: 'prompted',
    propose: (_, dataset, limits) =>
      options.servers.flatMap((server) => proposals(server, options.priceOf(server), dataset, limits)),
    train: (job, on, signal) => train(options, job, on, signal),
  };
}

const baseOf = (server: PromptedServer, examples: number): string =>
  examples === 0 ? nameOfServer(server) : `${nameOfServer(server)} with ${examples} examples`;

/** The work is calls to be answered: those that are held back. */
function proposals(
  server: PromptedServer,
  price: TokenPrice | null,
  { splits: { validation, calibration, exam } }: Dataset,
  { speedOf }: TrainingLimits,
): Proposal[] {
  const work = Math.max(1, validation.length + calibration.length + exam.length);
  return [...new Set([0, server.examples])].map((examples) => {
    const base = baseOf(server, examples);
    return {
      rung: 'prompted',
      base,
      recipe: { examples },
      cost: 'minutes',
      work,
      elsewhere: true,
      price,
      minutes: work / (speedOf(base) ?? SPEED) / 60,
      refusal: null,
    };
  });
}

async function train(
  { servers, givesLogprobs }: PromptedOptions,
  job: TrainingJob,
  on?: OnProgress,
  signal?: AbortSignal,
): Promise<Artefact> {
  const { candidate, kind } = job;
  const { examples } = checkRecipe(recipeSchema, candidate.recipe, 'prompted');
  const server = servers.find((each) => baseOf(each, examples) === candidate.base);
  if (candidate.rung !== 'prompted' || server === undefined)
    throw new UnderstudyError(
      'unsupported',
      `The prompted trainer knows no ${candidate.base ?? 'model'} for the rung ${candidate.rung}.`,
      {
        hint: `It knows ${servers.map(nameOfServer).join(', ') || 'none: name some in the section prompted'}.`,
      },
    );
  if (signal?.aborted)
    throw new UnderstudyError('cancelled', 'The training was cancelled.', { hint: 'Nothing to do.' });
  const kept = examples === 0 ? [] : keptOf(job.train);
  const { baseUrl, model, samples } = server;
  const maxTokens = longestAnswer(job.train);
  const named = { server: nameOfServer(server), baseUrl, model, samples, examples, maxTokens };
  const hash = contentHash(
    JSON.stringify([named, kind, kept.map(({ input, answer }) => [input, answer])]),
    16,
  );
  const path = join(job.dir, `prompted-${hash}.model`);
  const finish = (card: Parameters<typeof artefactOf>[0]): Artefact => ({
    ...artefactOf(card, candidate, path),
    ...(examples === 0 ? {} : { answers: keepExamples(kept) }),
  });
  const done = finishedCard(hash, path);
  if (done) return finish(done);
  const report = (step: number): void =>
    on?.({
      step: 'train',
      subject: candidate.taskId,
      done: step,
      total: 1,
      note: 'asking the server what it gives',
    });
  report(0);
  // Of tool calls nobody gives them.
  const mayCall = kind === 'tool' || kind === 'mixed';
  const logprobs = !mayCall && (await givesLogprobs(server, signal));
  if (!existsSync(job.dir)) mkdirSync(job.dir, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.part`, `${JSON.stringify({ ...named, logprobs })}\n`, { mode: 0o600 });
  renameSync(`${path}.part`, path);
  const card = writeCard(path, {
    job: hash,
    trainer: 'prompted',
    base: candidate.base,
    recipe: { examples },
    seed: job.seed,
    // Nothing was: how fast the server answers is not known from this.
    trainedMs: 0,
    figures: { examples: job.train.length, kept: kept.length, logprobs: logprobs ? 1 : 0 },
  });
  report(1);
  return finish(card);
}

/**
 * Tokens that an answer may take: twice those of the longest example, as tokens are only estimated. One that rambles on is
 * wrong anyway, and is paid for by the token.
 */
function longestAnswer(train: readonly Example[]): number {
  const longest = Math.max(0, ...train.map(({ answer }) => estimateTokens(answer)));
  return Math.min(MAX_TOKENS, 2 * longest + 16);
}

/** The examples that are kept, oldest first. */
function keptOf(train: readonly Example[]): readonly Example[] {
  const latest = train.toSorted((a, b) => b.at - a.at).slice(0, MAX_KEPT);
  let characters = 0;
  const kept = latest.filter(({ input, answer }) => {
    characters += input.length + answer.length;
    return characters <= MAX_CHARACTERS;
  });
  return kept.reverse();
}
