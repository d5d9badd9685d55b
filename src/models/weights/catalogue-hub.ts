/** The language models that the hub has, smallest first. Does not: fetch (weights.ts). */
import { OTHER_ROWS } from './catalogue-others.ts';
import { QWEN_ROWS } from './catalogue-qwen.ts';
import type { CatalogueEntry } from './entry.ts';
import { entryOf } from './hub-row.ts';

export const HUB_LANGUAGE: readonly CatalogueEntry[] = [...QWEN_ROWS, ...OTHER_ROWS]
  .map(entryOf)
  .toSorted((a, b) => a.parameters - b.parameters);
