/**
 * What is known of each model that comes with Understudy: enough for a person to choose one, for `select` to say why one
 * is tried or dropped, and for weights.ts to fetch and check it. A figure that could not be checked against its source is
 * left out, and shown as not stated.
 * Does not: choose (select/), fetch (weights.ts), or know the user's own models (own.ts).
 */
import { HUB_ENCODERS } from './catalogue-encoders.ts';
import { HUB_LANGUAGE } from './catalogue-hub.ts';
import { PACKAGED } from './catalogue-packaged.ts';
import type { CatalogueEntry } from './entry.ts';

export const DEFAULT_LANGUAGE = 'smollm2-135m-instruct-q4_1';
export const DEFAULT_ENCODER = 'all-minilm-l6-v2';
/** Finds people, addresses and numbers of persons in texts (models/token-classifier). */
export const DEFAULT_CLASSIFIER = 'rampart';

export const CATALOGUE: readonly CatalogueEntry[] = [...PACKAGED, ...HUB_ENCODERS, ...HUB_LANGUAGE];
