/**
 * The card that lies beside every artefact, which says what it is and how it came about, and by which a finished job
 * is found again. It holds hashes and numbers: no word of a caller's stands in a file beside the store.
 * Does not: train.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { contentHash } from '../core/ids.ts';
import type { Artefact, Candidate } from '../core/specialist.ts';

export interface TrainingCard {
  /** Hash of everything that the result depends on. */
  readonly job: string;
  /** Name of the trainer. */
  readonly trainer: string;
  /** Catalogue name of the base, or the provider's name for it. */
  readonly base: string | null;
  /** With defaults filled in. */
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Of the artefact's file. */
  readonly sha256: string;
  readonly trainedMs: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** Where the card of an artefact lies. */
export function cardPathOf(artefactPath: string): string {
  return artefactPath.replace(/\.[\w-]+$/, '.json');
}

/** Hashes the artefact and puts its card beside it, whole or not at all. */
export function writeCard(artefactPath: string, card: Omit<TrainingCard, 'sha256'>): TrainingCard {
  const path = cardPathOf(artefactPath);
  const whole = { ...card, sha256: contentHash(readFileSync(artefactPath)) };
  writeFileSync(`${path}.part`, `${JSON.stringify(whole, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.part`, path);
  return whole;
}

/** The card of the job where it was finished before and its artefact is whole; null otherwise. */
export function finishedCard(job: string, artefactPath: string): TrainingCard | null {
  const path = cardPathOf(artefactPath);
  if (!existsSync(path) || !existsSync(artefactPath)) return null;
  try {
    const card = JSON.parse(readFileSync(path, 'utf8')) as TrainingCard;
    return card.job === job && card.sha256 === contentHash(readFileSync(artefactPath)) ? card : null;
  } catch {
    return null;
  }
}

/** @param answerKeys As in the artefact; null where it writes answers as they are. */
export function artefactOf(
  card: TrainingCard,
  { rung, base }: Candidate,
  path: string,
  answerKeys: readonly string[] | null = null,
): Artefact {
  const { sha256, trainedMs, figures } = card;
  return { rung, base, path, sha256, trainedMs, figures, ...(answerKeys === null ? {} : { answerKeys }) };
}
